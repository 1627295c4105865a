"""Imports point down: doors → wiring → story → joins → adapters → pure → ground."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "oraferry"
LAYERS = [
    {"model", "errors", "ports", "config", "native", "spool", "__init__"},
    {"typemap", "convert", "schema", "canonical"},
    {"oracle", "postgres", "jobs", "broker", "ai"},
    {"copying", "verify"},
    {"migration"},
    {"wiring", "logs", "report"},
    {"cli", "api", "dashboard", "worker", "demo", "code", "__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
ADAPTERS = LAYERS[2]


def imports() -> list[tuple[str, str, str]]:
    """(importing part, imported part, file) of every import inside the package."""
    found = []
    for path in ROOT.rglob("*.py"):
        part = path.relative_to(ROOT).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module:
                assert node.level == 0, f"{path}: relative import"
                names = [node.module]
                if node.module == "oraferry":
                    names = [f"oraferry.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                pieces = name.split(".")
                if pieces[0] == "oraferry" and len(pieces) > 1:
                    found.append((part, pieces[1], str(path.relative_to(ROOT))))
    return found


def test_every_part_has_a_layer():
    """
    A new folder or module must say where it stands.
    """
    parts = {p.relative_to(ROOT).parts[0].removesuffix(".py") for p in ROOT.rglob("*.py")}

    assert set() == parts - set(LEVEL)


@pytest.mark.parametrize("rule", ["down", "strangers"])
def test_imports_point_down_and_adapters_are_strangers(rule):
    """
    No module imports from a layer above its own, and no adapter imports another.
    """
    found = imports()
    assert found

    if rule == "down":
        wrong = [i for i in found if i[1] in LEVEL and LEVEL[i[1]] > LEVEL[i[0]]]
    else:
        wrong = [i for i in found if {i[0], i[1]} <= ADAPTERS and i[0] != i[1]]

    assert [] == wrong
