"""Fetching the ImageNet weights: from a server on this machine, and when there is none."""

import functools
import hashlib
import http.server
import io
import pickle
import socket
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from synesthete import encoders, settings
from synesthete.encoders import registry
from synesthete.encoders.download import ensure
from synesthete.encoders.resnet import build
from synesthete.encoders.resnet50_imagenet import V1, Resnet50Imagenet, Resnet50Pooled
from synesthete.errors import EncoderError


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def serve(tmp_path):
    """Serve bytes under a local address; the function returns where they are."""
    folder = tmp_path / "server"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def put(data, sha256=None):
            (folder / V1.file_name).write_bytes(data)
            url = f"http://127.0.0.1:{server.server_port}/{V1.file_name}"
            return replace(V1, url=url, checksum=sha256 or hashlib.sha256(data).hexdigest(), n_bytes=len(data))

        yield put
        server.shutdown()


def saved(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def target():
    return settings.Paths().state / "models" / V1.file_name


def test_weights_are_fetched_once_checked_and_used(serve, rng):
    network = build(50, 64, 1000)
    remote = serve(saved(network.state_dict()))
    images = rng.random((1, 3, 128, 60), dtype=np.float32)
    vector = Resnet50Imagenet(remote).encode(images)
    assert target().is_file() and [path.name for path in target().parent.iterdir()] == [V1.file_name]
    assert vector.shape == (1, 1000)
    again = Resnet50Imagenet(replace(remote, url="http://127.0.0.1:9/nothing"))  # from the disk now
    np.testing.assert_array_equal(again.encode(images), vector)
    direct = Resnet50Imagenet(state_dict=dict(network.state_dict()))
    np.testing.assert_allclose(direct.encode(images), vector, atol=1e-6)


def test_both_come_from_one_local_file(rng):
    """The scores are the last layer over the pooled features; a file that is there is read without a connection."""
    network = build(50, 64, 1000).eval()
    target().parent.mkdir(parents=True)
    target().write_bytes(saved(network.state_dict()))
    remote = replace(V1, url="http://127.0.0.1:9/nothing", checksum=hashlib.sha256(target().read_bytes()).hexdigest())
    images = rng.random((2, 3, 128, 60), dtype=np.float32)
    scores, pooled = Resnet50Imagenet(remote).encode(images), Resnet50Pooled(remote).encode(images)
    assert (scores.shape, pooled.shape) == ((2, 1000), (2, 2048))
    weight, bias = network.fc.weight.detach().numpy(), network.fc.bias.detach().numpy()
    assert (pooled >= 0).all()  # after the last rectifier
    # Pooled vectors have unit length: their scale is the one number that is missing.
    slopes = pooled[0] @ weight.T
    scale = np.linalg.lstsq(np.stack([slopes, -scores[0]], axis=1), -bias, rcond=None)[0]
    np.testing.assert_allclose(scale[0] * slopes + bias, scale[1] * scores[0], atol=1e-3 * abs(scale[1]))


def test_nothing_is_fetched_unasked(monkeypatch):
    monkeypatch.setattr("synesthete.sources.download.requests.get", lambda *_, **__: pytest.fail("fetched"))
    assert encoders.pending_download("resnet50-imagenet") == "98 MB from download.pytorch.org"
    with pytest.raises(EncoderError, match="98 MB from download.pytorch.org, and nothing is fetched unasked"):
        encoders.load("resnet50-imagenet")
    asked = []
    monkeypatch.setattr(registry, "_asked", [lambda question: bool(asked.append(question))])
    with pytest.raises(EncoderError, match="nothing is fetched unasked"):
        encoders.load("resnet50-pooled")
    assert asked == [
        "The encoder 'resnet50-pooled' needs its weights: 98 MB from download.pytorch.org, once. Fetch them?"
    ]
    assert str(target().parent) not in encoders.why_not_ready("resnet50-imagenet")


def test_offline_is_one_sentence_with_two_ways_out():
    with socket.socket() as taken:  # bound but not listening: nothing answers there
        taken.bind(("127.0.0.1", 0))
        remote = replace(V1, url=f"http://127.0.0.1:{taken.getsockname()[1]}/{V1.file_name}")
        with pytest.raises(EncoderError, match=r"^From 127.0.0.1:\d+ the weights .* could not be fetched") as caught:
            Resnet50Imagenet(remote)
    for needed in ("Connect to the internet once", f"{V1.file_name} into the folder models", "other encoders work"):
        assert needed in str(caught.value)
    assert str(target().parent) not in str(
        caught.value
    )  # a visitor of the page need not know where the server keeps it
    assert list(target().parent.iterdir()) == []


def test_a_missing_page_is_told(serve):
    remote = serve(b"")
    with pytest.raises(EncoderError, match="could not be fetched.*404"):
        ensure(replace(remote, url=remote.url + "x"), target().parent)


def test_something_else_than_expected_is_not_kept(serve):
    with pytest.raises(EncoderError, match="sent something else than the weights"):
        Resnet50Imagenet(serve(b"a page asking to log in", sha256="0" * 64))
    assert list(target().parent.iterdir()) == []


def test_no_more_than_the_size_is_read(serve, monkeypatch):
    monkeypatch.setattr("synesthete.sources.download.BLOCK_BYTES", 10)
    remote = serve(bytes(1000))
    with pytest.raises(EncoderError, match="sent something else"):
        ensure(replace(remote, n_bytes=100), target().parent)


def test_a_wrong_file_on_disk_is_named():
    target().parent.mkdir(parents=True)
    target().write_bytes(b"something")
    with pytest.raises(EncoderError, match="is not the weights of .*Delete it"):
        Resnet50Imagenet(V1)


def test_weights_of_another_network_are_refused(serve):
    with pytest.raises(EncoderError, match="do not fit a ResNet50"):
        Resnet50Imagenet(serve(saved({"fc.bias": torch.zeros(3)})))


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("code ran while weights were read",))


@pytest.mark.parametrize("data", [pickle.dumps(Evil()), b"", saved(Evil())], ids=["pickle", "empty", "zip"])
def test_a_file_that_would_run_code_is_refused(serve, data):
    with pytest.raises(EncoderError, match="holds no weights"):
        Resnet50Imagenet(serve(data))


def test_the_state_folder_that_cannot_be_written_is_told(serve, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EncoderError, match="could not be fetched"):
        ensure(serve(b"x"), tmp_path / "file" / "models")
