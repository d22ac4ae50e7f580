"""The card of a claim says what the verdict says, and how to ask again."""

import re

import pytest

from ddlib.claims.cards import LOOKS, reasons_markdown, verdict_markdown
from ddlib.claims.claim import read_claims
from ddlib.claims.judged import FAILS, HOLDS, PART
from ddlib.claims.verdict import judge
from ddlib.runs.store import Store
from tests.shared.small_claims import SEEDS, claim, reading, term


@pytest.fixture
def judged(planted):
    """One claim of three readings: all above, all below, and all below but beside the claim."""
    planted.plant("one", lambda config: {"value": [1.0]}, seeds=SEEDS)
    planted.plant("two", lambda config: {"value": [0.0]}, seeds=SEEDS)
    turned = {"plus": (term("two"),), "minus": (term("one"),)}
    several = claim(
        reading(name="up", text="one less two.", shows="One leads"),
        reading(name="down", text="two less one.", **turned),
        reading(name="aside", text="two less one again.", beside=True, **turned),
        data_sets="networks",
    )
    return judge({"lead": several}, store=planted.store)["lead"]


def test_the_card_has_the_verdict_and_the_fold_that_of_each_reading(judged):
    card = verdict_markdown(judged)
    first, *_ = re.findall(r"^\*\*(.+?)\*\*", card, re.MULTILINE)
    assert first == judged.verdict == PART
    assert f"claim-card {LOOKS[PART]}\n" in card
    found = re.findall(
        r"^- \*(\w+)\*( \(beside the claim\))?\. .* \*\*(.+?)\*\*",
        reasons_markdown("lead", judged),
        re.MULTILINE,
    )
    assert found == [
        ("up", "", HOLDS),
        ("down", "", FAILS),
        ("aside", " (beside the claim)", FAILS),
    ]


def test_the_card_says_on_how_many_data_sets_in_plain_sentences(judged):
    assert "\nOne leads on 20 of 20 networks.\n" in verdict_markdown(judged)


def test_reasons_and_commands_are_behind_the_fold(judged):
    shown, folded = verdict_markdown(judged), reasons_markdown("lead", judged)
    for words in (
        "It must.",
        "Two leads.",
        "{doc}`/notebooks/tasks`",
        "ddlib claim lead --recompute",
    ):
        assert words in folded
        assert words not in shown
    assert "grids/one.yml" in folded
    assert "grids/two.yml" in folded


def test_evidence_outside_the_chapter_is_linked_with_the_name_of_its_reading(planted):
    planted.plant("one", lambda config: {"value": [1.0]}, seeds=SEEDS)
    planted.plant("two", lambda config: {"value": [0.0]}, seeds=SEEDS)
    several = claim(reading(name="here"), reading(name="there", evidence="some-section"))
    judged = judge({"lead": several}, store=planted.store)["lead"]
    folded = reasons_markdown("lead", judged)
    assert "{doc}`/notebooks/tasks`, {ref}`some-section` (there); `grids/" in folded


def test_every_claim_has_a_card_and_a_fold_whose_fences_close():
    for name, one in judge(read_claims(), store=Store.at(None)).items():
        for text in (verdict_markdown(one), reasons_markdown(name, one)):
            assert re.findall(r"^(`{3,})", text, re.MULTILINE) == ["`" * 4, "`" * 4]
