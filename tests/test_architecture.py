"""The floors of the house: imports go down only, fragile packages live in one file each."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from synesthete.settings import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "synesthete"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Lower floors first; a module may import from its own floor and from those before it.
FLOORS = [
    ["errors", "settings", "tracks", "text", "files", "terminal"],
    ["audio", "playlists", "figures"],
    ["spectrogram"],
    ["encoders"],
    ["catalogue", "training"],
    ["search", "landscape"],
    ["journey", "evaluation", "sampler"],
    ["cli", "ui"],
]
# package -> the one file that may import it
SOLE_IMPORTER = {
    "faiss": "search/vector_index.py",
    "spotipy": "playlists/spotify.py",
    "streamlit_webrtc": "ui/microphone.py",
    "ray": "engines/ray.py",
    "torchvision": "encoders/torchvision_cpu.py",
}


def imported_names(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    return next((number for number, rooms in enumerate(FLOORS) if name in rooms), -1)


def test_the_modules_are_found():
    assert len(MODULES) > 10


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path):
    if room(path) in ("__init__", "__main__"):
        return
    assert floor(room(path)) >= 0, f"{room(path)} has no floor: add it to FLOORS and docs/architecture.md"
    for name in imported_names(path):
        parts = name.split(".")
        if parts[0] == "synesthete" and len(parts) > 1:
            assert floor(parts[1]) <= floor(room(path)), f"{path.name} imports {name}, which lies above it"


def test_the_product_imports_nothing_of_the_tools():
    pages = [PROJECT_ROOT / "app.py", *(PROJECT_ROOT / "pages").glob("*.py")]
    assert len(pages) > 1
    for path in (*MODULES, *pages):
        assert not {name for name in imported_names(path) if name.split(".")[0] == "tools"}, f"{path} imports a tool"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_fragile_packages_stay_in_their_file(path):
    where = path.relative_to(PACKAGE).as_posix()
    tops = {name.split(".")[0] for name in imported_names(path)}
    for package, home in SOLE_IMPORTER.items():
        assert package not in tops or where == home, f"only {home} may import {package}"
    assert "streamlit" not in tops or where.startswith("ui/"), "only ui/ may import streamlit"


def test_importing_the_package_is_cheap():
    code = (
        "import sys, synesthete, synesthete.cli, synesthete.encoders;"
        "print([n for n in ('torch', 'faiss', 'librosa', 'streamlit') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT_ROOT, check=True)
    assert done.stdout.strip() == "[]"
