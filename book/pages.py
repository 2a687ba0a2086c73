"""Prepare the pages of the book: `python book/pages.py build/book/source`.

The chapters stay as they are stored; what changes is how their outputs are written. Each picture becomes a file with
its words beside it, a live one gets a name by which the page can bring it to life, and an exercise shows its hint
rather than what an empty cell says.
"""

import ast
import base64
import hashlib
import io
import json
import re
import shutil
import sys
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path

import nbformat
from PIL import Image

from helpers import outputs

BOOK = Path(__file__).resolve().parent
ROOT = BOOK.parent
sys.path.append(str(BOOK / "kit"))

import teach  # noqa: E402

CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_PICTURE = re.compile(r'<img alt="([^"]*)" src="data:image/png;base64,([^"]*)">')
_ROW = re.compile(r'\| <img src="notebooks/thumbnails/([\w-]+)\.png"[^>]* alt="([^"]*)"> \| \[([^]]*)\][^|]*\| (.*) \|')
ANSWERS = json.loads((BOOK / "answers.json").read_text("utf-8"))
# What makes something alive.
_LIVE = {"play", "explore", "quiz"}


@dataclass
class Page:
    """One chapter on its way into the book.

    Attributes
    ----------
    stem : str
        The name of its file, such as "03-spectrum".
    nb : NotebookNode
        The chapter, whose outputs are changed in place.
    static : Path
        The folder that gets its pictures.
    about : dict
        What is said of the page where somebody shares it: title, description, picture and its words.
    """

    stem: str
    nb: nbformat.NotebookNode
    static: Path
    about: dict = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, static: Path) -> "Page":
        """Read a stored chapter."""
        return cls(path.stem, nbformat.read(path, as_version=4), static)

    def prepare(self) -> None:
        """Write the outputs of all cells as pages without Python show them."""
        self.about |= described(self.nb.cells[0].source)
        prepared = []
        for cell in self.nb.cells:
            prepared.append(cell)
            tags = cell.metadata.get("tags", [])
            if cell.cell_type == "code":
                self.outputs(cell)
            if "thumbnail" in tags:
                name, words = re.findall(r'<img src="_static/([^"]*)" alt="([^"]*)"', str(cell.outputs))[-1]
                self.about |= {"picture": name, "words": unescape(words)}
            if "parameters" in tags:
                prepared.append(nbformat.v4.new_markdown_cell(_PYTHON))
        self.nb.cells = prepared

    def outputs(self, cell) -> None:
        """Write the outputs of one cell."""
        if "exercise" in cell.metadata.get("tags", []):
            fold = outputs.fold(_marked(hint(cell.source)), "A hint")
            cell.outputs = [shown(f'<div class="exercise">{asked(ANSWERS.get(cell.id))}{fold}</div>')]
        elif cell.source.strip() == "score()":
            cell.outputs = []
        alive = live(cell)
        for number, output in enumerate(cell.outputs):
            if output.output_type == "stream" or set(output.data) == {"text/plain"}:
                continue
            html = _PICTURE.sub(
                lambda found: self.picture(unescape(found[1]), found[2]),
                outputs.in_html(output.data, output.metadata),
            )
            if number in alive:
                name = f"{self.stem}/{cell.id}-{alive.index(number)}"
                html = re.sub("<img [^>]*>", rf'<div class="mycs-live" data-live="{name}">\g<0></div>', html)
            cell.outputs[number] = shown(html)

    def picture(self, alt: str, png: str) -> str:
        """Write a picture into a file, and return the HTML that shows it."""
        data = base64.b64decode(png)
        name = f"pictures/{self.stem}/{hashlib.sha256(data).hexdigest()[:12]}.png"
        path = self.static / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        width, height = Image.open(io.BytesIO(data)).size
        size = f'width="{width}" height="{height}"'
        return f'<img src="_static/{name}" alt="{escape(alt)}" {size} loading="lazy" decoding="async">'


_RUN = """\
# Run it yourself

With Python, every chapter takes your own music, and every line can be changed. Get the whole project, a folder in which
`README.md` lies, and open a terminal there.
"""
_PYTHON = """\
```{note}
On this page, pictures can be clicked and heard, and sliders move, with the music that comes along. To use
**your own music**, [run the chapter with Python](run.md).
```
"""


def shown(html: str):
    """Return an output that shows HTML."""
    return nbformat.v4.new_output("display_data", {"text/html": html})


def live(cell) -> list[int]:
    """Return which outputs of a stored cell are alive where a kernel runs: players, sliders and the quiz.

    What lives is the value of the cell. Where a question folds it away, it comes first of what is folded.
    """
    *before, last = ast.parse(cell.source).body
    made = {one.targets[0].id: one.value for one in before if isinstance(one, ast.Assign) and _named(one.targets[0])}
    value = getattr(last, "value", None)
    value = made.get(_named(value), value)
    if not isinstance(last, ast.Expr) or _named(getattr(value, "func", None)) not in _LIVE:
        return []
    kinds = [output.output_type for output in cell.outputs]
    if "execute_result" in kinds:
        return [kinds.index("execute_result")]
    folds = [i for i, o in enumerate(cell.outputs) if o.get("data", {}).get("text/html", "").startswith("<details>")]
    return folds[:1]


