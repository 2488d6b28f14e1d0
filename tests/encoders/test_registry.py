"""Encoders by name."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from synesthete import encoders, settings
from synesthete.encoders import registry
from synesthete.errors import EncoderError


def test_every_entry_leads_to_a_class_with_its_name():
    import importlib

    for name, entry in registry.ENTRIES.items():
        if registry._missing_packages(entry):
            continue
        module, _, attribute = entry.where.partition(":")
        assert getattr(importlib.import_module(f"synesthete.encoders.{module}"), attribute).name == name
        assert encoders.describe(name).endswith(".") and "\n" not in encoders.describe(name)


def test_the_default_is_known():
    assert settings.DEFAULT_ENCODER in encoders.available()


def test_an_unknown_name_lists_the_known_ones():
    for ask in (encoders.load, encoders.describe, encoders.is_ready, encoders.why_not_ready):
        with pytest.raises(EncoderError, match="no encoder 'nose'.*statistics"):
            ask("nose")


def test_an_encoder_is_loaded_once_even_by_many_at_once(monkeypatch):
    monkeypatch.setattr(registry, "_loaded", {})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(encoders.load, ["statistics"] * 16))
    assert len({id(encoder) for encoder in found}) == 1


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "Paths", lambda: settings_paths(tmp_path))
    monkeypatch.setattr(registry, "_loaded", {})
    assert not encoders.is_ready("resnet")
    assert str(tmp_path / "synesthete-resnet.json") in encoders.why_not_ready("resnet")
    with pytest.raises(EncoderError, match="synesthete.training.fit_statistics"):
        encoders.load("statistics")
    assert registry._loaded == {}


def settings_paths(folder: Path):
    return type("Paths", (), {"models": folder, "state": folder})()


def test_a_missing_package_is_named(monkeypatch):
    entry = registry.Entry("nowhere:Nothing", "Nothing.", packages=("no_such_package",), remedy="Install it.")
    monkeypatch.setitem(registry.ENTRIES, "nothing", entry)
    with pytest.raises(EncoderError, match="'nothing' lacks the package no_such_package. Install it."):
        encoders.load("nothing")


def test_listing_imports_no_torch():
    code = (
        "import sys; from synesthete import encoders;"
        "[(encoders.describe(n), encoders.is_ready(n)) for n in encoders.available()];"
        "print({'torch', 'torchvision', 'librosa'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=settings.PROJECT_ROOT, check=True
    )
    assert done.stdout.strip() == "set()"
