"""Correlations of which some entries are known."""

import math

import numpy as np
import torch
from torch import Tensor


def cliques(d: int, *groups: list[int]) -> Tensor:
    known = torch.eye(d, dtype=torch.bool)
    for group in groups:
        known[np.ix_(group, group)] = True
    return known


def with_entries(d: int, entries: dict[tuple[int, int], float]) -> tuple[Tensor, Tensor]:
    """Correlations with NaN where unknown."""
    correlation = torch.full((d, d), torch.nan, dtype=torch.float64).fill_diagonal_(1)
    for (i, j), value in entries.items():
        correlation[i, j] = correlation[j, i] = value
    return correlation, ~correlation.isnan()


def cycle(*angles: float) -> tuple[Tensor, Tensor]:
    """Correlations cos(angle) around a cycle of as many variables."""
    d = len(angles)
    return with_entries(d, {(i, (i + 1) % d): math.cos(a) for i, a in enumerate(angles)})
