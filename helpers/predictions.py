"""Ask before the answer is shown. Explained in notebooks/00-start-here.ipynb.

A question is plain HTML, and so is the fold that hides what its cell shows: they work without a kernel, and on a page
that runs no scripts.
"""

import hashlib
import sys
from html import escape

import numpy as np

from helpers import cells, outputs

__all__ = ["predict", "shuffled"]

_SUMMARY = "Show what happens"
# What the cell that runs now has to show: where IPython collects it.
_FOLDED = []


def predict(question: str, *choices: str) -> None:
    """Ask a question, and fold away what the cell shows from here on, for the reader to open after a guess.

    Parameters
    ----------
    question : str
        A sentence or two, the last of them a question.
    *choices : str
        What could be the answer. Without any, the reader types a guess.

    Examples
    --------
    >>> predict("Is a louder sound drawn higher?", "yes", "no")
    Predict: Is a louder sound drawn higher? (yes / no)
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    words = f"Predict: {question}" + (f" ({' / '.join(choices)})" if choices else "")
    if shell is None:
        print(words)
        return
    from IPython.utils.capture import capture_output

    _unfold()
    shell.display_pub.publish({"text/html": _asked(question, choices), "text/plain": words})
    _FOLDED.append(capture_output(stderr=False))
    _FOLDED[0].shown = _FOLDED[0].__enter__()
    if _unfold not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _unfold)


def shuffled(names) -> list:
    """Return names in an order that gives nothing away, always the same for the same names.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> sorted(shuffled(["rag", "groove", "drift"]))
    ['drift', 'groove', 'rag']
    """
    names = sorted(names)
    seed = int.from_bytes(hashlib.sha256("/".join(names).encode()).digest()[:4])
    return [names[i] for i in np.random.default_rng(seed).permutation(len(names))]


def _asked(question: str, choices) -> str:
    """Write a question in HTML."""
    name = f"guess-{hashlib.sha256(question.encode()).hexdigest()[:8]}"
    guess = '<label>Your guess: <input type="text" size="12"></label>'
    if choices:
        radio = f'<label style="display: block"><input type="radio" name="{name}" {outputs.OWN_KEYS}> {{}}</label>'
        guess = "".join(radio.format(escape(choice)) for choice in choices)
    style = "max-width: 46em; margin: 0; padding: 0.5em 1em"
    return f'<fieldset style="{style}"><legend><b>Predict</b></legend>{escape(question)} {guess}</fieldset>'


def _unfold(_=None) -> None:
    """Show what has been collected: a live picture folds itself, all else is folded together."""
    if not _FOLDED:
        return
    capture = _FOLDED.pop()
    capture.__exit__(None, None, None)
    shell = sys.modules["IPython"].get_ipython()
    still, words = [], []
    if capture.shown.stdout:
        still.append(f"<pre>{escape(capture.shown.stdout)}</pre>")
        words.append(capture.shown.stdout.rstrip())
    for output in capture.shown.outputs:
        if outputs.VIEW in output.data:
            cells.made(output.data[outputs.VIEW]["model_id"]).folded = _SUMMARY
            html = outputs.fold(outputs.in_html(output.data, output.metadata), _SUMMARY)
            data = {kind: value for kind, value in output.data.items() if kind != "image/png"} | {"text/html": html}
            mark = {outputs.MARK: output.metadata[outputs.MARK]}
            shell.display_pub.publish(data, mark)
        else:
            still.append(outputs.in_html(output.data, output.metadata))
            words.append(output.data.get("text/plain", ""))
    if still:
        shell.display_pub.publish({"text/html": outputs.fold("".join(still), _SUMMARY), "text/plain": "\n".join(words)})