def _named(node) -> str:
    """Return the name that is written there, if it is one."""
    return getattr(node, "id", "")


def hint(source: str) -> str:
    """Return the hint of an exercise."""
    named = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            named[node.targets[0].id] = node.value.value
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.value.func.id == "check":
            (given,) = (word.value for word in node.value.keywords if word.arg == "hint")
            return named[given.id] if isinstance(given, ast.Name) else ast.literal_eval(given)
    raise ValueError(f"An exercise without check(…, hint=…):\n{source}")


def asked(answer: dict | None) -> str:
    """Return a field in which an answer can be checked: a number, or a choice. Without scripts it stays hidden."""
    if answer is None:
        return ""
    field = '<input type="text" inputmode="decimal" size="10" autocomplete="off">'
    if "choices" in answer:
        field = "".join(f"<option>{escape(str(choice))}</option>" for choice in ["", *answer["choices"]])
        field = f"<select>{field}</select>"
    accept = escape(json.dumps(answer["accept"]))
    label = f"<label>Your answer: {field} {answer.get('unit', '')}</label>"
    return f'<form class="answer" data-accept="{accept}" hidden>{label} <button>Check</button> <output></output></form>'


def _marked(words: str) -> str:
    """Return a hint in HTML, with what stands between backticks as code."""
    return "<p>" + re.sub("`([^`]*)`", r"<code>\1</code>", escape(words)) + "</p>"


def described(text: str) -> dict:
    """Return the title of a page and the first sentences below it, without marks."""
    title, *paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    sentences = re.split(r"(?<=[.?!]) ", teach.plain(paragraphs[0]))
    description = sentences.pop(0)
    while sentences and len(description) + len(sentences[0]) < 200:
        description += f" {sentences.pop(0)}"
    return {"title": title.removeprefix("# "), "description": description}


def address(path: str, page: str, base: str) -> str:
    """Return where a file of the book is, as seen from a page; where the book is published, in full."""
    return f"{base.rstrip('/')}/{path}" if base else "../" * page.count("/") + path


def with_minutes(text: str) -> str:
    """Say below the title of a page how long it takes to read, at 180 words a minute."""
    title, rest = text.split("\n", 1)
    minutes = max(1, round(len(re.findall(r"\w+", text)) / 180))
    return f"{title}\n\n*About {minutes} {'minute' if minutes == 1 else 'minutes'} to read.*\n{rest}"


def section(heading: str) -> str:
    """Return what stands below a heading of the README."""
    return re.search(rf"^## {heading}\n\n(.*?)(?=^## )", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)[1]


def landing(static: Path) -> str:
    """Write the first page: the four questions, a picture that plays, and the chapters."""
    readme = (ROOT / "README.md").read_text("utf-8")
    shutil.copytree(ROOT / "notebooks" / "thumbnails", static / "thumbnails")
    cards = "\n".join(
        f'<li><img src="_static/thumbnails/{stem}.png" alt="{alt}" width="{size[0]}" height="{size[1]}" '
        f'loading="lazy"><div><a href="{stem}.html">{name}</a><p>{words}</p></div></li>'
        for stem, alt, name, words in _ROW.findall(readme)
        for size in [Image.open(static / "thumbnails" / f"{stem}.png").size]
    )
    page = Page.read(CHAPTERS[0], static)
    cell = next(cell for cell in page.nb.cells if cell.cell_type == "code" and live(cell))
    page.outputs(cell)
    pages = [path.stem for path in CHAPTERS] + ["glossary", "run", "teach/index"]
    return (
        (BOOK / "index.md")
        .read_text("utf-8")
        .format(picture=cell.outputs[0].data["text/html"], cards=cards, pages="\n".join(pages))
    )


def main(folder: Path) -> None:
    """Prepare all pages."""
    shutil.rmtree(folder, ignore_errors=True)
    static = folder / "_static"
    static.mkdir(parents=True)
    abouts = {}
    for path in CHAPTERS:
        page = Page.read(path, static)
        page.prepare()
        nbformat.write(page.nb, folder / path.name)
        abouts[page.stem] = page.about
    texts = {"index": landing(static), "run": f"{_RUN}\n{section('Run it, test it')}"}
    texts["glossary"] = (ROOT / "notebooks" / "glossary.md").read_text("utf-8")
    texts |= {f"teach/{name}": text for name, text in teach.pages(folder).items()}
    for name, text in texts.items():
        path = folder / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text if name == "index" else with_minutes(text), "utf-8")
        abouts[name] = {"picture": abouts["00-start-here"]["picture"], "words": abouts["00-start-here"]["words"]}
        abouts[name] |= described(text)
    (folder / "about.json").write_text(json.dumps(abouts), "utf-8")
    with Image.open(static / "thumbnails" / "14-portrait.png") as portrait:
        portrait.resize((64, 64), Image.Resampling.BOX).save(folder / "icon.png")
    for path in (BOOK / "book.css", BOOK / "book.js", BOOK / "host.js"):
        shutil.copy(path, static)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
