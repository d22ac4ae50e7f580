"""One colour for each method in all figures of the book."""

from __future__ import annotations

from collections.abc import Mapping

from ddlib.arguments import fault
from ddlib.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY

# The palette has fewer colours than there are methods: what shares one stands in no common figure.
METHOD_COLORS: Mapping[str, str] = {
    # Rows that nobody distilled.
    "random subset": BLUE,
    "clean subset": BLUE,
    "clean subset, prior chosen": BLUE,
    "validated random": BLUE,
    "training rows": BLUE,
    "noisy rows": BLUE,
    "k-means": RED,
    "best of random points": RED,
    "spread points": SKY,
    "active learning": PURPLE,
    "optimised points": GREEN,
    "each source alone": GREY,
    "pairwise moments": RED,
    # Descents, and what distils by one.
    "first-order": PURPLE,
    "first-order, training rows": PURPLE,
    "first-order, the law": PURPLE,
    "FirstOrder": PURPLE,
    "FirstOrder on $D^T$": PURPLE,
    "zeroth-order, training rows": ORANGE,
    "zeroth-order, the law": ORANGE,
    "Algorithm 1 (caption)": ORANGE,
    "learning from all": GREEN,
    "gradient matching": GREEN,
    "BPTT": ORANGE,
    "kernel inducing points": SKY,
    "distilled": ORANGE,
    "distilled rows": ORANGE,
    # Moments first.
    "Exact": SKY,
    "EM, exact rows": SKY,
    "EM, no distillation": SKY,
    "EM, noise estimated": GREEN,
    "EM, noise forgotten": ORANGE,
}
"""Name of a method or of its rows, as tables have it -> colour."""


def color_of(method: str) -> str:
    """Return the colour of a method.

    Args:
        method: a name of `METHOD_COLORS`.

    Raises:
        ValueError: for a method without a colour.
    """
    if method not in METHOD_COLORS:
        known = f"among those of ddlib/plots/methods.py: {', '.join(METHOD_COLORS)}"
        raise ValueError(fault("method", method, known))
    return METHOD_COLORS[method]
