"""The card of a claim says what the verdict says, and how to ask again."""

import re

import pytest

from ddlib.claims.cards import LOOKS, card_markdown
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
        reading(name="up", text="one less two."),
        reading(name="down", text="two less one.", **turned),
        reading(name="aside", text="two less one again.", beside=True, **turned),
    )
    return judge({"lead": several}, store=planted.store)["lead"]


def test_the_card_has_the_verdict_and_that_of_each_reading(judged):
    text = card_markdown("lead", judged)
    first, *_ = re.findall(r"^\*\*(.+?)\*\*", text, re.MULTILINE)
    assert first == judged.verdict == PART
    assert re.findall(r"^- \*(\w+)\*( \(beside the claim\))?\. .* \*\*(.+?)\*\*", text, re.M) == [
        ("up", "", HOLDS),
        ("down", "", FAILS),
        ("aside", " (beside the claim)", FAILS),
    ]
    assert f"claim-card {LOOKS[PART]}\n" in text


def test_reasons_and_commands_are_behind_the_fold(judged):
    shown, folded = card_markdown("lead", judged).split("{dropdown}")
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


def test_every_claim_has_a_card_whose_fences_close():
    for name, one in judge(read_claims(), store=Store.at(None)).items():
        fences = re.findall(r"^(`{3,})", card_markdown(name, one), re.MULTILINE)
        assert fences == ["`" * 5, "`" * 4, "`" * 4, "`" * 5]
