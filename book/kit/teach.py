"""The pages for teachers, their slides and their handout, made of the chapters as `pages.py` has prepared them.

A prepared chapter is a notebook whose pictures are files with words beside them, and whose live ones have a name.
"""

import base64
import io
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from string import Template

KIT = Path(__file__).resolve().parent
TEACH = KIT.parent / "teach"
# A picture of a prepared chapter, in what brings it to life if it can be.
_PICTURE = re.compile(r'(?:<div class="mycs-live"[^>]*>)?<img [^>]*>(?:</div>)?')
_ASKED = re.compile(r"</legend>(.*?) *<label")
_CHOICE = re.compile(r'<label style[^>]*><input type="radio"[^>]*> ?(.*?)</label>')
_WANTED = re.compile(r"<!-- picture: ([^|\n]*?)(?: \| (\d+))? -->")


@dataclass(frozen=True)
class Shown:
    """What a cell of a prepared chapter shows.

    Attributes
    ----------
    heading : str
        The heading above it.
    question, choices : str, tuple of str
        In HTML; empty where nothing is asked.
    answer : str
        All else, in HTML; what was folded is open.
    tags : tuple of str
        The tags of the cell.
    """

    heading: str
    question: str
    choices: tuple
    answer: str
    tags: tuple

    @property
    def pictures(self) -> list[str]:
        return _PICTURE.findall(self.answer)


@cache
def chapter(path: Path) -> list[Shown]:
    """Read a prepared chapter: what its cells show, in order."""
    heading, found = "", []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            heading = (re.findall(r"^##? (.+)$", source, re.MULTILINE) or [heading])[-1]
            continue
        question, choices, rest = "", (), []
        for output in cell["outputs"]:
            html = "".join(output.get("data", {}).get("text/html", ""))
            if "<legend><b>Predict</b></legend>" in html:
                question, choices = _ASKED.search(html)[1], tuple(_CHOICE.findall(html))
            elif html:
                # A player knows by the fold around it that it need not make its own.
                rest.append(html.replace("<details>", "<details open>"))
            elif output["output_type"] == "stream":
                rest.append(f"<pre>{escape(''.join(output['text']))}</pre>")
        found.append(Shown(heading, question, choices, "\n".join(rest), tuple(cell["metadata"].get("tags", []))))
    return found


def picture(path: Path, heading: str, number: int = 1) -> str:
    """Return the picture of that number below a heading of a prepared chapter, in HTML.

    Raises
    ------
    ValueError
        If there is none.
    """
    there = [one for shown in chapter(path) if shown.heading == heading for one in shown.pictures]
    if len(there) < number:
        raise ValueError(f"{path.name} has {len(there)} pictures below '{heading}'; number {number} was asked for.")
    return there[number - 1]


def _up(html: str, levels: int) -> str:
    """Return HTML of a chapter for a page that lies so many folders deeper."""
    return html.replace('src="_static/', f'src="{"../" * levels}_static/')


def title(text: str) -> str:
    """Return the first heading of a page."""
    return re.search(r"^# (.+)$", text, re.MULTILINE)[1]


