"""The pages of the book as they are built: words, headings, links, weight; on a phone, by keyboard, in the dark."""

import re
import sys
from functools import cache
from html import unescape
from itertools import pairwise, product
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import chapters
import lab
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

sys.path.insert(0, str(Path(__file__).parent.parent / "book"))
import pages

pytest_plugins = ["book"]

STEMS = [path.stem for path in chapters.CHAPTERS]
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def html(book):
    return book / "html"


@cache
def parsed(path):
    """Parse a page once."""
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def every(html):
    """Return all pages that the theme frames, parsed."""
    found = {path.relative_to(html).as_posix(): parsed(path) for path in sorted(html.rglob("*.html"))}
    return {name: page for name, page in found.items() if page.select_one(".sidebar-drawer")}


def article(page):
    """Return the part of a page that is read."""
    return page.select_one("article[role=main]")


def loaded(page, path):
    """Return the files that a page loads by itself."""
    named = [tag.get("src") for tag in page.select("img, script")]
    named += [tag.get("href") for tag in page.select("link[rel=stylesheet], link[rel=icon]")]
    return {(path.parent / urlsplit(name).path).resolve() for name in named if name}


def test_every_chapter_is_a_page(html):
    assert {f"{stem}.html" for stem in STEMS} | {"index.html", "glossary.html", "run.html"} <= set(every(html))


@pytest.mark.parametrize("path", chapters.CHAPTERS, ids=lambda path: path.stem)
def test_every_picture_keeps_its_words(path, html):
    stored = [still.alt for cell in chapters.cells(chapters.read(path)) for still in chapters.stills(cell)]
    shown = article(parsed(html / f"{path.stem}.html")).select("img")
    assert [picture["alt"] for picture in shown] == stored


@pytest.mark.parametrize("path", chapters.CHAPTERS, ids=lambda path: path.stem)
def test_what_plays_and_moves_has_its_place(path, html):
    page = parsed(html / f"{path.stem}.html")
    places = [place["data-live"] for place in page.select(".mycs-live")]
    calls = r"^(?:play|explore)\(|^game$"
    cells = [cell for cell in chapters.cells(chapters.read(path)) if re.search(calls, cell.source, re.M)]
    assert places == [f"{path.stem}/{cell.id}-0" for cell in cells if cell.outputs]
    assert all(place.select_one("img") for place in page.select(".mycs-live"))


def test_no_picture_is_without_words_or_size(html):
    pictures = [(name, picture) for name, page in every(html).items() for picture in page.select("img")]
    assert [name for name, picture in pictures if not picture.get("alt", "").strip()] == []
    assert [name for name, picture in pictures if not picture.get("width") or not picture.get("height")] == []


def test_headings_are_in_order(html):
    for name, page in every(html).items():
        assert page.html["lang"] == "en"
        levels = [int(heading.name[1]) for heading in article(page).find_all(re.compile("^h[1-6]$"))]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in pairwise(levels)), name


def test_every_link_inside_the_book_leads_somewhere(html):
    missing = []
    for path in sorted(html.rglob("*.html")):
        for tag in parsed(path).select("a[href], link[href], script[src], img[src], use[href]"):
            link, anchor = urldefrag(tag.get("href") or tag.get("src"))
            if urlsplit(link).scheme:
                continue
            there = (path.parent / unquote(urlsplit(link).path)).resolve() if link else path
            if not there.is_file() or html.resolve() not in there.resolve().parents:
                missing.append((path.name, link))
            elif anchor and there.suffix == ".html" and not parsed(there).find(id=unquote(anchor)):
                missing.append((path.name, f"{link}#{anchor}"))
    assert missing == []


def test_nothing_comes_from_the_network(html):
    for name, page in every(html).items():
        named = page.select("[src], link[rel=stylesheet], link[rel=preload], link[rel=icon]")
        assert [tag for tag in named if "//" in (tag.get("src") or tag.get("href"))] == [], name
        assert not page.select("iframe, object, embed")
    for style in html.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(?:https?:)?//|@import", style.read_text("utf-8")), style.name


def test_every_page_says_how_long_it_takes_and_what_comes_next(html):
    framed = every(html)
    for name, page in framed.items():
        if name not in ("index.html", "search.html"):
            assert re.search(r"About \d+ minutes?( to read)?\.", article(page).get_text()), name
            assert page.select_one(".prev-page")
    along, name = [], "index.html"
    while name not in along:
        along.append(name)
        following = framed[name].select_one(".next-page")
        name = urlsplit(following["href"]).path.rpartition("/")[2] if following and "/" not in name else name
    assert along[: len(STEMS) + 1] == ["index.html", *(f"{stem}.html" for stem in STEMS)]


def test_a_shared_link_shows_the_picture_and_what_the_page_is_about(html):
    descriptions = []
    for name, page in every(html).items():
        if name == "search.html":
            continue
        said = {tag["property"]: tag["content"] for tag in page.select("meta[property^=og]")}
        heading = article(page).h1.get_text().removesuffix("#").removesuffix("¶").strip()
        assert said["og:title"] == heading, name
        assert (html / name).parent.joinpath(said["og:image"]).is_file()
        assert said["og:image:alt"]
        assert 30 <= len(said["og:description"]) <= 300, name
        assert not re.search(r"[`*\[\]$]", said["og:description"]), name
        descriptions.append(said["og:description"])
    assert len(set(descriptions)) == len(descriptions)


