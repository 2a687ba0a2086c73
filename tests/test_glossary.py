"""The words in italics and the glossary agree."""

import re
from pathlib import Path

import chapters

TEXT = {
    path.name: re.sub(r"\s+", " ", "\n".join(cell.source for cell in chapters.cells(chapters.read(path), "markdown")))
    for path in chapters.CHAPTERS
}
TERMS = re.findall(
    r"^\| ([^|]+) \| ([^|]+) \| \[[^]]+\]\(([^)]+)\) \|$", (chapters.NOTEBOOKS / "glossary.md").read_text(), re.M
)
# Words in italics that are no terms: a phrase begins small and has no mark that ends a sentence or a title.
ITALIC = re.compile(r"(?<![*\w\\])\*([a-zΔ][^*?.!:;,]{1,30})\*(?![*\w])")


def body(name: str) -> str:
    """Return a chapter without its list of works, whose titles are in italics."""
    return TEXT[name].split("## Further reading")[0]


def test_every_term_of_the_glossary_is_introduced_where_it_says():
    assert len(TERMS) > 50
    for term, meaning, name in TERMS:
        assert f"*{term}*" in body(name), term
        assert meaning.endswith("."), term
        earlier = [other for other in sorted(TEXT) if other < name and f"*{term}*" in body(other)]
        assert earlier == [], term


def test_every_word_in_italics_is_in_the_glossary():
    known = {term for term, *_ in TERMS}
    assert {(term, name) for name in TEXT for term in ITALIC.findall(body(name)) if term not in known} == set()


def test_terms_are_in_order_and_once():
    names = [term for term, *_ in TERMS]
    assert len(names) == len(set(names))
    assert names == sorted(names, key=lambda term: (term.lower().lstrip("δ"), term))


def test_the_glossary_has_no_table_row_without_a_chapter():
    assert len(TERMS) == (chapters.NOTEBOOKS / "glossary.md").read_text().count("\n|") - 2
    assert all(Path(chapters.NOTEBOOKS / name).exists() for *_, name in TERMS)
