"""What is public, and what it is called."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest

ROOMS = sorted(path.stem for path in Path(__file__).parent.parent.glob("helpers/[!_]*.py") if path.stem != "server")


def named(tree) -> set[str]:
    """Return the functions, classes, constants and imports that stand at the top of a module."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(name.asname or name.name).split(".")[0] for name in node.names}
        elif isinstance(node, ast.Assign):
            names |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_parameters_hide_nothing(room):
    tree = ast.parse(inspect.getsource(import_module(f"helpers.{room}")))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    for function in functions:
        parameters = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
        assert not parameters & named(tree), f"{room}.py, line {function.lineno}"
