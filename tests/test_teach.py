"""What teachers are told is true: what is named exists, minutes add up, numbers stand in the chapters.

And what they are given works: the check of a laptop, the stick, the slides and the sheet of paper.
"""

import ast
import base64
import hashlib
import io
import json
import re
import subprocess
import sys
import wave
import webbrowser
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import chapters
import lab
import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
KIT = ROOT / "book" / "kit"
sys.path.insert(0, str(KIT))

import check  # noqa: E402
import start  # noqa: E402
import stick  # noqa: E402
import teach  # noqa: E402

STEMS = [path.stem for path in chapters.CHAPTERS]
ROUTES = {"45-minutes": 45, "90-minutes": 90, "180-minutes": 180}
LINK = re.compile(r"\[[^]]*\]\(\.\./\.\./notebooks/([\w-]+)\.ipynb\)")
NUMBER = re.compile(r"\d[\d,.]*\d(?:e[+-]\d+)?|\d")


def page(name: str) -> str:
    return (ROOT / "book" / "teach" / f"{name}.md").read_text("utf-8")


def rows(name: str) -> list[list[str]]:
    """Return the cells of each row of the tables of a page, without their heads."""
    lines = [line.strip("| ").split(" | ") for line in page(name).splitlines() if line.startswith("| ")]
    return [line for line in lines if line[0][0].isdigit()]


@cache
def stored(stem: str) -> nbformat.NotebookNode:
    return chapters.read(ROOT / "notebooks" / f"{stem}.ipynb")


def headings(stem: str) -> list[str]:
    texts = [cell.source for cell in chapters.cells(stored(stem), "markdown")]
    return [heading for text in texts for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)]


def words(nb) -> str:
    """Return all that stands in a chapter, and all that its cells say."""
    said = []
    for cell in nb.cells:
        said.append(cell.source)
        for output in cell.get("outputs", []):
            said += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
    return "\n".join(said)


@pytest.mark.parametrize("route", ROUTES)
def test_the_minutes_of_a_route_add_up(route):
    at = 0
    for minutes, *_ in rows(route):
        begin, end = map(int, minutes.split("–"))
        assert begin == at < end
        at = end
    assert at == ROUTES[route]


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_names_sections_that_exist(route):
    for _, cells, _ in rows(route):
        named = re.findall("“([^”]+)”", cells)
        if cells == "break":
            continue
        (stem,) = LINK.findall(cells)
        assert named
        assert set(named) <= set(headings(stem))
    everywhere = {heading for stem in STEMS for heading in headings(stem)}
    skipped = re.search("## Skip\n(.*?)\n## ", page(route), re.DOTALL)[1]
    assert set(re.findall("“([^”]+)”", " ".join(skipped.split()))) <= everywhere


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_says_which_chapters_to_run_before(route):
    told = re.search(r"[Cc]hapters (0[\d, andto]+)", " ".join(page(route).split()))[1]
    before = set(map(int, re.findall(r"\d+", told)))
    before |= {*range(9)} if "0 to 8" in told else set()
    assert before == {int(stem[:2]) for _, cells, _ in rows(route) for stem in LINK.findall(cells)}


def test_two_days_take_the_time_that_the_chapters_say():
    clock = lambda text: int(text.split(":")[0]) * 60 + int(text.split(":")[1])  # noqa: E731
    taught, before = [], None
    for times, what, *_ in rows("two-days"):
        begin, end = map(clock, times.split("–"))
        assert begin in (before, 9 * 60)
        assert begin < end <= 16 * 60 + 30
        before = end
        for stem in LINK.findall(what):
            assert end - begin == chapters.reading_minutes(stored(stem)), stem
            taught.append(stem)
    assert taught == STEMS


def test_every_chapter_has_its_page():
    assert {path.stem for path in (ROOT / "book" / "teach").glob("[0-9][0-9]-[a-z]*.md")} - {*ROUTES} == set(STEMS)


