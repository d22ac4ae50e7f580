"""Two attacks on summaries: they succeed on exact ones, and stay within theory's bounds on private.

OpenDP's noise has no seed. Each bound is on a number of successes, at its quantile of 1 − 10⁻⁹: so
often a test passes where what it says is true.
"""

import math

import numpy as np
import pytest
from scipy.stats import beta, binom, norm

from ddlib.sites.features import features_of
from ddlib.sites.loss import rho_for
from ddlib.sites.moments import Moments
from ddlib.sites.noise import noise_scale, opendp_noise
from ddlib.sites.private import release
from tests.sites.hospitals import scale_of
from tests.sites.private_rows import STATED, rows, told_sums

CHANCE = 1e-9
EPSILON, DELTA = 1.0, 1e-6
RHO = rho_for(EPSILON, DELTA)
TRIALS = 300
CODES = rows(80, seed=0, missing=0.0)
OTHERS, PERSON = CODES[1:], CODES[:1]
EXTREME = np.array([[120.0, 0.1, 20.0, 1.0, 0.0, 2.0]])


def least(successes, trials=TRIALS):
    """The least probability with which so many successes are no accident (Clopper, Pearson)."""
    return float(beta.ppf(CHANCE, successes, trials - successes + 1)) if successes else 0.0


# Differencing: summaries before and after one admission.


def exact(codes, scale):
    [pattern] = Moments.of(scale.features, features_of(scale, codes)).patterns
    return pattern


def test_exact_summaries_before_and_after_tell_the_person_who_came():
    scale = scale_of(STATED, OTHERS, min_count=10)
    before, after = exact(OTHERS, scale), exact(CODES, scale)
    own = features_of(scale, PERSON)[0]
    assert after.sums - before.sums == pytest.approx(own, abs=1e-9)
    assert after.products - before.products == pytest.approx(np.outer(own, own), abs=1e-9)


def test_private_summaries_before_and_after_hardly_tell_one_person_from_another():
    # The attacker knows everybody else, and that the person or one unlike everybody came.
    before, first, second = told(OTHERS), told(CODES), told(np.vstack([EXTREME, OTHERS]))
    score, distance = leaning(first, second, before)
    right = (score > 0).sum()
    # The two differ by two persons, one less and one more: by 2 √(2ρ) noises at the most, of which
    # the summary before takes some. The best guess is right with the probability Φ(distance / 2).
    assert distance <= 2 * math.sqrt(2 * RHO)
    assert right <= binom.ppf(1 - CHANCE, TRIALS, norm.cdf(distance / 2))
    # It finds even this little; the test would see more.
    assert right >= binom.ppf(CHANCE, TRIALS, norm.cdf(distance / 2))


def leaning(came, other, before):
    """How far noisy differences lie to the side of who came, and how far the two lie apart."""
    total, apart = np.zeros(TRIALS), 0.0
    for (own, size, rho), (others, _, _), (less, _, _) in zip(came, other, before, strict=True):
        scale, gap = noise_scale(size, rho), (own - others).astype(float)
        drawn = [
            opendp_noise(own, size, rho) - opendp_noise(less, size, rho) for _ in range(TRIALS)
        ]
        middle = (own + others) / 2 - less
        total += (np.array(drawn) - middle) @ gap / scale**2
        apart += gap @ gap / scale**2 / 2  # two noises
    return total, math.sqrt(apart)


def told(codes, rho=RHO):
    """What noise is added to, on the scale that the others' margins have."""
    return told_sums(codes, rho, margins=told_sums(OTHERS, rho)[0][0])


def draws(sums, sensitivity, rho):
    """The sums with OpenDP's noise, as many times as there are trials."""
    return opendp_noise(np.tile(sums, TRIALS), sensitivity, rho).reshape(TRIALS, -1)


# Membership inference: was the person in the table? The attacker knows all else.


def test_exact_sums_tell_who_is_a_member():
    for (own, _, _), (others, _, _) in zip(told(CODES), told(OTHERS), strict=True):
        assert (own != others).any()


@pytest.mark.parametrize("person", [PERSON, EXTREME], ids=["an ordinary person", "an extreme one"])
def test_members_are_found_no_oftener_than_theory_allows(person):
    hits, alarms, distance = membership(np.vstack([person, OTHERS]), RHO)
    assert distance <= math.sqrt(2 * RHO) * (1 + 1e-9)
    for threshold in np.quantile(alarms, [0.05, 0.1, 0.2, 0.5, 0.8, 0.9]):
        found, false = (hits > threshold).sum(), (alarms > threshold).sum()
        # True positives are at most e^ε times the false ones, and δ; so are true negatives.
        most = 1 - least(TRIALS - false)
        assert least(found) <= math.exp(EPSILON) * most + DELTA
        assert least(TRIALS - false) <= math.exp(EPSILON) * (1 - least(found)) + DELTA


def test_the_attack_is_the_best_there_is_and_sees_noise_that_is_too_small():
    hits, alarms, distance = membership(np.vstack([EXTREME, OTHERS]), RHO)
    power = norm.cdf(norm.ppf(0.1) + distance)  # of the best test (Neyman, Pearson)
    threshold = distance * (norm.ppf(0.9) - distance / 2)
    for scores, wanted in ((alarms, 0.1), (hits, power)):
        successes = (scores > threshold).sum()
        low, high = binom.ppf([CHANCE, 1 - CHANCE], TRIALS, wanted)
        assert low <= successes <= high
    # Noise for ε = 30 breaks the bound of ε = 1.
    hits, alarms, distance = membership(np.vstack([EXTREME, OTHERS]), rho_for(30.0, DELTA))
    found, false = (hits > 0).sum(), (alarms > 0).sum()
    assert least(found) > math.exp(EPSILON) * (1 - least(TRIALS - false)) + DELTA


def membership(codes, rho):
    """Log-likelihood ratios with the person and without, and the distance in noises."""
    ratios = np.zeros((2, TRIALS))
    apart = 0.0
    for (own, size, loss), (others, _, _) in zip(told(codes, rho), told(OTHERS, rho), strict=True):
        scale, gap = noise_scale(size, loss), (own - others).astype(float)
        apart += gap @ gap / scale**2
        for world, sums in enumerate((own, others)):
            middle = (own + others) / 2
            ratios[world] += (draws(sums, size, loss) - middle) @ gap / scale**2
    return *ratios, math.sqrt(apart)


def test_what_is_told_follows_from_the_noisy_sums_alone():
    # So what holds of the sums holds of the summary, whatever is done with it.
    margins = told_sums(OTHERS, RHO)[0][0]
    noisy = [margins, *(sums for sums, _, _ in told(CODES)[1:])]
    first, second = (
        release(STATED, codes, rho=RHO, noise=replay(noisy)) for codes in (CODES, rows(9, 1))
    )
    assert first.rows == second.rows
    [own], [other] = first.moments.patterns, second.moments.patterns
    assert (own.products == other.products).all()
    assert (own.sums == other.sums).all()
    assert all((a == b).all() for a, b in zip(first.counts, second.counts, strict=True))
    assert (first.seen == second.seen).all()


def replay(noisy):
    """Noise that tells what was told before."""
    left = iter(noisy)
    return lambda sums, sensitivity, rho: next(left)
