"""No promise without code: what documents, comments and messages name is there."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from synesthete import cli
from synesthete.encoders.registry import ENTRIES
from synesthete.settings import PROJECT_ROOT
from synesthete.ui.frame import MENU

FOLDERS = ("synesthete", "tools", "pages", "tests", "benchmarks", "docs", "data", "assets")
FILES = [path for folder in FOLDERS for path in sorted((PROJECT_ROOT / folder).rglob("*")) if path.is_file()]
FILES += [path for path in PROJECT_ROOT.iterdir() if path.is_file()]
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]
INSTRUCTIONS = [
    path for path in FILES if path.name == "Makefile" or path.name.startswith("requirements") or path.suffix == ".toml"
]
SOURCES = [path for path in FILES if path.suffix == ".py" and not path.is_relative_to(PROJECT_ROOT / "tests")]
TEXTS = [*DOCUMENTS, *INSTRUCTIONS, *SOURCES]
ROOMS = {path.stem for path in (PROJECT_ROOT / "synesthete").iterdir()}
DATA_ENDINGS = ("json", "safetensors", "sqlite", "npz", "csv", "py", "js", "css")  # synesthete.json is no module
OF_OTHERS = {"plotly.js", "docs/COPYRIGHT.data.txt"}  # a library, and a file of a package that a model card cites
NOT_IN_THE_CHECKOUT = {"synesthete.data"}  # what setup.py makes of data/
COMPONENTS = {
    "synesthete.map3d",
    "synesthete.map3d_names",
    "synesthete.map3d_points",
}  # names under which Streamlit knows them

in_each_text = pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix())


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def endings() -> set[str]:
    """Names of all files and folders of the project, alone and behind their folders: worker.py, audio/worker.py, …"""
    paths = {file.relative_to(PROJECT_ROOT) for file in FILES}
    paths |= {folder for path in paths for folder in path.parents}
    return {"/".join(path.parts[start:]) for path in paths for start in range(len(path.parts))}


def is_there(name: str) -> bool:
    """Whether a file or folder of the project has this name, alone or with some of its folders."""
    return name in OF_OTHERS or name.strip("/").replace("synesthete/data", "data") in endings()


def source_of(module: str) -> Path | None:
    base = PROJECT_ROOT.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def resolves(dotted: str) -> bool:
    """Whether a dotted name is a module of the project, or an attribute of one (of an attribute of one)."""
    parts = dotted.split(".")
    depth = next((n for n in range(len(parts), 0, -1) if source_of(".".join(parts[:n]))), 0)
    if depth == len(parts):
        return True
    if depth == 0:
        return (PROJECT_ROOT / Path(*parts)).is_dir()
    found = importlib.import_module(".".join(parts[:depth]))
    for part in parts[depth:]:
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


def is_program(module: str) -> bool:
    path = source_of(f"{module}.__main__") or source_of(module)
    return path is not None and (path.name == "__main__.py" or '__name__ == "__main__"' in read(path))


def commands() -> set[str]:
    return set(re.findall(r"^ {4}(\w+)(?: {2,}|$)", cli._parser().format_help(), re.MULTILINE))


def test_something_is_read():
    assert len(DOCUMENTS) > 5 and len(INSTRUCTIONS) > 3 and len(SOURCES) > 100
    assert {"search", "embed", "evaluate", "train"} <= commands()


@in_each_text
def test_the_files_it_names_are_there(path):
    names = re.findall(r"(?<![\w.*{])(?:\w+/)*\w+\.(?:py|js|css)\b", read(path))
    names += re.findall(rf"(?<![\w./])(?:{'|'.join(FOLDERS)})/[\w/.-]*\w(?![\w/.-]*[*{{])", read(path))
    if path in DOCUMENTS:
        names += re.findall(r"`((?:\w+/)+)`", read(path))
    assert sorted({name for name in names if not is_there(name)}) == []


@in_each_text
def test_the_modules_it_names_are_there(path):
    names = set(re.findall(r"(?<![\w/.-])(?:synesthete|tools|benchmarks)(?:\.[A-Za-z]\w*)+", read(path)))
    names -= NOT_IN_THE_CHECKOUT | COMPONENTS
    if path in DOCUMENTS:
        short = re.findall(r"`([a-z]\w*(?:\.[A-Za-z_]\w*)+)(?:\([^`]*\))?`", read(path))
        names |= {f"synesthete.{name}" for name in short if name.split(".")[0] in ROOMS}
    names = {name for name in names if not name.endswith(DATA_ENDINGS)}
    assert sorted(name for name in names if not resolves(name)) == []


@in_each_text
def test_the_commands_it_names_are_there(path):
    text = read(path)
    modules = re.findall(r"python -m ((?:synesthete|tools|tests|benchmarks)[\w.]*)", text)
    assert [module for module in modules if not is_program(module)] == []
    alternatives = re.findall(r"(?:^ *|[`:] *|\w\.py +)synesthete ([a-z]+(?: \| [a-z]+)*)\b", text, re.MULTILINE)
    assert {name for names in alternatives for name in names.split(" | ")} - commands() == set()
    targets = set(re.findall(r"^([a-z-]+):", read(PROJECT_ROOT / "Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^ {4}|`|: )make ([a-z-]+)", text, re.MULTILINE)) - targets == set()


@in_each_text
def test_the_pages_it_names_are_there(path):
    labels = {label for _, label, _ in MENU} | {"The", "A", "No", "Ogg"}
    assert set(re.findall(r"\b([A-Z][a-z]+) pages?\b", read(path))) - labels == set()
    assert [name for name in re.findall(r"\b\d_[A-Z]\w+\b", read(path)) if not is_there(f"pages/{name}.py")] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix())
def test_the_links_and_names_of_a_document_lead_somewhere(path):
    links = [link for link in re.findall(r"\]\(([^)#\s]+)\)", read(path)) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []
    code = "\n".join(read(source) for source in SOURCES)
    names = re.findall(r"`([A-Z]\w*(?:_\w+|[a-z][A-Z]\w*|[A-Z]{3,}))`", read(path))
    assert [name for name in names if not re.search(rf"\b{name}\b", code)] == []


def test_the_architecture_names_all_commands():
    drawn = re.search(r"cli\.py +synesthete ([a-z |]+)", read(PROJECT_ROOT / "docs" / "architecture.md"))
    assert set(drawn[1].strip().split(" | ")) == commands()


def test_the_encoders_of_the_readme_are_those_of_the_registry():
    rows = re.findall(r"^\| \**`([\w-]+)`", read(PROJECT_ROOT / "README.md"), re.MULTILINE)
    assert sorted(rows) == sorted(ENTRIES)


def test_what_an_encoder_advises_can_be_done():
    """A remedy ends in a command; its program takes what stands behind it, or would say so."""
    for name, entry in ENTRIES.items():
        assert entry.remedy or not (entry.packages or entry.files()), name
        for module in re.findall(r"python -m (synesthete[\w.]*)", entry.remedy):
            assert "main" in {n.name for n in ast.parse(read(source_of(module))).body if hasattr(n, "name")}
