"""CLAP from a tiny checkpoint with random weights, made here; skipped without transformers."""

import json
import socket

import numpy as np
import pytest

from synesthete import encoders, settings
from synesthete.errors import EncoderError

pytestmark = pytest.mark.skipif(
    bool(encoders.registry._missing_packages(encoders.registry.ENTRIES["clap"])), reason="needs requirements-clap.txt"
)


def save_tiny(folder):
    """A CLAP of two small towers and a tokenizer that knows single letters."""
    from synesthete.encoders import torchvision_cpu  # noqa: F401, I001  before transformers
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, ClapProcessor, RobertaTokenizer

    folder.mkdir(parents=True)
    letters = [*"abcdefghijklmnopqrstuvwxyz", "\u0120"]
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *letters]
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = RobertaTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=40)
    text = {"vocab_size": len(tokens), "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text |= {"intermediate_size": 16, "max_position_embeddings": 64, "projection_dim": 24}
    audio = {"depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 2, 2], "patch_embeds_hidden_size": 8}
    audio |= {"hidden_size": 64, "num_hidden_layers": 4, "projection_dim": 24, "enable_fusion": False}
    import torch

    torch.manual_seed(1)
    model = ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=24))
    model.save_pretrained(folder)
    extractor = ClapFeatureExtractor(truncation="rand_trunc")
    ClapProcessor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def clap(tmp_path_factory):
    from synesthete.encoders.clap import Clap

    return Clap(save_tiny(tmp_path_factory.mktemp("clap") / "tiny"))


if not encoders.registry._missing_packages(encoders.registry.ENTRIES["clap"]):
    from synesthete.encoders.contract import EncoderContract

    class TestClap(EncoderContract):
        @pytest.fixture
        def encoder(self, clap):
            return clap


def test_a_text_has_a_vector_of_its_own(clap):
    slow, fast = clap.embed_text("slow piano in the rain"), clap.embed_text("fast drums")
    assert slow.shape == (clap.embedding_size,) == (24,)
    np.testing.assert_allclose([np.linalg.norm(slow), np.linalg.norm(fast)], 1, atol=1e-5)
    np.testing.assert_array_equal(slow, clap.embed_text("slow piano in the rain"))
    assert slow @ fast < 0.99999
    assert np.isfinite(clap.embed_text("x " * 5000)).all() and np.isfinite(clap.embed_text("")).all()


def test_files_that_are_no_clap_are_told(tmp_path):
    from synesthete.encoders.clap import Clap

    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EncoderError, match="are no CLAP .*fetched anew"):
        Clap(tmp_path)


def test_nothing_is_fetched_unasked_and_offline_is_one_sentence(monkeypatch):
    with pytest.raises(EncoderError, match="776 MB from huggingface.co, and nothing is fetched unasked"):
        encoders.load("clap")

    def unreachable(*_, **__):
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    monkeypatch.setattr(socket.socket, "connect", unreachable)
    with pytest.raises(
        EncoderError, match="could not be fetched from huggingface.co .*Connect to the internet"
    ) as caught:
        encoders.load("clap", may_download=True)
    assert str(settings.Paths().state) not in str(caught.value) and "\n" not in str(caught.value)
