"""What a verdict hides: a lead that is too small for a factor, and how many settings are enough."""

import math

import numpy as np
import pytest

from ddlib.claims.claim import read_claims
from ddlib.claims.judged import FAILS, HOLDS, OPEN, PART, JudgedReading, Setting
from ddlib.claims.tables import summary_markdown
from ddlib.claims.verdict import judge, judge_by
from ddlib.runs.store import Store
from tests.shared.small_claims import claim, reading, series

TWICE = math.log(2)


def leads(size, of=20):
    """Return differences that all have one size, up to a little."""
    return series([size + 0.001 * k for k in range(of)])


def judged_of(*readings, evidence, **settings):
    """Return the claim `c` of these readings with made-up evidence."""
    several = {("c", one.name): evidence[one.name] for one in readings}
    return judge_by(several, {"c": claim(*readings, **settings)})["c"]


def test_a_claim_that_fails_at_its_factor_says_where_there_is_a_lead():
    """In one setting each: three times, half more, the same up to a sign, half as likely."""
    sizes = {"much": math.log(3), "some": math.log(1.5), "less": -math.log(2)}
    even = {"even": series([0.1] * 10 + [-0.1] * 10)}
    evidence = {"first": {name: leads(size) for name, size in sizes.items()} | even}
    one = judged_of(reading(threshold=TWICE), evidence=evidence)
    assert one.verdict == PART
    assert one.condition == (
        "much; at the factor 2; better (factor 1) in 2 of 4 settings: first (much; some)"
    )
    assert [s.word for s in one.readings[0].settings] == [HOLDS, FAILS, FAILS, FAILS]
    assert [s.word for s in one.readings[0].leads] == [HOLDS, HOLDS, FAILS, OPEN]
    assert [s.passed for s in one.readings[0].leads] == [20, 20, 0, 10]


@pytest.mark.parametrize("threshold", [0.0, -math.log(1.1)])
def test_a_claim_that_asks_for_any_lead_or_for_less_has_no_factor(threshold):
    one = judged_of(reading(threshold=threshold), evidence={"first": {"s": leads(0.5)}})
    assert (one.verdict, one.condition, one.claim.factor) == (HOLDS, "", None)
    assert not one.readings[0].leads


def test_without_a_lead_the_count_is_nought_and_readings_beside_do_not_count():
    aside = reading(name="aside", threshold=TWICE, beside=True)
    evidence = {"first": {"s": leads(-1)}, "aside": {"s": leads(0.3)}}
    one = judged_of(reading(threshold=TWICE), aside, evidence=evidence)
    assert one.verdict == FAILS
    assert one.condition == "at the factor 2; better (factor 1) in 0 of 1 settings"
    assert one.readings[1].lead == "all settings"


@pytest.mark.parametrize(("side", "threshold"), [("above", 1.5), ("below", 1 / 1.5)])
def test_a_ratio_has_its_factor_too(side, threshold):
    one = reading(statistic="ratio", side=side, threshold=threshold)
    assert one.factor == pytest.approx(1.5)
    assert one.with_factor(1).threshold == 1
    sign = 1 if side == "above" else -1
    found = judged_of(one, evidence={"first": {"s": sign * leads(math.log(1.2))}})
    assert (found.verdict, found.readings[0].lead) == (FAILS, "all settings")


def test_another_factor_gives_the_threshold_of_that_factor():
    assert reading(threshold=TWICE).with_factor(3).threshold == pytest.approx(np.log(3))


def test_other_verdicts_do_not_depend_on_whether_leads_are_asked_for():
    claims = {"c": claim(reading(threshold=TWICE)), "d": claim(reading())}
    evidence = {("c", "first"): {"s": leads(0.3)}, ("d", "first"): {"s": leads(0.3)}}
    both = judge_by(evidence, claims)
    assert (both["c"].verdict, both["d"].verdict) == (FAILS, HOLDS)
    assert not both["d"].readings[0].leads


def test_a_claim_that_asks_for_any_setting_counts_what_is_enough():
    evidence = {
        "strengths": {"a": leads(1), "b": leads(-1), "c": leads(2)},
        "limits": {"a": leads(-1), "b": leads(1), "c": leads(-1)},
    }
    readings = [
        reading(name="strengths", tally="methods have a strength"),
        reading(name="limits", tally="a limit"),
    ]
    one = judged_of(*readings, evidence=evidence, rule="any")
    told = "2 of 3 methods have a strength, 1 of 3 a limit"
    assert (one.verdict, one.condition) == (HOLDS, told)
    assert f"| **holds**: {told} |" in summary_markdown({"c": one})


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"s": leads(1)}, "**holds** (of 1 setting, 1 true)"),
        (
            {"s": leads(1), "t": leads(-1)},
            "**holds in part** (of 2 settings, 1 true, 1 not true): s",
        ),
        (
            {f"s{k}": leads(1) for k in range(5)} | {"t": series([1, -1] * 10)},
            "**holds in part**: of 6 settings, 5 true, 1 not told apart",
        ),
    ],
)
def test_the_table_counts_the_settings_of_each_word(settings, told):
    one = judged_of(reading(), evidence={"first": settings})
    assert f"| {told} |" in summary_markdown({"c": one})


def test_sentences_give_the_range_over_settings_and_say_where_ties_are():
    evidence = {"first": {"s": leads(1), "t": series([1] * 15 + [0] * 5)}}
    one = judged_of(reading(shows="It is better"), evidence=evidence, data_sets="systems")
    assert one.sentences == (
        "It is better on 15 to 20 of 20 systems, over 2 settings. Ties are on neither side."
    )


def test_every_claim_of_the_paper_that_asks_for_a_factor_says_where_there_is_a_lead():
    claims = read_claims()
    judged = judge(claims, store=Store.at(None))
    asking = [name for name, one in claims.items() if one.factor]
    assert asking
    for name in asking:
        factor = claims[name].factor
        assert f"at the factor {factor:g}; better (factor 1) in " in judged[name].condition


def test_settings_that_differ_in_a_number_alone_share_their_name():
    labels = ["rows 10", "rows 20", "rows 50", "the rest"]
    words = [HOLDS] * 3 + [OPEN]
    found = [
        Setting(label, 1.0, 0.5, 1.5, 20, 20, 0, word)
        for label, word in zip(labels, words, strict=True)
    ]
    told = JudgedReading(reading(), tuple(found), PART).condition
    assert told == "rows 10, 20 and 50"
