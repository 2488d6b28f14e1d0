"""Packages that only bring the weights of an encoder: tests need them, or stand in for them."""

import importlib.metadata
from pathlib import Path

import pytest


def needs_wheel(name: str, version: str) -> pytest.MarkDecorator:
    """Marks tests of which the weights lie in a package, of this very version."""
    try:
        is_installed = importlib.metadata.version(name) == version
    except importlib.metadata.PackageNotFoundError:
        is_installed = False
    return pytest.mark.skipif(not is_installed, reason=f"needs the wheel {name} {version}")


class OtherWheel:
    """Stands for an installed distribution whose files lie in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def locate_file(self, path: str) -> Path:
        return self.folder / path


def no_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no package were installed."""

    def not_found(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", not_found)