@pytest.mark.parametrize("stem", STEMS)
def test_a_page_for_the_teacher_fits_its_chapter(stem):
    text, nb = page(stem), stored(stem)
    first = re.sub(r"^(Start here).*", r"0 · \1", nb.cells[0].source.removeprefix("# ").splitlines()[0])
    assert teach.title(text) == f"Teach {first}"
    assert LINK.findall(text) == [stem]
    assert re.findall("“([^”]+)”", re.search(r"\[The chapter\](.*?)\n\n", text, re.DOTALL)[1]) == [
        name for name in re.findall("“([^”]+)”", text) if name in headings(stem)
    ]
    # The question, and what people answer: every choice there is, and no other.
    (question,) = re.findall(r"^> (.+)$", text, re.MULTILINE)
    asked = dict(re.findall(r"^Predict: (.+?[?…]) \((.+)\)$", words(nb), re.MULTILINE))
    assert re.findall(r"^- \*(.+?)\*:", text, re.MULTILINE) == asked[question].split(" / ")
    exercises = [row for row in rows(stem) if len(row) == 3]
    assert [int(row[0]) for row in exercises] == list(range(1, len(chapters.cells(nb, tag="exercise")) + 1))
    assert all(2 <= int(row[1]) <= 10 for row in exercises)
    assert len(re.findall(r"^\*\*[^*]+\?\*\* \S", text.split("## Three more questions")[1], re.MULTILINE)) == 3


@pytest.mark.parametrize("stem", STEMS)
def test_every_number_a_teacher_is_told_stands_in_the_chapter(stem):
    known = set(NUMBER.findall(words(stored(stem))))
    prose = "\n".join(line for line in page(stem).splitlines() if not line.startswith(("|", "#", "<!--")))
    prose = LINK.sub("", re.sub(r"chapters? \d+", "", prose))
    assert [number for number in NUMBER.findall(prose) if number not in known] == []


@pytest.mark.parametrize("stem", STEMS)
def test_the_one_picture_of_a_chapter_is_stored_in_it(stem):
    ((heading, number),) = re.findall(r"<!-- picture: ([^|\n]*?)(?: \| (\d+))? -->", page(stem))
    here, found = "", 0
    for cell in stored(stem).cells:
        if cell.cell_type == "markdown":
            here = (re.findall(r"^##? (.+)$", cell.source, re.MULTILINE) or [here])[-1]
        elif here == heading:
            found += len(chapters.stills(cell))
    assert found >= int(number or 1)


@pytest.mark.parametrize("name", [path.stem for path in sorted((ROOT / "book" / "teach").glob("*.md"))])
def test_links_between_the_pages_exist(name):
    made = {"slides/index.html", "handout.html"}
    links = {link for link in re.findall(r"\]\(([^)#]+)\)", page(name)) if "://" not in link} - made
    assert [link for link in links if not (ROOT / "book" / "teach" / link).exists()] == []


IMAGE = '<img src="_static/pictures/{0}.png" alt="{0}" width="8" height="8">'
ASKED = (
    '<fieldset><legend><b>Predict</b></legend>Is 1 &lt; 2? <label style="display: block"><input type="radio" '
    'name="g"> yes</label><label style="display: block"><input type="radio" name="g"> no &amp; no</label></fieldset>'
)


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """Return a folder with one prepared chapter, and a page for its teacher."""
    new = nbformat.v4
    show = lambda html: new.new_output("display_data", {"text/html": html})  # noqa: E731
    live = f'<div class="mycs-live" data-live="00-x/a-0">{IMAGE.format("live")}</div>'
    nb = new.new_notebook(
        cells=[
            new.new_markdown_cell("# 0 · Try\n\nYou will see\n*two* pictures.\n\nMore."),
            new.new_markdown_cell("## Look"),
            new.new_code_cell("a", outputs=[show(IMAGE.format("first")), show(IMAGE.format("second"))]),
            new.new_markdown_cell("## Ask\n\nText."),
            new.new_code_cell("b", outputs=[show(ASKED), show(f"<details><summary>Show</summary>{live}</details>")]),
        ]
    )
    source, pages = tmp_path / "source", tmp_path / "teach"
    source.mkdir()
    pages.mkdir()
    nbformat.write(nb, source / "00-x.ipynb")
    (pages / "00-x.md").write_text(
        "# Teach 0 · Try\n\n<!-- picture: Look | 2 -->\n\n[It](../../notebooks/00-x.ipynb)\n"
    )
    (pages / "index.md").write_text("# Teach\n\n[Slides](slides/index.html)\n\n$chapters\n")
    monkeypatch.setattr(teach, "TEACH", pages)
    return source


def test_pages_show_the_picture_of_the_chapter_and_lead_to_it(prepared):
    made = teach.pages(prepared)
    assert IMAGE.format("second").replace("_static", "../_static") in made["00-x"]
    assert "first" not in made["00-x"]
    assert "[It](../00-x.ipynb)" in made["00-x"]
    assert '<a href="slides/index.html">Slides</a>' in made["index"]
    assert "- [0 · Try](00-x.md)" in made["index"]
    assert "\n00-x\n" in made["index"].split("```{toctree}")[1]
    with pytest.raises(ValueError, match=r"00-x\.ipynb has 2 pictures below 'Look'; number 3 was asked for"):
        teach.picture(prepared / "00-x.ipynb", "Look", 3)


