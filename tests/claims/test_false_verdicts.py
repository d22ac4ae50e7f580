"""How often the rules say what is false, where the truth is known."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ddlib.claims.judged import FAILS, HOLDS, OPEN, PART
from ddlib.claims.verdict import claim_verdict, reading_verdict, settings_of
from tests.shared.small_claims import SEEDS, reading

RULES = ("all", "any", "some")
WORD = {1: HOLDS, 0: OPEN, -1: FAILS}  # of a median above, at and below the threshold
CLAIMS = 13
# What a normal variable is made of: all have their median at 0.
LAWS = (
    lambda z: z,
    lambda z: np.tan(np.pi * (stats.norm.cdf(z) - 0.5)),  # Cauchy
    lambda z: np.expm1(1.5 * z),  # skewed
    np.round,  # tied
    lambda z: np.where(z < -1.5, z, np.maximum(z, 0)),  # half above 0, nearly all others at 0
)
SHARES = pytest.mark.parametrize("share", [1.0, 0.5, 0.1])


def met(rule, truth):
    """Return whether a rule is met by true medians."""
    passed = [one > 0 for one in truth]
    return {"all": all(passed), "any": any(passed), "some": any(passed) and not all(passed)}[rule]


def is_false(verdict, rule, readings):
    """Return whether a verdict contradicts the true medians of a claim's readings.

    "holds" says that the rule is met in each reading, "fails" that it is met in none, "holds in
    part" that some setting of some reading passes.
    """
    whole = [met(rule, truth) for truth in readings]
    some = any(one > 0 for truth in readings for one in truth)
    return {HOLDS: not all(whole), FAILS: any(whole), PART: not some, OPEN: False}[verdict]


def verdict_of(rule, readings):
    """Return the verdict of a claim from signs in place of words."""
    return claim_verdict([reading_verdict([WORD[x] for x in one], rule) for one in readings])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("sizes", [(1,), (2,), (3,), (1, 1), (1, 2), (2, 2), (1, 1, 1)])
def test_where_no_word_is_false_no_verdict_is(rule, sizes):
    """All true medians, and all ways to tell some of them and leave the others open."""
    for truth in product((-1, 0, 1), repeat=sum(sizes)):
        for told in product((0, 1), repeat=sum(sizes)):
            signs, cuts = np.multiply(truth, told), np.cumsum(sizes)[:-1]
            said = verdict_of(rule, [part.tolist() for part in np.split(signs, cuts)])
            assert not is_false(said, rule, np.split(np.array(truth), cuts))


class Page:
    """Differences of 13 claims with one to twelve settings each, in one or two readings.

    Medians are at the threshold in a share of the settings, and else above or below it by a little
    or by much. The settings of a claim share data sets, and so may depend on each other.
    """

    def __init__(self, random, share):
        self.claim = np.repeat(np.arange(CLAIMS), random.integers(1, 13, size=CLAIMS))
        count = len(self.claim)
        self.reading = random.integers(0, 2, size=count)
        self.truth = np.where(random.random(count) < share, 0, random.choice([-1, 1], size=count))
        common, own = (random.normal(size=(n, len(SEEDS))) for n in (CLAIMS, count))
        weight = random.choice([0, 0.5, 0.9])
        z = np.sqrt(weight) * common[self.claim] + np.sqrt(1 - weight) * own
        drawn = np.choose(random.integers(0, len(LAWS), size=(count, 1)), [law(z) for law in LAWS])
        size = random.choice([0.3, 1.0, 5.0], size=count)
        self.values = drawn + (self.truth * size)[:, None]

    def signs(self):
        """Return the words as signs, all settings at once."""
        above, below = ((sign * self.values > 0).sum(axis=1) for sign in (1, -1))
        most = np.maximum(above, below)
        p_values = np.minimum(1, 2 * stats.binom.sf(most - 1, len(SEEDS), 0.5))
        order = np.argsort(p_values, kind="stable")
        kept = np.cumprod(p_values[order] * np.arange(len(order), 0, -1) <= 0.05).astype(bool)
        certain = np.zeros(len(order), dtype=bool)
        certain[order] = kept
        return np.where(certain, np.sign(above - below), 0)

    def signs_by_the_rules(self):
        """Return the same from the library, which is slower."""
        keys = list(zip(self.claim, self.reading, strict=True))
        evidence = []
        for claim, part in dict.fromkeys(keys):
            rows = [i for i, key in enumerate(keys) if key == (claim, part)]
            several = {str(i): pd.Series(self.values[i]) for i in rows}
            evidence.append((str(claim), reading(name=str(part)), several))
        settings = [one for several in settings_of(evidence).values() for one in several]
        sign = {word: sign for sign, word in WORD.items()}
        told = {int(one.label): sign[one.word] for one in settings}
        return np.array([told[i] for i in range(len(keys))])

    def has_a_falsehood(self, signs):
        """Return whether a word, or the verdict of a claim, is false."""
        if ((signs != 0) & (signs != self.truth)).any():
            return True
        for i in range(CLAIMS):
            parts = [(self.claim == i) & (self.reading == part) for part in (0, 1)]
            parts = [part for part in parts if part.any()]
            rule, truths = RULES[i % 3], [self.truth[part] for part in parts]
            if is_false(verdict_of(rule, [signs[part] for part in parts]), rule, truths):
                return True
        return False


def most_of(pages):
    """Return the rate that the rules may show: 5 %, and three standard errors of so many pages."""
    return 0.05 + 3 * np.sqrt(0.05 * 0.95 / pages)


@SHARES
def test_at_most_five_of_a_hundred_pages_have_a_false_word_or_verdict(share):
    random, count = np.random.default_rng(0), 700
    pages = [Page(random, share) for _ in range(count)]
    signs = [page.signs() for page in pages]
    wrong = sum(page.has_a_falsehood(told) for page, told in zip(pages, signs, strict=True))
    assert wrong / count <= most_of(count)
    for page, told in zip(pages[:2], signs, strict=False):
        assert (page.signs_by_the_rules() == told).all()


def test_what_is_clearly_true_or_false_is_told():
    random = np.random.default_rng(1)
    pages = [Page(random, share=0.0) for _ in range(50)]
    clear = [np.abs(np.median(page.values, axis=1)) > 4 for page in pages]
    told = [page.signs()[rows] != 0 for page, rows in zip(pages, clear, strict=True)]
    assert np.concatenate(told).mean() > 0.9


@pytest.mark.nightly
@SHARES
def test_pages_that_the_library_itself_judges_are_as_seldom_false(share):
    random, count = np.random.default_rng(2), 100
    pages = [Page(random, share) for _ in range(count)]
    wrong = sum(page.has_a_falsehood(page.signs_by_the_rules()) for page in pages)
    assert wrong / count <= most_of(count)
