"""The floors of the house as docs/architecture.md draws them: imports go down only, and each room is there."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from synesthete.encoders.registry import ENTRIES
from synesthete.settings import PROJECT_ROOT
from synesthete.ui.frame import MENU

PACKAGE = PROJECT_ROOT / "synesthete"
MODULES = sorted(PACKAGE.rglob("*.py"))
PRODUCT = [*MODULES, PROJECT_ROOT / "app.py", *sorted((PROJECT_ROOT / "pages").glob("*.py"))]
ARCHITECTURE = (PROJECT_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

# Lower floors first, each with the rooms on it; a module may import from its own floor and from those before it.
FLOORS = [re.findall(r"`([\w.]+)/?`", line) for line in re.findall(r"^\d+\. (.*)$", ARCHITECTURE, re.MULTILINE)]
# package -> the one file that may import it
SOLE_IMPORTER = dict(re.findall(r"^- `(\w+)`: only `([\w/]+(?:\.py)?)`", ARCHITECTURE, re.MULTILINE))


def imported_names(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported_packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported_names(path)}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    return next((number for number, rooms in enumerate(FLOORS) if name in rooms), -1)


def named(path: Path) -> str:
    return path.relative_to(PROJECT_ROOT).as_posix()


def pins(name: str) -> dict[str, str]:
    """Package -> the reason beside it."""
    lines = (PROJECT_ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0]: line.partition("#")[2].strip() for line in lines if re.match(r"[\w-]+==", line)}


def test_the_document_is_read():
    assert len(MODULES) > 10
    assert [len(FLOORS), FLOORS[0][0], FLOORS[-1]] == [9, "errors", ["app.py", "pages"]]
    assert {"faiss", "spotipy", "torchvision", "streamlit"} <= set(SOLE_IMPORTER)


def test_each_room_is_on_one_floor_and_each_named_room_is_there():
    rooms = {room(path) for path in MODULES} - {"__init__", "__main__"}
    named_rooms = [name for rooms in FLOORS[:-1] for name in rooms]
    assert sorted(named_rooms) == sorted(rooms), "the floors of docs/architecture.md are not the rooms of synesthete/"


def test_the_picture_shows_every_room_and_nothing_else():
    picture = ARCHITECTURE.partition("## Rooms")[2].partition("\n## ")[0]
    shown = re.findall(r"^ {6}([\w.]+)/? ", picture, re.MULTILINE)
    there = {path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"} - {"__init__.py", "__main__.py"}
    assert sorted(shown) == sorted(there)
    for path in re.findall(r"^ {4}([\w./]+)", picture, re.MULTILINE):
        assert (PROJECT_ROOT / path).exists(), f"the picture shows {path}, which is not there"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_go_down_only(path):
    if room(path) in ("__init__", "__main__"):
        return
    assert floor(room(path)) >= 0, f"{room(path)} has no floor: add it to docs/architecture.md"
    for name in imported_names(path):
        parts = name.split(".")
        if parts[0] == "synesthete" and len(parts) > 1:
            assert floor(parts[1]) <= floor(room(path)), f"{path.name} imports {name}, which lies above it"


@pytest.mark.parametrize("path", PRODUCT, ids=named)
def test_the_product_imports_nothing_of_its_surroundings(path):
    assert not imported_packages(path) & {"tools", "tests", "benchmarks", "app", "pages"}


@pytest.mark.parametrize("package", sorted(SOLE_IMPORTER))
def test_fragile_packages_stay_in_their_place(package):
    home = SOLE_IMPORTER[package]
    importers = [path.relative_to(PACKAGE).as_posix() for path in MODULES if package in imported_packages(path)]
    assert importers, f"nothing imports {package}, but docs/architecture.md says that {home} does"
    assert [name for name in importers if name != home and not name.startswith(home.rstrip("/") + "/")] == []


def test_the_menu_is_the_pages():
    pages = sorted(named(path) for path in (PROJECT_ROOT / "pages").glob("*.py"))
    assert [file for file, _, _ in MENU] == ["app.py", *pages]


@pytest.mark.parametrize("name", ENTRIES)
def test_each_encoder_of_the_registry_is_there(name):
    module, _, attribute = ENTRIES[name].where.partition(":")
    source = (PACKAGE / "encoders" / f"{module}.py").read_text(encoding="utf-8")
    assert attribute in {node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}


def test_what_is_imported_is_required_and_what_is_required_is_imported():
    """So what `make run` installs is enough for every page and every command."""
    required, distributions = pins("requirements.txt"), packages_distributions()
    used = {package for path in PRODUCT for package in imported_packages(path)} - {"synesthete"}
    for optional in ("requirements-ray.txt", "requirements-clap.txt"):  # asked for by those who want these
        used -= set(pins(optional))
    used = {name.lower() for package in used - sys.stdlib_module_names for name in distributions[package]}
    assert sorted(used - set(required)) == []
    unused = set(required) - used
    assert [name for name in unused if "imported" not in required[name]] == [], "say why it stays, or leave it out"


def test_a_checkout_and_a_wheel_ask_for_the_same():
    dynamic = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["dynamic"]
    assert dynamic["dependencies"] == {"file": ["requirements.txt"]}


def test_importing_the_package_is_cheap():
    code = (
        "import sys, synesthete, synesthete.cli, synesthete.encoders;"
        "print([n for n in ('torch', 'faiss', 'librosa', 'streamlit') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT_ROOT, check=True)
    assert done.stdout.strip() == "[]"
