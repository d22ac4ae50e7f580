"""Privacy loss against published formulas, written out here."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr

from ddlib.sites.loss import epsilon_of, rho_for

ROOT = Path(__file__).parents[2]
RHOS = (1e-4, 0.005, 0.02, 0.5, 1.4, 50.0)
DELTAS = (1e-5, 1e-6, 1e-9)
PAIRS = [(rho, delta) for rho in RHOS for delta in DELTAS]


def bun_steinke(rho, delta):
    """Proposition 1.3 of Bun and Steinke (2016)."""
    return rho + 2 * math.sqrt(rho * math.log(1 / delta))


def canonne_kamath_steinke(rho, delta):
    """The best order α of Proposition 12 of Canonne, Kamath and Steinke (2020)."""

    def bound(log_excess):
        excess = math.exp(log_excess)
        order = 1 + excess
        logs = math.log(1 / delta) + excess * math.log1p(-1 / order) - math.log(order)
        return rho * order + logs / excess

    return minimize_scalar(bound, bounds=(-15, 25), method="bounded", options={"xatol": 1e-12}).fun


def balle_wang(rho, delta):
    """The exact ε of Gaussian noise that loses ρ: equation 6 of Balle and Wang (2018)."""
    mu = math.sqrt(2 * rho)

    def excess(epsilon):
        first = ndtr(mu / 2 - epsilon / mu)
        return first - math.exp(epsilon) * ndtr(-mu / 2 - epsilon / mu) - delta

    return brentq(excess, 0.0, 700.0, xtol=1e-12)


@pytest.mark.parametrize(("rho", "delta"), PAIRS)
def test_epsilon_is_that_of_the_best_order(rho, delta):
    assert epsilon_of(rho, delta) == pytest.approx(canonne_kamath_steinke(rho, delta), rel=1e-9)


@pytest.mark.parametrize(("rho", "delta"), PAIRS)
def test_epsilon_lies_between_the_exact_one_of_gaussian_noise_and_the_closed_form(rho, delta):
    assert balle_wang(rho, delta) <= epsilon_of(rho, delta) <= bun_steinke(rho, delta)


def test_no_release_loses_nothing():
    assert epsilon_of(0.0, 1e-6) == 0


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 10.0, 100.0])
@pytest.mark.parametrize("delta", DELTAS)
def test_the_greatest_loss_within_epsilon_is_found(epsilon, delta):
    rho = rho_for(epsilon, delta)
    assert epsilon_of(rho, delta) <= epsilon
    assert epsilon_of(rho * (1 + 1e-9), delta) > epsilon


def test_the_loss_of_many_releases_adds_up_to_less_than_their_epsilons_do():
    rho = rho_for(0.1, 1e-6)
    assert epsilon_of(100 * rho, 1e-6) < 2.0
    assert epsilon_of(100 * rho, 1e-6) == pytest.approx(
        canonne_kamath_steinke(100 * rho, 1e-6), rel=1e-9
    )


@pytest.mark.parametrize(
    ("epsilon", "delta", "message"),
    [
        (0.0, 1e-6, "epsilon = 0.0: must be a number above 0, from 0.001 to 1000"),
        (-1.0, 1e-6, "epsilon = -1.0: must be"),
        (np.nan, 1e-6, "epsilon = nan: must be"),
        (2000.0, 1e-6, "epsilon = 2000.0: must be"),
        (1.0, 0.0, "delta = 0.0: must be a number above 0 and below 1, such as 1e-6"),
        (1.0, 1.0, "delta = 1.0: must be"),
    ],
)
def test_others_are_refused(epsilon, delta, message):
    with pytest.raises(ValueError, match=message):
        rho_for(epsilon, delta)


def test_the_page_on_privacy_says_what_losses_add_up_to() -> None:
    page = " ".join((ROOT / "book" / "privacy.md").read_text("utf-8").split())
    together = epsilon_of(10 * rho_for(0.3, 1e-6), 1e-6)
    assert f"Ten files of ε = 0.3 lose ε = {together:.2f} together, at δ = 10⁻⁶" in page
    for epsilon in (1, 3):  # of two equally likely tables, told apart from what is released
        right = math.exp(epsilon) / (1 + math.exp(epsilon))
        assert f"at most {100 * right:.0f} %" in page
