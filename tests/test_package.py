"""The library as an installation has it: built, installed beside the packages of this environment, and run."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.audio import read_clip
from synesthete.encoders.track_space import own_space
from synesthete.settings import PROJECT_ROOT

NOT_COPIED = (
    ".git",
    ".venv",
    ".*_cache",
    "__pycache__",
    ".hypothesis",
    "build",
    "dist",
    "*.egg-info",
    "shared",
    "*.sqlite-*",
)


def run(*command: object, **options: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """From the checkout to a source distribution, and from that alone to a wheel; the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("build")
    checkout = shutil.copytree(PROJECT_ROOT, folder / "checkout", ignore=shutil.ignore_patterns(*NOT_COPIED))
    build = f"import setuptools.build_meta as backend; backend.build_sdist({str(folder)!r})"
    run(sys.executable, "-c", build, cwd=checkout)
    (sdist,) = folder.glob("synesthete-*.tar.gz")
    shutil.rmtree(checkout)
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, sdist)
    (built,) = folder.glob("synesthete-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of programs of a fresh environment that also sees the packages of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(site) / "packages-of-the-tests.pth").write_text("\n".join(sorted(ours)))
    return scripts


@pytest.fixture
def elsewhere(tmp_path):
    """Options for a process in an empty folder, with an empty home."""
    folder, home = tmp_path / "empty", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "OMP_NUM_THREADS", "SYSTEMROOT") if name in os.environ}
    return {"cwd": folder, "env": {**kept, "HOME": str(home)}}


@pytest.fixture(scope="module")
def song():
    with sampler.open_sampler() as catalogue:
        track = catalogue.tracks()[7]
        return track, catalogue.audio_path(track)


def test_the_wheel_holds_the_product_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    source = PROJECT_ROOT / "synesthete"
    product = {
        f"synesthete/{path.relative_to(source).as_posix()}"
        for path in source.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    names = {name for name in names if ".dist-info/" not in name and not name.endswith("/")}
    assert product - names == set()
    assert {name for name in names - product if not name.startswith("synesthete/data/")} == set()


def test_the_wheel_holds_all_weights_and_the_whole_built_in_catalogue(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("synesthete/data/")}
    data = PROJECT_ROOT / "data"
    models = {f"synesthete/data/models/{path.name}" for path in (data / "models").iterdir()}
    with sampler.open_sampler() as catalogue:
        audio = {f"synesthete/data/sampler/{track.path}" for track in catalogue.tracks()}
        fingerprints = [entry.fingerprint for entry in catalogue.encoders()]
    derived = {f"synesthete/data/sampler/{name}.tracks.index" for name in fingerprints}
    derived |= {f"synesthete/data/sampler/{name}.tsne.landscape.npz" for name in fingerprints}
    others = {f"synesthete/data/sampler/{name}" for name in ("catalogue.sqlite", "manifest.csv", "README.md")}
    assert names == models | audio | derived | others


def test_a_built_in_track_finds_itself_from_an_empty_folder(installed, elsewhere, song):
    track, path = song
    copy = shutil.copyfile(path, elsewhere["cwd"] / "song.mp3")
    answer = json.loads(run(installed / "synesthete", "search", copy.name, "--json", **elsewhere))
    assert answer["encoder"] == "synesthete" and answer["n_tracks"] == 152
    assert [row["title"] for row in answer["same_recording"]] == [track.title]
    assert answer["same_recording"][0]["cosine"] == pytest.approx(1, abs=0.01)
    assert len(answer["matches"]) == 10
    assert [file.name for file in elsewhere["cwd"].iterdir()] == ["song.mp3"]
    if encoders.is_ready("musicnn"):  # else the default encoder is another one than the shipped vectors are from
        written = list(Path(elsewhere["env"]["HOME"]).rglob("*.sqlite"))
        assert written == [], "the built-in catalogue was analysed anew; run: make sampler"


def test_it_embeds_as_the_checkout_does(installed, elsewhere, song):
    run(installed / "synesthete", "embed", song[1], "--encoder", "resnet", "--output", "X.npz", **elsewhere)
    with np.load(elsewhere["cwd"] / "X.npz", allow_pickle=False) as archive:
        vector = archive["X"][0]
    encoder = encoders.load("resnet")
    here = own_space(encoder)(encoder.embed(read_clip(song[1])).track_features)
    np.testing.assert_allclose(vector, here, atol=1e-4)


def test_what_runs_is_what_was_installed(installed, elsewhere):
    code = "import synesthete; from synesthete.settings import Paths; print(synesthete.__file__, Paths().sampler)"
    places = run(installed / "python", "-c", code, **elsewhere).split()
    assert [str(installed.parent) in place for place in places] == [True, True]


def test_help_names_the_commands(installed, elsewhere):
    shown = run(installed / "synesthete", "--help", **elsewhere)
    assert all(f"    {command} " in shown for command in ("search", "embed", "evaluate", "train"))