@pytest.mark.skipif(find_spec("sphinx_revealjs") is None, reason="reveal.js comes with sphinx-revealjs")
def test_slides_ask_before_they_show(prepared, tmp_path):
    html = tmp_path / "html"
    (html / "_static").mkdir(parents=True)
    (html / "_static" / "host.js").touch()
    teach.slides(prepared, html)
    made = (html / "teach" / "slides" / "00-x.html").read_text("utf-8")
    slides = re.findall("<section>(.*?)</section>", made, re.DOTALL)
    assert "You will see\ntwo pictures." in slides[0]
    assert "second.png" in slides[1]
    assert re.search("Is 1 &lt; 2\\?.*<li>no &amp; no</li>", slides[2])
    assert "<img" not in slides[2]
    assert '<div class="mycs-live" data-live="00-x/a-0"><img src="../../_static/pictures/live.png"' in slides[3]
    assert "<details>" not in made
    assert made.count("<details open>") == 1
    assert re.findall('<script src="([^"]*)"', made)[-1] == "../../_static/host.js"
    assert "://" not in made
    for link in re.findall('(?:src|href)="([^"]*)"', made):
        assert "pictures" in link or (html / "teach" / "slides" / link).resolve().exists(), link
    assert '<a href="00-x.html">0 · Try</a>' in (html / "teach" / "slides" / "index.html").read_text("utf-8")


