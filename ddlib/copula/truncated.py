"""Normal numbers between bounds, also far out in a tail."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy.special import ndtr, ndtri


def truncated_normal(low: np.ndarray, high: np.ndarray, generator: Generator) -> np.ndarray:
    """Return standard normal numbers between bounds, by the inverse of their distribution.

    Where both bounds are positive the numbers are mirrored, since probabilities near 0 keep their
    digits and those near 1 do not. Bounds so far out that the probability between them is 0 to
    rounding give the nearer bound.

    Args:
        low: `(n,)`, may be −∞.
        high: `(n,)`, at least `low`, may be ∞.
        generator: of the numbers.
    """
    if (np.isinf(low) != np.isinf(high)).all():
        return _half_open(low, high, generator)
    sign = 1.0 - 2.0 * (low > 0)
    ends = sign * low, sign * high
    first, second = np.minimum(*ends), np.maximum(*ends)
    start, end = ndtr(first), ndtr(second)
    share = generator.random(len(low))
    numbers = ndtri(start + share * (end - start))
    finite = np.isfinite(numbers)
    if not finite.all():
        nearer = np.where(np.isinf(second), first, second)
        numbers = np.where(finite, numbers, nearer)
    return sign * np.minimum(np.maximum(numbers, first), second)


def _half_open(low: np.ndarray, high: np.ndarray, generator: Generator) -> np.ndarray:
    """Return the same numbers where each has one bound alone: half of the work, and equal bits."""
    upper = np.isinf(low)
    mirrored = low > 0
    sign = 1.0 - 2.0 * mirrored
    bound = sign * np.where(upper, high, low)
    below = upper | mirrored  # that bound is the greatest
    share = ndtr(bound)
    start, width = np.where(below, 0.0, share), np.where(below, share, 1.0 - share)
    numbers = ndtri(start + generator.random(len(low)) * width)
    numbers = np.where(np.isfinite(numbers), numbers, bound)
    held = np.where(below, np.minimum(numbers, bound), np.maximum(numbers, bound))
    return sign * held
