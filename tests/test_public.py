"""What is public, and what it is called."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import chapters
import pytest

import helpers

FILES = sorted(Path(__file__).parent.parent.glob("helpers/[!_]*.py"))
ROOMS = {path.stem: import_module(f"helpers.{path.stem}") for path in FILES}
TREES = {name: ast.parse(inspect.getsource(room)) for name, room in ROOMS.items()}


def named(tree, imports=False) -> set[str]:
    """Return the functions, classes and constants of a module, and what it imports at its top if asked for."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom) and imports:
            names |= {(name.asname or name.name).split(".")[0] for name in node.names}
        elif isinstance(node, ast.Assign):
            names |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return names - {"__all__"}


def used(tree) -> set[tuple[str, str]]:
    """Return which names of which rooms a piece of code uses."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ROOMS:
            found.add((node.value.id, node.attr))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers."):
            found |= {(node.module.split(".")[1], name.name) for name in node.names}
    return found


CODE = TREES | {"": ast.parse(inspect.getsource(helpers))}
USED = {room: set().union(*(used(tree) for other, tree in CODE.items() if other != room)) for room in ROOMS}


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_public_exists_and_is_explained(room):
    for name in ROOMS[room].__all__:
        assert not name.startswith("_")
        assert name in named(TREES[room])
        assert inspect.getdoc(getattr(ROOMS[room], name))


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_private_stays_at_home(room):
    assert not [name for other, name in USED[room] if other == room and name.startswith("_")]


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_neither_public_nor_private_is_shared(room):
    neither = {name for name in named(TREES[room]) - set(ROOMS[room].__all__) if not name.startswith("_")}
    assert [name for name in neither if (room, name) not in USED[room]] == []


def test_the_package_offers_public_names_only():
    offered = set(helpers.__all__) - set(ROOMS)
    assert offered <= set().union(*(room.__all__ for room in ROOMS.values()))
    assert set(ROOMS) <= set(helpers.__all__)


@pytest.mark.parametrize("path", chapters.CHAPTERS, ids=lambda path: path.stem)
def test_chapters_use_public_names_only(path):
    nb = chapters.read(path)
    solutions = [chapters.SOLUTION.search(cell.source) for cell in chapters.cells(nb, "markdown")]
    code = [cell.source for cell in chapters.cells(nb)] + [found[1] for found in solutions if found]
    tree = ast.parse("\n".join(code))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "helpers"]
    rooms = {name.name for node in imports for name in node.names} & set(ROOMS)
    assert [(room, name) for room, name in used(tree) if room in rooms and name not in ROOMS[room].__all__] == []


@pytest.mark.parametrize("room", ROOMS)
def test_parameters_hide_nothing(room):
    tree, top = TREES[room], named(TREES[room], imports=True)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    for function in functions:
        parameters = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
        assert not parameters & top, f"{room}.py, line {function.lineno}"
