"""Encoders of other packages: a real small one, installed in a folder of its own, read by another process."""

import re
import subprocess
import sys

import pytest

from synesthete.settings import PROJECT_ROOT

DOCUMENT = (PROJECT_ROOT / "docs" / "encoders.md").read_text(encoding="utf-8")
LOUDNESS, TEST = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def site(tmp_path):
    """Install a package: its module and what an installer writes beside it."""

    def install(name, entry_points, source, summary="Which bands are loud, on average"):
        (tmp_path / f"{name}.py").write_text(source)
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1\nSummary: {summary}\n"
        )
        (info / "entry_points.txt").write_text(f"[synesthete.encoders]\n{entry_points}\n")
        return tmp_path

    return install


def run(site, *arguments):
    code = f"import sys; sys.path.insert(0, {str(site)!r}); " + arguments[0]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments[1:]], capture_output=True, text=True, cwd=PROJECT_ROOT, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_encoder_joins_by_entry_point_as_the_document_shows(site):
    folder = site("synesthete_loudness", "loudness = synesthete_loudness:Loudness", LOUDNESS)
    (folder / "test_loudness.py").write_text(TEST)
    said = run(
        folder,
        "from synesthete import encoders\n"
        "print(encoders.available()[-1], encoders.describe('loudness'), encoders.is_ready('loudness'))\n"
        "print('synesthete_loudness' in sys.modules)\n"
        "print(encoders.load('loudness').embedding_size, len(encoders.load_ready()) > 1)\n",
    )
    assert said.splitlines() == [
        "loudness Which bands are loud, on average (from the package synesthete-loudness). True",
        "False",
        "128 True",
    ]
    tested = run(
        folder,
        "import pytest; "
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '--rootdir', {str(folder)!r}, "
        f"{str(folder / 'test_loudness.py')!r}]))",
    )
    assert re.search(r"\b\d\d passed", tested) and "failed" not in tested, tested


BROKEN = {
    "gone": ("loudness = synesthete_broken:Gone", "", "has no attribute 'Gone'"),
    "crash": ("loudness = synesthete_broken:Loudness", "raise RuntimeError('out of cheese')", "out of cheese"),
    "syntax": ("loudness = synesthete_broken:Loudness", "def (", "invalid syntax"),
    "stranger": ("loudness = synesthete_broken:Loudness", "class Loudness: pass", "no subclass of"),
    "half": (
        "loudness = synesthete_broken:Loudness",
        "from synesthete.encoders import Encoder\nclass Loudness(Encoder): name = 'loudness'",
        "abstract",
    ),
    "other": ("quiet = synesthete_broken:Loudness", LOUDNESS, "calls itself 'loudness'"),
}


@pytest.mark.parametrize("entry, source, reason", BROKEN.values(), ids=BROKEN)
def test_a_broken_one_is_named_and_the_others_go_on(site, entry, source, reason):
    name = entry.partition(" ")[0]
    said = run(
        site("synesthete_broken", entry, source),
        "from synesthete import encoders\n"
        "from synesthete.errors import EncoderError\n"
        "ready = encoders.load_ready()\n"
        "print(any(encoder.name == 'statistics' for encoder in ready.values()))\n"
        f"print(encoders.is_ready({name!r}))\n"
        f"print(encoders.why_not_ready({name!r}))\n"
        f"try: encoders.load({name!r})\n"
        "except EncoderError as error: print(error)\n",
    ).splitlines()
    assert said[:2] == ["True", "False"] and said[2] == said[3]
    assert said[2].startswith(f"The encoder {name!r} of the package synesthete-broken does not work (")
    assert reason in said[2] and said[2].endswith("the other encoders work without it.")


def test_a_name_that_is_taken_stays_with_its_owner(site):
    folder = site("synesthete_loudness", "statistics = synesthete_loudness:Loudness", LOUDNESS)
    said = run(
        folder, "from synesthete import encoders; print(encoders.describe('statistics'), len(encoders.available()))"
    )
    assert "Which bands are loud" not in said and said.split()[-1].isdigit()
