"""Every chapter as a reader meets it: stored well, the same when run again, true for other music, solvable.

The cells' text outputs, alt texts among them, are compared by nbval (`make test` runs it after these tests).
"""

import ast
import json
import re
from importlib import import_module

import accepted
import chapters
import lab
import nbformat
import numpy as np
import pytest
from PIL import Image

from helpers import tracks

pytestmark = pytest.mark.parametrize("path", chapters.CHAPTERS, ids=lambda path: path.stem)

SIZE = 1_500_000
# What a page without Python accepts as an answer.
ANSWERS = json.loads(accepted.STORED.read_text(encoding="utf-8"))


def outputs(nb):
    """Return all outputs of a notebook."""
    return [output for cell in chapters.cells(nb) for output in cell.outputs]


def unclean(shown) -> list[str]:
    """Return what a reader should not see: errors, and anything written to stderr."""
    return [
        output.get("text") or output.get("ename")
        for output in shown
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


def test_stored_clean(path):
    nb = chapters.read(path)
    assert unclean(outputs(nb)) == []
    counts = [cell.execution_count for cell in chapters.cells(nb)]
    assert counts == list(range(1, len(counts) + 1))
    assert "widgets" not in nb.metadata
    assert not any("execution" in cell.metadata for cell in nb.cells)
    assert path.stat().st_size < SIZE


def test_tidy(path):
    stored = path.read_text(encoding="utf-8")
    assert nbformat.writes(chapters.tidy(chapters.read(path))) + "\n" == stored


def test_tidy_forgets_what_was_alive(path):
    nb = chapters.read(path)
    output = next(output for output in outputs(nb) if "data" in output)
    output.data[chapters.VIEW] = {"model_id": "1"}
    output.metadata[chapters.MARK] = {"caption": "Run this cell to hear it."}
    assert nbformat.writes(chapters.tidy(nb)) + "\n" == path.read_text(encoding="utf-8")


def test_stores_no_audio(path):
    kinds = {kind for output in outputs(chapters.read(path)) for kind in output.get("data", {})}
    assert kinds <= {"image/png", "text/html", "text/plain"}


def test_cells_are_short(path):
    nb = chapters.read(path)
    sources = [cell.source for cell in chapters.cells(nb) if "exercise" not in cell.metadata.get("tags", [])]
    lengths = [sum(bool(line.strip()) for line in source.splitlines()) for source in sources]
    assert np.median(lengths) <= 4
    assert max(lengths) <= 12
    assert not any(source.rstrip().endswith(";") for source in sources)
    sources += chapters.SOLUTION.findall("\n".join(cell.source for cell in chapters.cells(nb, "markdown")))
    assert [line for source in sources for line in source.splitlines() if len(line) > 88] == []


def test_says_how_long_it_takes(path):
    nb = chapters.read(path)
    assert re.search(r"^\*About (\d+) minutes\. ", nb.cells[0].source, re.M)[1] == str(chapters.reading_minutes(nb))


def test_says_where_to_read_on(path):
    *_, last = chapters.cells(chapters.read(path), "markdown")
    assert "\n## Further reading\n" in f"\n{last.source}"


def test_predictions_are_made_before_the_answer_is_seen(path):
    """A question is asked by `predict`, so that its answer is folded away, wherever the page is seen."""
    nb = chapters.read(path)
    assert not any("**Predict" in cell.source for cell in chapters.cells(nb, "markdown"))
    asking = [cell for cell in chapters.cells(nb) if re.search(r"^predict\(", cell.source, re.M)]
    assert len(asking) >= 2
    for cell in asking:
        question, *answers = cell.outputs
        assert "<fieldset" in question.data["text/html"]
        assert answers
        assert all(answer.data["text/html"].startswith("<details>") for answer in answers)


def test_begins_with_the_track(path):
    nb = chapters.read(path)
    first = chapters.cells(nb)[0]
    assert chapters.takes_many(nb) or first.source.removeprefix("TRACK = ").strip('"') in tracks.shipped()
    assert "parameters" in first.metadata["tags"]


def test_every_picture_is_put_in_words(path):
    stills = [still for cell in chapters.cells(chapters.read(path)) for still in chapters.stills(cell)]
    assert stills
    for still in stills:
        assert len(still.alt) >= 40
        assert re.search(r"\d", still.alt), f"nothing computed is named in: {still.alt}"


def test_links_lead_somewhere(path):
    text = "\n".join(cell.source for cell in chapters.cells(chapters.read(path), "markdown"))
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_thumbnail_is_the_chapters_own_picture(path):
    stored = Image.open(chapters.THUMBNAILS / f"{path.stem}.png").convert("RGB")
    assert chapters.same(stored, chapters.thumbnail(chapters.read(path)))


@pytest.mark.skipif(lab.chromium() is not None, reason="they come out again in JupyterLab: test_browser_chapters")
def test_pictures_come_out_again(path):
    again = chapters.run(chapters.read(path))
    assert unclean(outputs(again)) == []
    chapters.come_out_again(path, chapters.cells(again))


def test_solutions_solve(path):
    """Each exercise has a function of its own name in `tests/answers`, which tries the solution on unseen input."""
    unseen = import_module(f"answers.{path.stem[3:].replace('-', '_')}")
    nb = chapters.read(path)
    exercises = chapters.cells(nb, tag="exercise")
    names = [answered(ast.parse(cell.source).body[0]) for cell in exercises]
    with chapters.live(chapters.solved(nb)) as page:
        printed = zip(chapters.cells(nb), page.stdout, strict=True)
        answers = [text for cell, text in printed if cell in exercises]
        assert answers == ["Right.\n"] * len(answers)
        assert 2 <= len(answers) <= 4
        assert page.stdout[-1] == f"{len(answers)} of {len(answers)} exercises are right.\n"
        for cell in exercises:
            if cell.id in ANSWERS:
                name, expected = accepted.asked(cell)
                right = accepted.judge(expected, page.names)
                assert accepted.stale(name, ANSWERS[cell.id], right, page.names) == []
        for name in names:
            getattr(unseen, name)(page.names[name])


def answered(statement) -> str:
    """Return what the first statement of an exercise names: a function or a value."""
    return statement.name if isinstance(statement, ast.FunctionDef) else statement.targets[0].id


def test_unsolved_exercises_say_so(path):
    for cell in chapters.cells(chapters.read(path), tag="exercise"):
        assert cell.outputs[0].text.startswith("Not answered yet")


def test_comparing_pictures_can_fail(path):
    picture = next(cell for cell in map(chapters.stills, chapters.cells(chapters.read(path))) if cell)[0].image
    pixels = np.array(picture.convert("RGB"))
    pixels[: len(pixels) // 20] = 128
    assert chapters.same(picture, picture)
    assert not chapters.same(picture, Image.fromarray(pixels))