def plain(text: str) -> str:
    """Return Markdown without its marks: of a link, only the words."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)|[*`]", r"\1", text)


def pages(source: Path) -> dict[str, str]:
    """Return the pages for teachers by their name, in Markdown, with pictures of the prepared chapters in `source`."""
    texts = {path.stem: path.read_text("utf-8") for path in sorted(TEACH.glob("*.md"))}
    chapters = [name for name in texts if (source / f"{name}.ipynb").exists()]
    listed = "\n".join(f"- [{title(texts[name]).removeprefix('Teach ')}]({name}.md)" for name in chapters)
    routes = ["45-minutes", "90-minutes", "180-minutes", "two-days"]
    toctree = "\n".join(["```{toctree}", ":hidden:", "", *routes, *chapters, "```"])
    made = {}
    for name, text in texts.items():
        text = text.replace("$chapters", f"{listed}\n\n{toctree}").replace("](../../notebooks/", "](../")
        # What is no page of its own is there all the same.
        text = re.sub(r"\[([^]]*)\]\((\S+\.html)\)", r'<a href="\2">\1</a>', text)
        made[name] = _WANTED.sub(
            lambda wanted, name=name: _up(picture(source / f"{name}.ipynb", wanted[1], int(wanted[2] or 1)), 1), text
        )
    return made


def slides(source: Path, html: Path) -> None:
    """Write slides of every prepared chapter in `source` into teach/slides of the book in `html`.

    Raises
    ------
    ModuleNotFoundError
        If sphinx-revealjs is not installed, from which reveal.js is taken.
    """
    found = find_spec("sphinx_revealjs")
    if found is None:
        raise ModuleNotFoundError("The slides need reveal.js, which comes with sphinx-revealjs: install it.")
    reveal = Path(found.origin).parent / "_static" / "revealjs" / "dist"
    folder = html / "teach" / "slides"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "reveal").mkdir(parents=True)
    for name in ("reveal.js", "reveal.css", "reset.css"):
        shutil.copy(reveal / name, folder / "reveal")
    for name in ("slides.css", "slides.js"):
        shutil.copy(KIT / name, folder)
    page = Template((KIT / "slides.html").read_text("utf-8"))
    titles = {}
    for path in sorted(source.glob("[0-9]*.ipynb")):
        first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        titles[path.stem] = title(first)
        aim = plain(first.split("\n\n")[1])
        parts = "\n".join(f"<section>{part}</section>" for part in _slides_of(path, titles[path.stem], aim))
        host = "../../_static/host.js"
        text = page.substitute(
            title=escape(titles[path.stem]),
            slides=_up(parts, 2),
            host=f'<script src="{host}"></script>' if (folder / host).exists() else "",
        )
        (folder / f"{path.stem}.html").write_text(text, "utf-8")
    listed = "".join(f'<li><a href="{stem}.html">{escape(name)}</a></li>' for stem, name in titles.items())
    index = Template((KIT / "slides-index.html").read_text("utf-8")).substitute(chapters=listed)
    (folder / "index.html").write_text(index, "utf-8")


def _slides_of(path: Path, name: str, aim: str) -> Iterator[str]:
    """Return the slides of a chapter: its title and aim, its picture, and each question before what happens."""
    shown = chapter(path)
    yield f'<h1>{escape(name)}</h1><p class="aim">{escape(aim)}</p>'
    text = (TEACH / f"{path.stem}.md").read_text("utf-8")
    wanted = _WANTED.search(text)
    first = picture(path, wanted[1], int(wanted[2] or 1))
    if not any(first in one.answer for one in shown if one.question):
        yield f"<h2>{escape(wanted[1])}</h2>{first}"
    for one in shown:
        if not one.question:
            continue
        choices = "".join(f"<li>{choice}</li>" for choice in one.choices)
        heading = f"<h2>{escape(one.heading)}</h2>"
        yield f'{heading}<p class="question">{one.question}</p>' + (f"<ol>{choices}</ol>" if choices else "")
        yield f'<h2 class="small">{one.question}</h2>{one.answer}'
    yield f'<h2>{escape(name)}</h2><p class="aim">Now it is your turn: exercises stand at the end of the chapter.</p>'


def handout(html: Path, size: int = 224) -> None:
    """Write the handout, one sheet of paper: the questions, the six pieces as pictures of so many pixels, the keys."""
    from PIL import Image

    from helpers import load_track, moments, recipes, tracks

    recipe, figures = recipes.prepare("timbre", size), []
    for name, piece in tracks.shipped().items():
        track = load_track(name)
        pixels = recipe.paint(recipe.measure(track, moments.even(track, recipe.moments)))
        buffer = io.BytesIO()
        Image.fromarray(pixels).quantize(256).save(buffer, "png", optimize=True)
        data = base64.b64encode(buffer.getvalue()).decode()
        words = f"{piece['metre'] or 'no beat'}, {piece['key'].replace('b ', '♭ ')}"
        figures.append(
            f'<figure><img width="{size}" height="{size}" alt="The finished picture of {name}" '
            f'src="data:image/png;base64,{data}">'
            f"<figcaption><b>{name}</b> {escape(words)}<br>{escape(PIECES[name])}</figcaption></figure>"
        )
    page = Template((KIT / "handout.html").read_text("utf-8"))
    (html / "teach").mkdir(exist_ok=True)
    (html / "teach" / "handout.html").write_text(page.substitute(pieces="\n".join(figures)), "utf-8")


# What the pieces are, in a few words each.
PIECES = {
    "groove": "a dance track with a hook",
    "waltz": "a chamber waltz",
    "breaks": "fast broken beats, slow chords",
    "drift": "slow, without any beat",
    "rubato": "a piano that takes its time",
    "rag": "a ragtime piano",
}