def test_what_a_picture_is_called_from_elsewhere():
    assert pages.address("_static/a.png", "teach/index", "") == "../_static/a.png"
    assert pages.address("_static/a.png", "teach/index", "https://example.org/book/") == (
        "https://example.org/book/_static/a.png"
    )


@pytest.mark.parametrize("path", chapters.CHAPTERS, ids=lambda path: path.stem)
def test_exercises_have_a_hint_and_a_solution(path, html):
    page = article(parsed(html / f"{path.stem}.html"))
    exercises = chapters.cells(chapters.read(path), tag="exercise")
    hints = [unescape(fold.p.get_text()) for fold in page.select(".exercise details")]
    assert [text.replace("`", "") for text in map(pages.hint, (cell.source for cell in exercises))] == hints
    solutions = [fold for fold in page.select("details") if fold.summary.get_text() == "A solution"]
    assert len(solutions) == len(exercises)
    assert all(fold.select_one("pre") for fold in solutions)
    assert "Not answered yet" not in page.get_text()
    assert page.select_one('.admonition a[href="run.html"]')


def test_a_question_needs_no_script(html):
    page = article(parsed(html / "00-start-here.html"))
    question = page.select_one("fieldset")
    assert len(question.select("label input[type=radio]")) == 3
    assert "3.16 ms" in question.find_next("details").get_text()
    assert not question.find_parent("form")


def test_the_first_page_shows_every_chapter_and_a_picture_that_plays(html):
    page = article(parsed(html / "index.html"))
    assert [link["href"] for link in page.select("ul.chapters a")] == [f"{stem}.html" for stem in STEMS]
    assert page.select_one(".mycs-live")["data-live"].startswith(STEMS[0])
    assert [term.get_text() for term in page.select("dt")] == ["When?", "What?", "Where?", "How?"]


def test_weight(html):
    """A page is at most 3 MB without its sound, the book 60 MB."""
    files = [path for path in html.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 60 * MEGABYTE
    for name, page in every(html).items():
        path = html / name
        parts = {path.resolve(), *loaded(page, path)}
        for place in page.select(".mycs-live"):
            stem, cell = place["data-live"].split("/")
            parts |= set((html / "_static" / "live" / stem).glob(f"{cell}.js"))
        assert sum(part.stat().st_size for part in parts) < 3 * MEGABYTE, name


@pytest.fixture(scope="module")
def page(html):
    with lab.browser(lab.required(lab.chromium, "Chromium or Chrome")) as browser:
        page = browser.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        yield page
        assert [url for url in page.asked if not url.startswith((html.as_uri(), "data:", "blob:"))] == []


def test_search_works_from_a_disk(page, html):
    page.goto((html / "index.html").as_uri())
    page.fill("input[name=q]", "hilbert")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results a >> text=Follow a curve")


def test_the_keys_reach_everything_on_a_phone(page, html):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto((html / "01-waveform.html").as_uri())
    at = "document.activeElement"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{at}.textContent").strip() == "Skip to content"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{at}.ariaLabel") == "All chapters"
    first = page.locator(".sidebar-drawer a").first
    for key, visible in (("Space", True), ("Enter", False)):
        page.keyboard.press(key)
        first.wait_for(state="visible" if visible else "hidden")
        assert page.evaluate(f"{at}.ariaExpanded") == str(visible).lower()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(f"!!{at}.closest('article')")
    wide = page.locator("article pre[tabindex='0']")
    assert wide.count()
    assert wide.evaluate_all("(lines) => lines.every((one) => one.scrollWidth > one.clientWidth)")


def test_answers_are_checked_on_the_page(page, html):
    page.goto((html / "01-waveform.html").as_uri())
    form = page.locator("form.answer")
    for typed, said in [
        ("", "Not answered yet."),
        ("6,500", "Not yet."),
        ("two", "A number was expected, such as 12.5."),
    ]:
        form.get_by_label("Your answer").fill(typed)
        page.keyboard.press("Enter")
        assert form.locator("output").inner_text() == said
    form.get_by_label("Your answer").fill("1500.0")
    form.get_by_role("button").click()
    assert form.locator("output").inner_text() == "Right."
    page.goto((html / "02-amplitude-histogram.html").as_uri())
    page.get_by_label("Your answer").select_option("A")
    form.get_by_role("button").press("Space")
    assert page.locator("form.answer output").inner_text() == "Right."


def test_without_scripts_no_answer_is_asked_for(html):
    forms = [form for page in every(html).values() for form in page.select("form.answer")]
    assert len(forms) == len(pages.ANSWERS) >= 12
    assert all(form.has_attr("hidden") for form in forms)


# Of each kind of word in code one a page is enough to look at. Colours must not be on their way to others.
ONCE = """() => {
    const still = Object.assign(document.createElement("style"), { textContent: "* { transition: none !important; }" });
    document.head.append(still);
    for (const fold of document.querySelectorAll("article details")) fold.open = true;
    const seen = new Set();
    for (const word of document.querySelectorAll("pre span[class]")) {
        if (seen.has(word.className)) word.replaceWith(word.textContent);
        seen.add(word.className);
    }
}"""


@pytest.mark.parametrize("stem", ["index", *STEMS, "glossary", "run", "search"])
def test_axe_finds_nothing(page, html, stem):
    page.goto((html / f"{stem}.html").as_uri())
    page.evaluate(ONCE)
    for theme, width in product(("light", "dark"), (1280, 390)):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]
        assert [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]] == [], (theme, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_workflow_uses_nothing_that_can_change():
    workflow = yaml.safe_load((pages.ROOT / ".github" / "workflows" / "book.yml").read_text("utf-8"))
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action)] == []
