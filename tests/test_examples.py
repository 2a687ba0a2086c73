"""Every public function and class shows how it is used, and what it shows is true."""

import doctest
import inspect
from functools import cache
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import helpers

FILES = sorted(Path(__file__).parent.parent.glob("helpers/[!_]*.py"))
ROOMS = [import_module(f"helpers.{path.stem}") for path in FILES if path.stem != "server"]
NAMES = [(room, name) for room in ROOMS for name in room.__all__ if callable(getattr(room, name))]
# What the examples expect: `import numpy as np` and `from helpers import *`. A track is decoded once.
EXPECTED = {"np": np, **{name: getattr(helpers, name) for name in helpers.__all__}}
EXPECTED["load_track"] = cache(helpers.load_track)


@pytest.mark.parametrize(("room", "name"), NAMES, ids=[f"{room.__name__}.{name}" for room, name in NAMES])
def test_examples_are_true(room, name, monkeypatch):
    monkeypatch.setattr("IPython.display.display", lambda data, **_: print(data["text/plain"]))
    thing, said = getattr(room, name), []
    (found,) = doctest.DocTestFinder(recurse=False).find(thing, name, globs=EXPECTED)
    assert "Examples\n--------\n>>> " in inspect.getdoc(thing)
    doctest.DocTestRunner().run(found, out=said.append)
    plt.close("all")
    assert said == []
