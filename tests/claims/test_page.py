"""The page of claims, the file, the store and the chapters say the same."""

import re
from pathlib import Path

import pytest

from ddlib.claims.claim import read_claims
from ddlib.claims.judged import FAILS, HOLDS, OPEN, PART, SETTING, UNTESTABLE
from ddlib.claims.tables import summary_markdown
from ddlib.claims.verdict import judge
from ddlib.runs.store import Store

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "notebooks" / "claims.py").read_text(encoding="utf-8")
CHAPTERS = [
    path
    for path in sorted([*ROOT.glob("notebooks/*.py"), *ROOT.glob("book/*.md"), ROOT / "README.md"])
    if path.name != "claims.py"
]
# A sentence that says of a claim what came out, other than by a number that is glued.
TYPED = re.compile(
    r"\bclaims?\b[^.:]{0,120}\b(holds|fails|is confirmed|is refuted|is (not )?true)\b",
    re.IGNORECASE,
)


def test_the_page_has_a_card_of_each_claim_in_the_order_of_the_file():
    names = list(read_claims())
    assert re.findall(r"^# \(claim-([\w-]+)\)=$", PAGE, re.MULTILINE) == names
    assert re.findall(r'^card\("([\w-]+)"\)$', PAGE, re.MULTILINE) == names
    assert re.findall(r'^reasons\("([\w-]+)"\)$', PAGE, re.MULTILINE) == names


def test_the_figure_of_a_claim_stands_between_its_card_and_its_reasons():
    places = re.findall(r'^(card|fig = draw|reasons)\("([\w-]+)"\)$', PAGE, re.MULTILINE)
    order = ["card", "fig = draw", "reasons"]
    for name, claim in read_claims().items():
        found = [kind for kind, of in places if of == name]
        assert found == (order if claim.kind == "tested" else ["card", "reasons"])


def test_the_page_draws_each_claim_that_is_tested():
    tested = [name for name, claim in read_claims().items() if claim.kind == "tested"]
    assert re.findall(r'^fig = draw\("([\w-]+)"\)$', PAGE, re.MULTILINE) == tested


def test_each_reading_says_how_many_settings_it_has():
    readings = [one for claim in read_claims().values() for one in claim.readings]
    assert all(one.settings for one in readings)


def test_each_tested_claim_says_in_plain_words_what_its_counts_are_of():
    for name, claim in read_claims().items():
        for one in claim.readings:
            told = one.tally if claim.rule == "any" else one.shows
            assert one.beside or told, (name, one.name)


def prose_of(path):
    """Return the prose of a page on one line, without what is glued or quoted."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix == ".py":
        lines = [line.removeprefix("#") for line in lines if line.startswith("#")]
    return re.sub(r"\{glue:text\}`[^`]*`|\"[^\"]*\"|\s+", " ", " ".join(lines))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.name)
def test_no_chapter_types_a_verdict_on_a_claim(path):
    assert not TYPED.search(prose_of(path))


def test_a_typed_verdict_is_found():
    assert TYPED.search("The caption's claim fails for the algorithm, and holds elsewhere.")
    assert TYPED.search("So the claim, at ten rows, is confirmed")
    assert not TYPED.search("The claim is asked in four settings. A set fails to converge.")


@pytest.fixture(scope="module")
def judged():
    return judge(read_claims(), store=Store.at(None))


def test_every_verdict_is_computed_from_at_least_20_data_sets(judged):
    assert {one.verdict for one in judged.values()} <= {
        HOLDS, PART, FAILS, OPEN, SETTING, UNTESTABLE,
    }  # fmt: skip
    settings = [s for one in judged.values() for r in one.readings for s in r.settings]
    assert settings
    assert all(setting.seeds >= 20 for setting in settings)


def test_the_landing_page_has_what_the_store_says(judged):
    table = ROOT / "_build" / "claims.md"
    assert "{include} claims_table.md" in (ROOT / "book" / "introduction.md").read_text("utf-8")
    assert table.read_text(encoding="utf-8") == summary_markdown(judged)
