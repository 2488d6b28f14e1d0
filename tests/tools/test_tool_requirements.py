"""A tool's own requirements name what it imports, pinned as the product pins it."""

import ast
import sys

from synesthete.settings import PROJECT_ROOT

TOOL = PROJECT_ROOT / "tools" / "composer"


def pins(path):
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return dict(line.split("==") for line in lines if "==" in line)


def test_the_composers_requirements_are_what_it_imports():
    imported = set()
    for path in TOOL.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    ours = pins(TOOL / "requirements.txt")
    assert imported - set(sys.stdlib_module_names) - {"synesthete", "tools"} == set(ours)
    product = pins(PROJECT_ROOT / "requirements.txt")
    assert ours == {name: product[name] for name in ours}
