"""Each chapter says what it teaches, sums it up, and asks questions with solutions."""

import functools
import re
from pathlib import Path

import pytest

from ddlib.book.notebooks import read_source
from ddlib.book.project import chapters, reading_order
from tests.shared.chromium import chromium

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
NOTEBOOKS = [f"notebooks/{name}" for name in chapters(ROOT)]
HAND_WRITTEN = ["book/privacy", "book/protocol"]
GOALS = re.compile(
    r"^```\{admonition\} In this chapter\n:class: goals\n"
    r"\*\*You learn\*\* .+?\n\n\*\*You need\*\* .+?\n```$",
    re.MULTILINE | re.DOTALL,
)
SUMMARY = re.compile(
    r"^## Summary\n\n```\{admonition\} What to take along\n:class: takeaway\n(?P<points>.+?)\n```$",
    re.MULTILINE | re.DOTALL,
)
EXERCISE = re.compile(r"^```\{exercise\} \S.*\n:label: (ex-[a-z-]+)\n", re.MULTILINE)
SOLUTION = re.compile(r"^```\{solution(?:-start)?\} (ex-[a-z-]+)$", re.MULTILINE)
RUN = re.compile(
    r"```\{solution-start\} ex-[a-z-]+\n```\s*<code>.*?```\{solution-end\}\n```", re.DOTALL
)
NO_PROSE = re.compile(r"\{[a-z:]+\}`[^`]*`|`[^`]*`|\$[^$]*\$")

each_chapter = pytest.mark.parametrize("name", [*NOTEBOOKS, *HAND_WRITTEN])
each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


@functools.cache
def text_of(name):
    """Return the prose of a chapter, with `<code>` where a cell stands."""
    if name in HAND_WRITTEN:
        return (ROOT / f"{name}.md").read_text(encoding="utf-8")
    cells = read_source(ROOT / f"{name}.py").cells
    return "\n\n".join(c.source if c.cell_type == "markdown" else "<code>" for c in cells)


@functools.cache
def html(name):
    from bs4 import BeautifulSoup

    return BeautifulSoup((SITE / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def test_the_notebooks_are_all_chapters_of_the_book():
    assert sorted(NOTEBOOKS) == sorted(f"notebooks/{name}" for name in reading_order(ROOT))


@each_chapter
def test_goals_stand_before_all_sections(name):
    (goals,) = GOALS.finditer(text_of(name))
    assert goals.end() < text_of(name).index("\n## ")


@each_chapter
def test_a_summary_box_of_a_few_points_follows_the_exercises(name):
    (summary,) = SUMMARY.finditer(text_of(name))
    assert text_of(name).rindex("{solution") < summary.start()
    points = re.findall(r"^- ", summary["points"], re.MULTILINE)
    assert 3 <= len(points) <= 5
    prose = NO_PROSE.sub("", summary["points"])
    assert not re.search(r"\d\.\d", prose), "a measured number is glued, not typed"
    assert not re.search(r"\b[Cc]laim\b.*\b(holds|fails)\b", prose), "rules judge, not prose"


@each_chapter
def test_each_exercise_has_a_solution(name):
    text = text_of(name)
    asked, solved = EXERCISE.findall(text), SOLUTION.findall(text)
    assert len(set(asked)) == len(asked) >= 2
    assert solved == asked, "each exercise has one solution, right below it"
    assert text.index("## Exercises") < text.index("{exercise}")
    assert text.count("```{exercise") == len(asked)


@each_notebook
def test_a_solution_runs_with_its_chapter(name):
    assert RUN.search(text_of(name))


@each_chapter
def test_words_lead_to_the_glossary(name):
    assert re.search(r"\{term\}`", text_of(name).partition("\n## Exercises")[0])


@each_notebook
def test_a_command_tries_other_parameters(name):
    assert f"make run NOTEBOOK={name}.py PARAMS=" in text_of(name)


def test_links_to_symbols_lead_to_the_page_of_notation():
    there = set(re.findall(r"\{#(symbol-[a-z-]+)\}", (ROOT / "book" / "notation.md").read_text()))
    asked = {
        place
        for name in [*NOTEBOOKS, *HAND_WRITTEN]
        for place in re.findall(r"\]\(#(symbol-[a-z-]+)\)", text_of(name))
    }
    assert len(asked) > 20
    assert asked <= there


@each_chapter
def test_on_the_page_solutions_are_folded_below_numbered_exercises(name):
    page = html(name)
    exercises, solutions = page.select(".admonition.exercise"), page.select("details.solution")
    assert len(exercises) == len(solutions) == len(EXERCISE.findall(text_of(name)))
    for exercise, solution in zip(exercises, solutions, strict=True):
        number = re.match(r"Exercise ([\d.]+)", exercise.select_one(".admonition-title").text)
        assert solution.summary.text == f"Solution to Exercise {number[1]}"
        assert not solution.has_attr("open")
        assert len(solution.get_text(strip=True)) > 100
    outputs = [solution for solution in solutions if solution.select(".cell_output")]
    assert outputs or name in HAND_WRITTEN


@each_chapter
def test_no_place_of_a_page_stands_twice(name):
    places = [element["id"] for element in html(name).select("article [id]")]
    assert len(places) == len(set(places))


@each_chapter
def test_links_that_are_symbols_are_named_in_words(name):
    links = html(name).select("article a.reference[href*='#symbol-']")
    named = [link.get("aria-label", "") for link in links]
    assert all(re.search("[a-z]{3}", words) and "\\" not in words for words in named), named


def test_the_keyboard_opens_a_solution_and_paper_shows_all():
    with chromium() as browser:
        page = browser.new_page()
        page.goto((SITE / "notebooks" / "formal_problem.html").as_uri(), wait_until="load")
        fold = page.locator("details.solution").first
        words = fold.locator("p").first
        assert not words.is_visible()
        fold.locator("summary").focus()
        page.keyboard.press("Enter")
        words.wait_for(state="visible")
        page.keyboard.press("Enter")
        words.wait_for(state="hidden")
        page.emulate_media(media="print")
        words.wait_for(state="visible")
