r"""Privacy loss: zero-concentrated differential privacy ρ, and what it means as (ε, δ).

A release is ρ-zCDP where the Rényi divergence of order α between what it says with and without one
person is at most ρα, for all α > 1 (Bun and Steinke 2016). Losses of releases about the same people
add up. OpenDP turns their sum into (ε, δ) by the optimal order (Canonne, Kamath and Steinke 2020).
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from ddlib.arguments import fault, is_finite, raise_faults

LEAST_EPSILON = 0.001
"""An ε below which noise leaves nothing."""
MOST_EPSILON = 1000.0
"""An ε beyond which nothing is protected in any sense."""


def privacy_faults(epsilon: object, delta: object, names: tuple[str, str]) -> list[str]:
    """Return what is wrong with ε and δ.

    Args:
        epsilon: above 0.
        delta: above 0 and below 1.
        names: of the two arguments.
    """
    faults: list[str] = []
    if not (is_finite(epsilon) and LEAST_EPSILON <= epsilon <= MOST_EPSILON):
        wanted = f"a number above 0, from {LEAST_EPSILON:g} to {MOST_EPSILON:g}"
        faults.append(fault(names[0], epsilon, wanted))
    if not (is_finite(delta) and 0 < delta < 1):
        faults.append(fault(names[1], delta, "a number above 0 and below 1, such as 1e-6"))
    return faults


def epsilon_of(rho: float, delta: float) -> float:
    """Return the least ε that OpenDP proves of a loss.

    Args:
        rho: the loss ρ, at least 0.
        delta: what δ is.
    """
    distance = math.sqrt(2 * rho)
    while distance * distance / 2 < rho:
        distance = math.nextafter(distance, math.inf)
    return float(_curve(delta).map(distance)[0])


def rho_for(epsilon: float, delta: float) -> float:
    """Return the greatest loss ρ that OpenDP proves to be within (ε, δ), to twelve digits.

    Args:
        epsilon: above 0.
        delta: above 0 and below 1.

    Raises:
        ValueError: for others.
    """
    raise_faults(privacy_faults(epsilon, delta, ("epsilon", "delta")))
    # By the closed form of Bun and Steinke, which is an upper bound of ε, `low` is within.
    log = math.log(1 / delta)
    low = (epsilon / (math.sqrt(log + epsilon) + math.sqrt(log))) ** 2
    high = 2 * low
    while epsilon_of(high, delta) <= epsilon:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if epsilon_of(middle, delta) <= epsilon else (low, middle)
    return low


def opendp() -> Any:
    """Return OpenDP's interface.

    Raises:
        ModuleNotFoundError: where it is not installed; the message says how to.
    """
    try:
        import opendp.prelude
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "opendp: is not installed; private summaries need it: pip install 'ddlib[private]'"
        ) from None
    dp: Any = opendp.prelude
    dp.enable_features("contrib")  # constructors whose proofs are not all reviewed yet
    return dp


@cache
def _curve(delta: float) -> Any:
    """Return OpenDP's map from the distance of two sums, in units of the noise, to (ε, δ)."""
    dp = opendp()
    space = dp.atom_domain(T=float, nan=False), dp.absolute_distance(T=float)
    gaussian = dp.m.make_gaussian(*space, scale=1.0)
    return dp.c.make_fix_delta(dp.c.make_zCDP_to_approxDP(gaussian), delta)
