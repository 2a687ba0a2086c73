"""Which answers to an exercise are right, where the answer is a number or a choice, so that a page can tell.

`python tests/accepted.py` (`make notebooks`) runs the chapters, tries many answers and stores those that the exercise
accepts in `book/answers.json`.
"""

import ast
import json
from itertools import groupby
from pathlib import Path

import chapters
import numpy as np

from helpers.exercises import _verdict

STORED = Path(__file__).resolve().parent.parent / "book" / "answers.json"

# The answers that are tried, by the name that the exercise gives its answer: numbers with their unit, or choices.
NUMBERS = {
    "quiet": ("s", lambda names: np.arange(0, names["track"].duration, 0.25)),
    "twin": ("Hz", lambda names: np.arange(0, 8001)),
    "found": ("Hz", lambda names: np.arange(0, 2000, 0.25)),
    "halfway": ("Hz", lambda names: np.arange(0, 8000, 2)),
    "highlights": ("dB", lambda names: np.arange(0, 200, 0.5)),
    "busiest": ("", lambda names: np.arange(names["size"])),
    "longer": ("s", lambda names: np.arange(0.5, 8, 0.002)),
    "leaning": ("BPM", lambda names: np.arange(100, 160, 0.01)),
    "bright_moment": ("s", lambda names: np.arange(0, names["track"].duration - 0.5, 0.5)),
}
CHOICES = {
    "honest": lambda names: list(names["persons"]),
    "window_found": lambda names: list(names["candidates"]),
    "loudest": lambda names: [" ".join(f"{i:06b}"[at : at + 2] for at in (0, 2, 4)) for i in range(64)],
    "found_by_patches_only": lambda names: list(names["names"]),
}


def asked(cell) -> tuple[str, ast.expr] | None:
    """Return the name of an exercise's answer and what it is checked against, if its answer can be tried."""
    called = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    (check,) = (call for call in called if getattr(call.func, "id", "") == "check")
    name = getattr(check.args[0], "id", "")
    return (name, check.args[1]) if name in NUMBERS or name in CHOICES else None


def judge(expected: ast.expr, names: dict):
    """Return a function that tells whether the exercise accepts an answer."""
    rule = eval(compile(ast.Expression(expected), "check", "eval"), names)
    return lambda answer: _verdict(answer, rule) == "Right."


def tried(name: str, right, names: dict) -> dict:
    """Try answers, and return which are right: stretches of numbers, or choices."""
    if name in CHOICES:
        choices = CHOICES[name](names)
        return {"choices": choices, "accept": [choice for choice in choices if right(choice)]}
    unit, values = NUMBERS[name]
    stretches = groupby([round(value, 6) for value in values(names).tolist()], key=right)
    found = [list(stretch) for good, stretch in stretches if good]
    return {"unit": unit, "accept": [[stretch[0], stretch[-1]] for stretch in found]}


def stale(name: str, stored: dict, right, names: dict) -> list:
    """Return which answers a page would judge otherwise than the exercise does; the solution is tried as well."""
    solution = names[name]
    if name in CHOICES:
        wrong = [choice for choice in stored["choices"] if right(choice) != (choice in stored["accept"])]
        return wrong + [solution] * (solution not in stored["accept"])
    first, second = NUMBERS[name][1](names)[:2]
    near = any(low - second + first <= solution <= high + second - first for low, high in stored["accept"])
    return [end for stretch in stored["accept"] for end in stretch if not right(end)] + [solution] * (not near)


def main():
    """Store the right answers of all chapters."""
    stored = {}
    for path in chapters.CHAPTERS:
        nb = chapters.read(path)
        wanted = [(cell.id, *found) for cell in chapters.cells(nb, tag="exercise") if (found := asked(cell))]
        if wanted:
            with chapters.live(nb) as page:
                for cell, name, expected in wanted:
                    about = tried(name, judge(expected, page.names), page.names)
                    # Another exercise may call another kind of answer so.
                    if about["accept"]:
                        stored[cell] = about
    lines = ",\n".join(f'"{cell}": {json.dumps(about)}' for cell, about in stored.items())
    STORED.write_text(f"{{\n{lines}\n}}\n", "utf-8")


if __name__ == "__main__":
    main()
