"""Words about settings: the sign test and Holm's adjustment, against other libraries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from ddlib.claims.evidence import EvidenceError
from ddlib.claims.judged import FAILS, HOLDS, OPEN
from ddlib.claims.verdict import judge, settings_of
from tests.shared.examples import examples
from tests.shared.small_claims import SEEDS, claim, reading, series, term, wins

OTHER = {"above": "below", "below": "above"}


def words(evidence):
    """Return claim, reading and setting -> word."""
    found = settings_of(evidence)
    return {(*key, one.label): one.word for key, several in found.items() for one in several}


@st.composite
def pages(draw):
    """Return evidence: claims with readings of settings, their values above, at and below."""
    evidence = []
    for i, count in enumerate(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))):
        side, threshold = draw(st.sampled_from([*OTHER])), draw(st.sampled_from([0.0, 0.7]))
        several = {}
        for k in range(count):
            seeds, above = draw(st.integers(20, 24)), draw(st.integers(0, 20))
            tied = draw(st.integers(0, seeds - above))
            signs = [1] * above + [0] * tied + [-1] * (seeds - above - tied)
            several[f"s{k}"] = threshold + series(signs)
        evidence.append((f"c{i}", reading(side=side, threshold=threshold), several))
    return evidence


def by_other_libraries(evidence):
    """Return the words by scipy's binomial test and Holm's method as statsmodels has it."""
    places, p_values, sides = [], [], []
    for name, one, several in evidence:
        for label, values in several.items():
            above, below = (values > one.threshold).sum(), (values < one.threshold).sum()
            most = int(max(above, below))  # of all: one at the threshold counts for neither
            test = stats.binomtest(most, len(values), alternative="greater")
            places.append((name, one.name, label))
            p_values.append(min(1.0, 2 * test.pvalue))
            sides.append(HOLDS if (above > below) == (one.side == "above") else FAILS)
    rejected = multipletests(p_values, alpha=0.05, method="holm")[0]
    told = [side if r else OPEN for side, r in zip(sides, rejected, strict=True)]
    return dict(zip(places, told, strict=True))


@examples(8)
@given(pages())
def test_words_are_those_of_other_libraries(evidence):
    assert words(evidence) == by_other_libraries(evidence)


@pytest.mark.parametrize("count", range(10, 21))
def test_without_a_tie_the_test_is_the_two_sided_sign_test(count):
    told = stats.binomtest(count, 20).pvalue <= 0.05
    (word,) = words([("c", reading(), {"s": wins(count)})]).values()
    assert word == (HOLDS if told else OPEN)


def test_a_median_at_the_threshold_is_on_neither_side():
    """Of the data sets that are not at the threshold all are above it, but they are no majority."""
    for above, word in ((10, OPEN), (14, OPEN), (15, HOLDS)):
        values = series([1.0] * above + [0.0] * (20 - above))
        assert words([("c", reading(), {"s": values})]) == {("c", "first", "s"): word}


@examples(10)
@given(pages(), st.randoms(use_true_random=False))
def test_the_order_of_claims_settings_and_seeds_changes_nothing(evidence, random):
    def shuffled(values):
        return random.sample(list(values), len(values))

    other = [
        (name, one, {label: several[label].loc[shuffled(several[label].index)]
                     for label in shuffled(several)})
        for name, one, several in shuffled(evidence)
    ]  # fmt: skip
    assert words(other) == words(evidence)


@examples(10)
@given(pages())
def test_with_all_signs_turned_the_words_are_the_same(evidence):
    def negative(several):
        return {label: -values for label, values in several.items()}

    turned = [
        (name, reading(side=OTHER[one.side], threshold=-one.threshold), negative(several))
        for name, one, several in evidence
    ]
    assert words(turned) == words(evidence)


@examples(10)
@given(pages())
def test_on_the_other_side_of_the_threshold_what_held_fails(evidence):
    mirrored = [
        (name, reading(side=OTHER[one.side], threshold=one.threshold), several)
        for name, one, several in evidence
    ]
    opposite = {HOLDS: FAILS, FAILS: HOLDS, OPEN: OPEN}
    assert words(mirrored) == {place: opposite[word] for place, word in words(evidence).items()}


@pytest.mark.parametrize("side", ["above", "below"])
def test_a_ratio_is_judged_as_the_difference_of_logarithms(planted, side):
    random = np.random.default_rng(0)

    def draw(config):
        shift = config.scale * (config.label == "one")
        return {"value": np.exp(random.normal(shift, size=1))}

    planted.plant("one", draw, seeds=SEEDS, scale=[-1, 0, 1, 3])
    planted.plant("two", draw, seeds=SEEDS)
    by, log = {"by": {"scale": "scale"}}, {"value": "log(value)"}
    logs = {"plus": (term("one", **log, **by),), "minus": (term("two", **log),)}
    ratio = reading(statistic="ratio", threshold=1.5, side=side, plus=(term("one", **by),))
    plain = reading(threshold=float(np.log(1.5)), side=side, **logs)
    found = judge({"ratio": claim(ratio), "plain": claim(plain)}, store=planted.store)
    for one, other in zip(*(found[name].readings[0].settings for name in found), strict=True):
        assert (one.word, one.passed, one.label) == (other.word, other.passed, other.label)
        ends = [other.median, other.low, other.high]
        assert [one.median, one.low, one.high] == pytest.approx(np.exp(ends))
    assert {one.word for one in found["ratio"].readings[0].settings} == {HOLDS, FAILS, OPEN}


@pytest.mark.parametrize("of", [6, 19])
def test_fewer_than_twenty_data_sets_say_nothing(of):
    evidence = [("c", reading(), {"s": wins(20), "t": wins(of, of=of)})]
    with pytest.raises(EvidenceError, match=f"^c: first: t: {of} data sets; must be at least 20$"):
        settings_of(evidence)
