"""The Gaussian mechanism on whole numbers: all noise is OpenDP's, and so is the proof of its loss.

Sums are kept in whole numbers, where they are exact: a sum of floats depends on the order of its
rows, by which a person can be told apart (Casacuberta et al. 2022).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ddlib.sites.loss import opendp

Noise = Callable[[np.ndarray, float, float], np.ndarray]
"""From sums `(k,)` in int64, the most that one person moves them in L2, and the loss ρ, to sums
with noise. `opendp_noise` protects people; another one is for simulations."""


def opendp_noise(sums: np.ndarray, sensitivity: float, rho: float) -> np.ndarray:
    """Return sums with discrete Gaussian noise, `(k,)` in int64.

    Args:
        sums: of all rows, `(k,)` in int64.
        sensitivity: most that one person moves them, in L2, above 0.
        rho: the loss that this costs, above 0.
    """
    noisy = _mechanism(noise_scale(sensitivity, rho))(sums.tolist())
    return np.asarray(noisy, dtype=np.int64)


def noise_scale(sensitivity: float, rho: float) -> float:
    """Return the least scale σ of Gaussian noise, Δ / √(2ρ), for which OpenDP proves a loss.

    Args:
        sensitivity: most that one person moves the sums, Δ in L2.
        rho: the loss ρ.
    """
    scale = sensitivity / math.sqrt(2 * rho)
    while _mechanism(scale).map(sensitivity) > rho:  # by the rounding of the last digit
        scale = math.nextafter(scale, math.inf)
    return scale


def _mechanism(scale: float) -> Any:
    """Return OpenDP's discrete Gaussian mechanism on vectors of whole numbers."""
    dp = opendp()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T=float)
    return dp.m.make_gaussian(*space, scale=scale)
