"""Who may import whom: every room only rooms of lower rows, so that there is no circle."""

import ast
from pathlib import Path

import pytest

ROOMS = [
    {"explorer", "command", "study", "quizzes"},
    {"player", "figures", "folders", "robots"},
    {"pictures", "sounds", "exercises", "predictions", "recipes", "guesses"},
    {"tempo", "sections"},
    {"features", "colors", "passages"},
    {"spectra", "scales", "corpus"},
    {"moments", "layouts", "tracks", "sources", "axes"},
    {"checks", "outputs", "files", "mixing", "cells", "ledger", "workers"},
    {"mpeg"},
]
ROW = {room: row for row, rooms in enumerate(ROOMS) for room in rooms}
FILES = {path.stem: path for path in Path(__file__).parent.parent.glob("helpers/[!_]*.py")}


def imported(code: str) -> set[str]:
    """Return which rooms a module imports, anywhere in it."""
    names = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{'.' * node.level}{node.module or ''}.{name.name}" for name in node.names]
    return {f"{name}.".split(".")[1] for name in names if name.split(".")[0] in ("", "helpers")}


def test_every_room_has_its_row():
    assert set(FILES) == set(ROW)
    assert sum(map(len, ROOMS)) == len(ROW)


@pytest.mark.parametrize("room", sorted(ROW))
def test_rooms_import_lower_rooms_only(room):
    for other in imported(FILES[room].read_text(encoding="utf-8")):
        assert ROW.get(other, -1) > ROW[room], f"{room} may not import '{other}'"
