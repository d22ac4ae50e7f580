"""The landing page: its picture, counts and citations, and where five questions are answered."""

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook, new_output

from ddlib.book.landing import VERDICTS, best_methods, picture, raw_html, verdicts
from ddlib.book.report import RECORD
from ddlib.claims.claim import read_claims
from ddlib.distillers import DISTILLERS

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
PAGE = (ROOT / "book" / "introduction.md").read_text(encoding="utf-8")
PLAYBACK = '<svg class="playback"><path d="M0 0"/></svg>'


def chapter(folder, *drawn):
    outputs = [new_output("display_data", {"image/svg+xml": svg}) for svg in drawn]
    path = folder / "x.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(outputs=[o]) for o in outputs]), path)
    return path


def test_the_picture_is_the_run_that_the_chapter_shows(tmp_path):
    shown = BeautifulSoup(picture(chapter(tmp_path, "<svg></svg>", PLAYBACK)), "html.parser")
    assert str(shown.select_one("svg")) == str(BeautifulSoup(PLAYBACK, "html.parser").svg)
    assert shown.select_one("button[type=button]").get_text() == "Play again"


def test_a_chapter_that_shows_no_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="shows no run at work"):
        picture(chapter(tmp_path, "<svg></svg>"))


def gluing(folder, values):
    """An executed chapter that glues some values."""
    glued = [
        new_output("display_data", {RECORD: repr(value)}, metadata={"scrapbook": {"name": name}})
        for name, value in values.items()
    ]
    path = folder / "y.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(outputs=glued)]), path)
    return path


FIRSTS = {
    "firsts_lines": 9,
    "firsts_told": 2,
    "firsts_system": 5,
    "everywhere_name": "one",
    "everywhere_first": 4,
    "otherwise_name": "another",
    "otherwise_first": 3,
    "untold_name": "a third",
    "untold_first": 1,
}


def test_the_best_methods_are_those_that_the_benchmark_found(tmp_path):
    told = " ".join(best_methods(gluing(tmp_path, FIRSTS)).split())
    assert "on each of 9 tasks. It is told apart from the second on 2 of them" in told
    assert (
        "all 5 tasks of a linear system, *one* is the best on 4, and of the rest *another*" in told
    )
    assert "*another* on 3." in told
    assert "nor criterion, *a third* is the best on 1." in told


def test_a_benchmark_that_does_not_say_which_method_is_first_is_refused(tmp_path):
    kept = {name: value for name, value in FIRSTS.items() if name != "untold_name"}
    with pytest.raises(ValueError, match="untold_name: glued by no cell"):
        best_methods(gluing(tmp_path, kept))


def test_the_built_page_names_a_best_method_of_the_library():
    page = BeautifulSoup((SITE / "book" / "introduction.html").read_text("utf-8"), "html.parser")
    section = page.find(id="method-of-each-task").find_parent("section")
    named = [name.get_text() for name in section.select("em")]
    assert [name for name in named if name in DISTILLERS]


def test_claims_are_counted_by_their_verdicts_in_words_that_fit_the_number():
    words = ["fails", "holds", "fails", "cannot be tested"]
    judged = {str(k): SimpleNamespace(verdict=word) for k, word in enumerate(words)}
    shown = BeautifulSoup(raw_html(verdicts(judged)), "html.parser")
    texts = [item.get_text() for item in shown.select("li")]
    assert texts == ["1 holds", "2 fail", "1 cannot be tested"]
    assert shown.a.get_text() == "Of the paper’s 4 statements:"


def test_every_verdict_of_the_stored_rows_is_counted_on_the_built_page():
    table = (ROOT / "_build" / "claims.md").read_text(encoding="utf-8")
    counted = Counter(re.findall(r"\| \*\*(.+?)\*\*", table))
    assert counted.keys() <= VERDICTS.keys()
    page = BeautifulSoup((SITE / "book" / "introduction.html").read_text("utf-8"), "html.parser")
    shown = [int(item.b.get_text()) for item in page.select(".verdicts li")]
    assert shown == [counted[verdict] for verdict in VERDICTS if counted[verdict]]
    assert sum(shown) == len(read_claims())


def bibtex(text, kind):
    """The fields of the first entry of a kind, blanks and braces apart."""
    entry = re.search(rf"@{kind}\{{.*?\n\}}", text, re.DOTALL)[0]
    fields = re.findall(r"(\w+)\s*=\s*\{(.*?)\}(?=,?\n)", entry, re.DOTALL)
    return {name: " ".join(value.strip("{}").split()) for name, value in fields}


def test_the_citations_are_those_of_the_bibliography_and_of_the_citation_file():
    known = bibtex((ROOT / "book" / "references.bib").read_text("utf-8"), "article")
    paper, book = bibtex(PAGE, "article"), bibtex(PAGE, "software")
    assert {name: paper[name] for name in known} == known
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert (book["title"], book["version"]) == (cited["title"], cited["version"])
    assert paper["title"] == cited["preferred-citation"]["title"]
    assert paper["doi"] == cited["preferred-citation"]["doi"]
    for form in ("arxiv.org/abs/2409.01410", f"doi.org/{paper['doi']}"):
        assert f"https://{form}" in PAGE


QUESTIONS = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Five questions")[2]
PLACES = re.findall(r"`(book/introduction|notebooks/claims)\.html(?:#([\w-]+))?`", QUESTIONS)


def test_there_are_five_questions_each_with_places_of_its_answer():
    rows = re.findall(r"^\| \d \| (.+?) \| (.+?) \|$", QUESTIONS, re.MULTILINE)
    assert len(rows) == 5
    assert all(PLACES)
    assert all("html" in places for _, places in rows)


@pytest.mark.parametrize(("page", "anchor"), PLACES)
def test_the_places_of_the_answers_are_there(page, anchor):
    built = BeautifulSoup((SITE / f"{page}.html").read_text("utf-8"), "html.parser")
    assert not anchor or built.find(id=anchor)


def test_the_picture_and_the_doors_stand_on_the_built_page():
    page = BeautifulSoup((SITE / "book" / "introduction.html").read_text("utf-8"), "html.parser")
    assert page.select_one(".at-work svg.playback")["aria-label"]
    assert [card.get_text(strip=True) for card in page.select(".doors .sd-card-title")] == [
        "Read",
        "Run",
        "Use on your own data",
    ]