def test_slides_without_reveal_say_what_is_missing(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(teach, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="install it"):
        teach.slides(prepared, tmp_path)


def test_the_handout_is_one_page_of_paper(tmp_path):
    teach.handout(tmp_path, size=16)
    path = tmp_path / "teach" / "handout.html"
    text = path.read_text("utf-8")
    assert text.count("<figure>") == text.count("data:image/png") == 6
    assert all(f"<dt>{word}?</dt>" in text for word in ("When", "What", "Where", "How"))
    with lab.browser(lab.required(lab.chromium, "Chromium or Chrome")) as browser:
        sheet = browser.new_page()
        sheet.goto(path.as_uri())
        paper = sheet.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    (box,) = set(re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", paper))
    assert [round(float(side) / 72 * 25.4) for side in box] == [210, 297]


def test_the_keys_of_the_handout_are_those_of_the_player():
    script = (ROOT / "helpers" / "player.js").read_text("utf-8")
    text = (KIT / "handout.html").read_text("utf-8")
    for key, code in (("Home", '"Home"'), ("Space", '" "'), ("Arrow keys", "ArrowLeft"), ("Shift", "shiftKey")):
        assert key in text
        assert code in script
    assert "Five seconds" in text
    assert "const STEP = 5;" in script
    assert all("Hear the band" in one for one in (text, script))


# ---- is this laptop ready?


@pytest.mark.parametrize(
    ("version", "well", "sentence"),
    [
        ((3, 8, 1), False, "Python 3.8 is too old: install one of 3.11 to 3.14"),
        ((3, 11, 0), True, "Python 3.11 is right."),
        ((3, 14, 2), True, "Python 3.14 is right."),
        ((3, 15, 0), False, "Python 3.15 is newer than what was tested"),
    ],
)
def test_check_looks_at_python(version, well, sentence):
    found = check.python(version)
    assert found[0] == well
    assert sentence in found[1]


@pytest.mark.skipif(sys.platform == "win32", reason="the pretended Python is a shell script")
@pytest.mark.parametrize(
    ("program", "well", "sentence"),
    [
        (None, False, "not set up yet: say make lab, or open start from the stick"),
        ("echo '[7, []]'", True, "All 7 packages are there"),
        (
            'echo \'[7, ["numpy is 1.0, not 2.0", "x"]]\'',
            False,
            "numpy is 1.0, not 2.0 (and 1 more). Delete the folder",
        ),
        ("echo 'No module named json' >&2; exit 1", False, "No module named json. Delete"),
        ("exit 1", False, "it stops without a word"),
    ],
)
def test_check_looks_at_the_packages(program, well, sentence, tmp_path):
    python = None
    if program:
        (tmp_path / ".venv" / "bin").mkdir(parents=True)
        python = tmp_path / ".venv" / "bin" / "python"
        python.write_text(f"#!/bin/sh\n{program}\n")
        python.chmod(0o755)
        assert check.environment(tmp_path) == python
    found = check.packages(tmp_path, python)
    assert found[0] == well
    assert sentence in found[1]


def test_what_check_asks_of_the_packages_is_answered(tmp_path):
    (tmp_path / "pins.txt").write_text(
        "numpy==0.1 \\\n    --hash=x\nnothing-such==2\nskipped==1 ; os_name == 'nt' \\\n"
    )
    asked = [sys.executable, "-c", check.ASKED, tmp_path / "pins.txt", "json", "nothing.such"]
    done = subprocess.run(asked, capture_output=True, text=True)
    number, wrong = json.loads(done.stdout)
    assert number == 2
    assert "nothing-such is not there, not 2" in wrong
    assert any(one.startswith("nothing.such does not load (ModuleNotFoundError") for one in wrong)
    assert len(wrong) == 3
    assert any(re.fullmatch(r"numpy is [\d.]+, not 0\.1", one) for one in wrong)


def test_check_looks_for_a_browser(monkeypatch):
    monkeypatch.setattr(webbrowser, "get", lambda: SimpleNamespace(name="/usr/bin/firefox"))
    assert check.browser() == (True, "A browser is there (firefox); it should be from the last two years.")

    def none():
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", none)
    assert not check.browser()[0]
    assert "install Firefox or Chrome" in check.browser()[1]


def test_check_looks_for_sound(tmp_path, monkeypatch):
    cards = tmp_path / "cards"
    cards.write_text(" 0 [PCH]: HDA-Intel\n")
    assert check.sound("Linux", cards)[0]
    cards.write_text("--- no soundcards ---\n")
    assert check.sound("Linux", cards) == check.sound("Linux", cards)
    assert not check.sound("Linux", cards)[0]
    assert "cannot be told" in check.sound("Darwin", cards)[1]
    assert "cannot be told" in check.sound("Linux", tmp_path / "none")[1]
    import ctypes

    for outputs in (0, 2):
        winmm = SimpleNamespace(waveOutGetNumDevs=lambda n=outputs: n)
        monkeypatch.setattr(ctypes, "windll", SimpleNamespace(winmm=winmm), raising=False)
        assert check.sound("Windows")[0] == bool(outputs)


def test_check_looks_for_a_port():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert not check.ports(range(port, port + 1))[0]
        well, sentence = check.ports([port, 0])
        assert well
        assert f"({port} is taken" in sentence


@pytest.mark.parametrize(
    ("ready", "free", "well"), [(None, 1.9, False), (None, 2.1, True), ("py", 0.2, False), ("py", 1, True)]
)
def test_check_looks_at_the_disk(ready, free, well, tmp_path, monkeypatch):
    monkeypatch.setattr(check.shutil, "disk_usage", lambda path: SimpleNamespace(free=free * 1e9))
    assert check.disk(tmp_path / "not" / "there", ready)[0] == well


def test_check_says_in_one_line_each_and_in_its_end_whether_all_is_well(monkeypatch, capsys):
    monkeypatch.setattr(check, "report", lambda: [(True, "One."), (True, "Two.")])
    assert check.main([]) == 0
    assert capsys.readouterr().out == "ok    One.\nok    Two.\n\nThis laptop is ready.\n"
    monkeypatch.setattr(check, "report", lambda: [(True, "One."), (False, "Two: do it.")])
    assert check.main([]) == 1
    assert capsys.readouterr().out == "ok    One.\nmend  Two: do it.\n\nNot ready yet: 1 of 2 to mend.\n"


def test_check_needs_nothing_but_python(tmp_path):
    text = (KIT / "check.py").read_text("utf-8")
    ast.parse(text, feature_version=(3, 7))
    path = tmp_path / "book" / "kit" / "check.py"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    done = subprocess.run([sys.executable, "-I", "-S", path], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert len(done.stdout.splitlines()) == 8
    assert "mend  The packages are not set up yet" in done.stdout


def test_the_tone_can_be_heard(tmp_path, monkeypatch):
    monkeypatch.setattr(check.tempfile, "mkdtemp", lambda: str(tmp_path))
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert check.main(["--tone"]) == 0
    assert opened == [(tmp_path / "tone.html").as_uri()]
    data = re.search('base64,([^"]*)', (tmp_path / "tone.html").read_text("utf-8"))[1]
    with wave.open(io.BytesIO(base64.b64decode(data))) as file:
        assert file.getnframes() / file.getframerate() == 2
        samples = memoryview(file.readframes(file.getnframes())).cast("h")
    assert 8000 < max(samples) < 12000
    assert 4 * 440 - 5 < sum((a < 0) != (b < 0) for a, b in pairwise(samples)) < 4 * 440 + 5


# ---- the stick


def test_markers_decide_what_a_laptop_needs():
    text = (ROOT / "requirements.txt").read_text("utf-8")
    wanted = stick.pins(text)
    assert len(wanted) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))
    assert all(pin.hashes for pin in wanted)
    names = {
        str(target): {pin.name for pin in stick.needed(target, wanted)}
        for target in (stick.Target("Windows", "AMD64", "3.11"), stick.Target("Linux", "x86_64", "3.14"))
    }
    windows, linux = names.values()
    assert {"colorama", "pywinpty", "overrides"} <= windows - linux
    assert {"pexpect", "audioop-lts"} <= linux - windows
    assert {"numpy", "jupyterlab", "setuptools"} <= linux & windows


@pytest.mark.parametrize(
    ("wheel", "laptops"),
    [
        ("thing-1.0-py3-none-any.whl", "all"),
        ("thing-1.0-cp312-cp312-win_amd64.whl", [("Windows", "AMD64", "3.12")]),
        ("thing-1.0-cp313-cp313-macosx_11_0_arm64.whl", [("Darwin", "arm64", "3.13")]),
        ("thing-1.0-cp313-cp313-macosx_14_0_arm64.whl", []),
        ("thing-1.0-cp39-abi3-manylinux_2_17_aarch64.manylinux2014_aarch64.whl", "Linux aarch64"),
        ("thing-1.0-cp314-cp314t-manylinux_2_28_x86_64.whl", []),
        ("thing-2.0-py3-none-any.whl", []),
    ],
)
def test_a_wheel_serves_the_laptops_that_can_install_it(wheel, laptops, tmp_path):
    (tmp_path / wheel).write_bytes(b"a wheel")
    pin = stick.Pin("thing", "1.0", "", frozenset([hashlib.sha256(b"a wheel").hexdigest()]))
    served = [target for target in stick.TARGETS if not stick.missing(target, [pin], tmp_path)]
    if laptops == "all":
        assert served == stick.TARGETS
    elif isinstance(laptops, str):
        assert served == [target for target in stick.TARGETS if str(target).startswith(laptops)]
    else:
        assert served == [stick.Target(*one) for one in laptops]
    damaged = stick.Pin("thing", "1.0", "", frozenset(["0" * 64]))
    assert stick.missing(stick.TARGETS[0], [damaged], tmp_path) == [damaged]


def test_a_laptop_without_wheels_gets_a_sentence(tmp_path):
    target = stick.Target("Darwin", "x86_64", "3.14")
    pin = stick.Pin("thing", "1.0", "", frozenset(["0" * 64]))
    pip = (sys.executable, "-c", "import sys; sys.exit('ERROR: No matching distribution found for thing==1.0')")
    assert stick.fetch(target, [pin], tmp_path, pip) == "Darwin x86_64, Python 3.14: no wheel of thing."


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Return a stick that has everything but wheels and the book; its name is hard to quote."""
    folder = tmp_path_factory.mktemp("sticks") / "A 'stick' & $HOME (1)"
    stick.copy_project(folder / "music-you-can-see")
    said = dict.fromkeys(stick.TARGETS, "")
    said |= {target: "no wheel" for target in said if (target.system, target.machine) == ("Darwin", "x86_64")}
    stick.copy_scripts(folder, said, book=False)
    (folder / "SHA256SUMS").write_text(stick.sums(folder), "utf-8")
    return folder


def test_the_stick_holds_the_project_its_music_and_the_chapters_without_answers(filled):
    there = filled / "music-you-can-see"
    for name in ("helpers/player.js", "data/groove.ogg", "data/tracks.json", "data/crowd/dub-2.ogg", "pyproject.toml"):
        assert (there / name).read_bytes() == (ROOT / name).read_bytes()
    for path in chapters.CHAPTERS:
        copy, own = chapters.read(there / "learner" / path.name), chapters.read(path)
        assert [cell.source for cell in copy.cells] == [cell.source for cell in own.cells]
        assert not any(cell.outputs for cell in chapters.cells(copy))
        assert (there / "notebooks" / path.name).read_bytes() == path.read_bytes()
    assert not list(there.rglob("__pycache__"))


def test_names_on_the_stick_do_on_every_file_system(filled):
    paths = [path.relative_to(filled).as_posix() for path in filled.rglob("*")]
    assert not [path for path in paths if re.search(r'[<>:"|?*\\]|[. ](/|$)', path)]
    assert len({path.lower() for path in paths}) == len(paths)


def test_the_first_page_says_for_which_laptops_it_is(filled):
    text = (filled / "START-HERE.html").read_text("utf-8")
    assert "Mac with an Intel chip, macOS 12 or newer: no packages exist; the book works" in text
    assert "Windows, Intel or AMD: Python 3.11, 3.12, 3.13, 3.14" in text
    assert "The book is not on this stick." in text
    assert "$" not in text
    assert len(json.loads((filled / "kit" / "laptops.json").read_text())) == 16


def test_the_sums_list_every_file(filled):
    lines = dict(line.split("  ")[::-1] for line in (filled / "SHA256SUMS").read_text("utf-8").splitlines())
    files = [path.relative_to(filled).as_posix() for path in filled.rglob("*") if path.is_file()]
    assert set(lines) == set(files) - {"SHA256SUMS"}
    assert lines["start.sh"] == hashlib.sha256((filled / "start.sh").read_bytes()).hexdigest()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize("name", ["start.sh", "start.command"])
def test_the_scripts_start_from_a_folder_with_any_name(name, filled, tmp_path):
    copy = tmp_path / filled.name
    (copy / "kit").mkdir(parents=True)
    (copy / "kit" / "start.py").write_text("import sys; print(sys.argv[1:])\n")
    (copy / name).write_bytes((filled / name).read_bytes())
    (copy / name).chmod((filled / name).stat().st_mode)
    done = subprocess.run([copy / name, "a b", "$HOME"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "['a b', '$HOME']\n", done.stderr


def test_the_script_for_windows_is_as_windows_wants_it(filled):
    text = (filled / "start.bat").read_bytes()
    assert text.count(b"\r\n") == text.count(b"\n") > 8
    assert re.findall(rb".?%~dp0[^ ]*", text) == [rb'"%~dp0kit\start.py"'] * 3
    assert text.isascii()


LAPTOPS = [["Linux", "x86_64", "3.12"], ["Windows", "AMD64", "3.11"], ["Windows", "AMD64", "3.13"]]


@pytest.mark.parametrize(
    ("system", "machine", "version", "sentence"),
    [
        ("Windows", "x64", (3, 13), ""),
        ("Linux", "x86_64", (3, 12), ""),
        (
            "Windows",
            "AMD64",
            (3, 12),
            "no packages for Python 3.12 on this laptop, but for Python 3.11, 3.13: install one",
        ),
        (
            "Darwin",
            "x86_64",
            (3, 12),
            "no packages for Darwin on x86_64, only for Linux on x86_64, Windows on AMD64. Open",
        ),
        ("Windows", "ARM64", (3, 13), "no packages for Windows on arm64"),
    ],
)
def test_a_laptop_is_told_whether_the_stick_is_for_it(system, machine, version, sentence):
    if not sentence:
        return start.supported(LAPTOPS, system, machine, version)
    with pytest.raises(start.Stopped, match=re.escape(sentence)):
        start.supported(LAPTOPS, system, machine, version)


def test_what_a_reader_changed_stays(filled, tmp_path):
    (tmp_path / "learner").mkdir()
    (tmp_path / "learner" / "01-waveform.ipynb").write_text("mine")
    start.copied(filled, tmp_path)
    assert (tmp_path / "learner" / "01-waveform.ipynb").read_text() == "mine"
    assert (tmp_path / "data" / "groove.ogg").exists()


def test_a_laptop_that_does_not_fit_is_left_alone(filled, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(start, "STICK", filled)
    monkeypatch.setattr(start.platform, "system", lambda: "Plan9")
    assert start.main([str(tmp_path / "home")]) == 1
    assert "no packages for Plan9" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()
    assert start.main(["--fits"]) == 1


def test_a_full_disk_is_told_before_anything_is_copied(filled, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(start, "STICK", filled)
    monkeypatch.setattr(start, "supported", lambda known: None)
    monkeypatch.setattr(check.shutil, "disk_usage", lambda path: SimpleNamespace(free=1e9))
    assert start.main([str(tmp_path / "home")]) == 1
    assert "Only 1.0 GB are free" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()
    assert start.main(["--fits"]) == 0
