"""Verdicts follow from words, by truth tables; tables say what was found and where it holds."""

import pandas as pd
import pytest

from ddlib.claims.evidence import EvidenceError
from ddlib.claims.judged import FAILS, HOLDS, OPEN, PART, SETTING, UNTESTABLE
from ddlib.claims.tables import settings, summary, summary_markdown
from ddlib.claims.verdict import claim_verdict, judge, reading_verdict
from tests.shared.small_claims import claim, reading, term, wins

WORD = {"+": HOLDS, "-": FAILS, "0": OPEN, "p": PART}


@pytest.fixture
def judged(monkeypatch):
    """Judge claims whose first term has the name of made-up differences in place of a grid's."""

    def call(tables, **claims):
        def made_up(plus, minus, *, logarithm, store):
            several = tables[plus[0].grids[0]]
            parts = [pd.DataFrame({"n": n, "seed": values.index, "value": values.to_numpy()})
                     for n, values in several.items()]  # fmt: skip
            return pd.concat(parts)

        monkeypatch.setattr("ddlib.claims.verdict.differences", made_up)
        return judge(claims, store=None)

    return call


def named(name, **more):
    return reading(name=name, plus=(term(name),), **more)


# Rules


@pytest.mark.parametrize(
    ("rule", "table"),
    [
        ("all", "+ +, - -, 0 0, ++ +, +- p, +0 p, -- -, -0 -, 00 0, +-0 p"),
        ("any", "+ +, - -, 0 0, ++ +, +- +, +0 +, -- -, -0 0, 00 0, +-0 +"),
        ("some", "+ -, - -, 0 0, ++ -, +- +, +0 0, -- -, -0 0, 00 0, +-0 +"),
    ],
)
def test_the_verdict_of_a_reading_follows_from_the_words_of_its_settings(rule, table):
    for row in table.split(", "):
        several, verdict = row.split()
        for order in (several, several[::-1]):
            assert reading_verdict([WORD[one] for one in order], rule) == WORD[verdict], row


def test_the_verdict_of_a_claim_follows_from_those_of_its_readings():
    table = "+ +, p p, - -, 0 0, ++ +, pp p, -- -, 00 0, +p p, +- p, +0 p, p- p, p0 p, -0 0, +-0 p"
    for row in table.split(", "):
        several, verdict = row.split()
        for order in (several, several[::-1]):
            assert claim_verdict([WORD[one] for one in order]) == WORD[verdict], row


def test_what_holds_in_part_says_where(judged):
    tables = {
        "a": {10: wins(20), 50: wins(10), 100: wins(0)},
        "b": {10: wins(0)},
        "c": {10: wins(20)},
    }
    one, several = claim(named("a")), claim(named("a"), named("b"), named("c"))
    found = judged(tables, one=one, several=several, whole=claim(named("c")))
    assert [j.verdict for j in found.values()] == [PART, PART, HOLDS]
    conditions = [j.condition for j in found.values()]
    assert conditions == ["n 10", "a (n 10), c (all settings)", ""]


def test_a_setting_that_a_join_has_lost_is_missed(judged):
    tables = {"a": {10: wins(20), 50: wins(20)}}
    assert judged(tables, one=claim(named("a", settings=2)))["one"].verdict == HOLDS
    lost = r"^one: a: 2 settings \(n 10; n 50\); must be 3$"
    with pytest.raises(EvidenceError, match=lost):
        judged(tables, one=claim(named("a", settings=3)))


def test_two_settings_of_one_name_are_refused(judged):
    tables = {"a": {1000000.0: wins(20), 1000000.1: wins(20)}}  # six digits are told
    with pytest.raises(EvidenceError, match=r"must be settings of different names$"):
        judged(tables, one=claim(named("a")))


def test_what_is_not_tested_has_no_evidence(judged):
    found = judged({}, law=claim(kind="setting"), aim=claim(kind="untestable"))
    assert [(j.verdict, j.readings) for j in found.values()] == [(SETTING, ()), (UNTESTABLE, ())]


def test_tables_say_what_was_found(judged):
    tables = {"a": {10: wins(18), 50: 2 * wins(3, of=24)}}
    found = judged(tables, lead=claim(named("a")), law=claim(kind="setting"))
    lines = summary(found, width=80).splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [
        ["lead", f"{PART}           n 10"],
        ["law", SETTING],
    ]
    narrow = summary(found, width=10).splitlines()
    assert [line.strip() for line in narrow] == [line.strip() for line in lines]
    assert settings(found["lead"]).to_numpy().tolist() == [
        ["a", "n 10", 1.0, 1.0, 1.0, "18 of 20", 0, HOLDS],
        ["a", "n 50", -2.0, -2.0, -2.0, "3 of 24", 0, FAILS],
    ]
    line = (
        "| {ref}`A lead <claim-lead>` (abstract) | **holds in part** "
        "(of 2 settings, 1 true, 1 not true): n 10 |"
    )
    assert line in summary_markdown(found).splitlines()


def test_a_reading_beside_a_claim_decides_nothing_but_counts(judged):
    tables = {
        "a": {1: wins(16)},
        "b": {n: wins(0) for n in range(4)},
        "c": {n: wins(10) for n in range(4)},
    }
    shown = [named("b", beside=True), named("c", beside=True)]
    alone = judged(tables, c=claim(named("a")))["c"]
    clear = judged(tables, c=claim(named("a"), shown[0]))["c"]
    crowded = judged(tables, c=claim(named("a"), shown[1]))["c"]
    assert [one.verdict for one in (alone, clear, crowded)] == [HOLDS, HOLDS, OPEN]
    assert clear.readings[1].verdict == FAILS
