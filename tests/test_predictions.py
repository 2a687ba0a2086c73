"""A question first, and what the cell shows only behind it."""

import chapters
import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from helpers import outputs, predictions

CODE = """
from helpers import Picture, features, layouts, load_track, moments, play, predict
predict("Is <b> & 'c' & \\"d\\" loud?", "yes", "<no>")
{}
"""


def shown(code: str) -> list:
    """Return what a notebook's cell stores."""
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE.format(code))])
    return chapters.run(nb).cells[0].outputs


def test_what_a_cell_shows_is_folded():
    question, answer = shown("print('1 < 2')\n3 + 4")
    assert "Is &lt;b&gt; &amp;" in question.data["text/html"]
    assert question.data["text/html"].count('type="radio"') == 2
    assert "&lt;no&gt;" in question.data["text/html"]
    assert answer.data["text/html"].startswith("<details><summary>")
    assert "<pre>1 &lt; 2\n</pre><pre>7</pre>" in answer.data["text/html"]
    assert answer.data["text/plain"] == "1 < 2\n7"


def test_a_live_picture_folds_itself():
    code = "track = load_track('groove')\nwhen = moments.between(8, 9, 4)\n"
    code += "play(Picture.compose(track, when, features.mel(track, when), layouts.timeline()))"
    _, answer = shown(code)
    assert outputs.VIEW in answer.data
    assert answer.data["text/html"].startswith("<details><summary>")
    (still,) = chapters.stills({"outputs": [answer]})
    assert still.alt == answer.data["text/plain"]
    assert "image/png" not in answer.data


def test_an_error_is_seen_and_the_next_cell_is_not_folded():
    with pytest.raises(Exception, match="1 / 0"):
        shown("1 / 0")
    first = nbformat.v4.new_code_cell(CODE.format("print(1)"))
    nb = nbformat.v4.new_notebook(cells=[first, nbformat.v4.new_code_cell("print(2)")])
    assert chapters.run(nb).cells[1].outputs[0].text == "2\n"


def test_two_questions_have_two_folds():
    kinds = [list(output.data) for output in shown("print(1)\npredict('And now?')\nprint(2)")]
    assert len(kinds) == 4


def test_without_a_notebook_it_is_a_line(capsys):
    InteractiveShell.clear_instance()
    predictions.predict("How many?")
    assert capsys.readouterr().out == "Predict: How many?\n"


def test_a_guess_can_be_typed():
    shell = InteractiveShell.instance()
    with capture_output() as written:
        shell.run_cell("from helpers import predict\npredict('How many?')\nprint(5)")
    InteractiveShell.clear_instance()
    question, answer = written.outputs
    assert 'type="text"' in question.data["text/html"]
    assert "<pre>5" in answer.data["text/html"]


def test_shuffled_gives_nothing_away():
    names = ["rag", "groove", "drift", "waltz", "breaks", "rubato"]
    assert sorted(predictions.shuffled(names)) == sorted(names)
    assert predictions.shuffled(names) == predictions.shuffled(names[::-1])
    assert predictions.shuffled(names) not in (names, sorted(names))
