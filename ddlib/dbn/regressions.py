"""The two regressions that make up a DBN, from the moments of its trajectories.

The first slice is x_0 on itself, from n rows; the transition is x_t on (x_{t−1}, x_t), from the
n(T−1) pairs of neighbouring slices pooled. A node j with parents P, mean μ and covariance C has

    w = C_PP⁻¹ C_Pj,   b = μ_j − wᵀ μ_P,   s² = C_jj − wᵀ C_Pj,

and adds −n/2 [log(2π s²) + 1] − (|P| + 2)/2 log n to the BIC.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ddlib.dbn.cpds import LinearGaussianCPDs
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.search_state import VARIANCE_FLOOR
from ddlib.dbn.structure import bic_score, hill_climb

# Added to the unit diagonal of a correlation matrix, so that collinear parents share one weight in
# place of an error; far below what data can resolve.
JITTER = 1e-12

Structure = tuple[Tensor, Tensor]
"""The arcs, as in `LinearGaussianDBN.structure`."""


class Regression(NamedTuple):
    """Moments of d columns, the last p of which are regressed on all that come before them.

    Attributes:
        mean: `(…, d)`.
        covariance: `(…, d, d)`.
        num_rows: rows that these are from.
        size: rows that they stand for.
    """

    mean: Tensor
    covariance: Tensor
    num_rows: int
    size: float


def regressions(
    mean: Tensor, covariance: Tensor, shape: tuple[int, int], num_rows: int, size: float
) -> list[Regression]:
    """Return the first slice and, for T > 1, the transition.

    Pairs are pooled: the mean of their covariances plus the covariance of their means.

    Args:
        mean: `(…, T·p)` of trajectories, slice by slice.
        covariance: `(…, T·p, T·p)` of these.
        shape: T and p.
        num_rows: trajectories that the moments are from.
        size: trajectories that they stand for.
    """
    num_slices, p = shape
    first = Regression(mean[..., :p], covariance[..., :p, :p], num_rows, size)
    if num_slices == 1:
        return [first]
    windows = [slice(t * p, (t + 2) * p) for t in range(num_slices - 1)]
    means = torch.stack([mean[..., window] for window in windows], dim=-2)
    within = torch.stack([covariance[..., window, window] for window in windows]).mean(0)
    pooled, pairs = means.mean(-2), len(windows)
    centred = means - pooled[..., None, :]
    between = centred.mT @ centred / pairs
    return [first, Regression(pooled, within + between, num_rows * pairs, size * pairs)]


def search(
    moments: list[Regression],
    *,
    max_parents: int | None = None,
    start: Structure | None = None,
    patience: int = 0,
    orders: int = 1,
) -> Structure:
    """Return the structure of highest BIC that `hill_climb` finds.

    A node has at most as many parents as there are rows, less two.

    Args:
        moments: the regressions to search.
        max_parents: as in `hill_climb`.
        start: structure to climb from; orders of the variables unless told.
        patience: as in `hill_climb`.
        orders: as there.

    Raises:
        ValueError: as `hill_climb` does.
    """
    p = moments[0].mean.shape[-1]
    found = []
    for k, regression in enumerate(moments):
        d = regression.mean.shape[-1]
        enough_rows = max(regression.num_rows - 2, 0)
        graph = hill_climb(
            regression.covariance.detach().cpu().numpy(),
            regression.size,
            targets=np.arange(d - p, d),
            max_parents=enough_rows if max_parents is None else min(max_parents, enough_rows),
            start=None if start is None else _square(start[k]),
            patience=patience,
            orders=orders,
        )
        found.append(torch.from_numpy(graph[..., d - p :]))
    if len(found) == 1:  # a single slice: the transition repeats it, with no lagged arcs
        found.append(torch.cat([torch.zeros_like(found[0]), found[0]], dim=-2))
    return found[0], found[1]


def fit(moments: list[Regression], structure: Structure) -> LinearGaussianDBN:
    """Return the network of maximum likelihood, differentiable in the moments.

    Args:
        moments: the regressions to fit.
        structure: its arcs.
    """
    p = moments[0].mean.shape[-1]
    first, *later = (
        fit_weights(regression.mean, regression.covariance, arcs)
        for regression, arcs in zip(moments, structure, strict=False)
    )
    initial = LinearGaussianCPDs(*first)
    if not later:
        return LinearGaussianDBN(initial, initial, torch.zeros_like(initial.weights))
    bias, weights, variances = later[0]
    transition = LinearGaussianCPDs(bias, weights[..., p:, :], variances)
    return LinearGaussianDBN(initial, transition, weights[..., :p, :])


def bic(moments: list[Regression], structure: Structure) -> float:
    """Return the BIC of a structure, in nats, for one data set.

    Args:
        moments: regressions without batch.
        structure: its arcs.
    """
    p, total = moments[0].mean.shape[-1], 0.0
    for regression, arcs in zip(moments, structure, strict=False):
        covariance = regression.covariance.detach().cpu().numpy()
        total += bic_score(covariance, regression.size, _square(arcs))[-p:].sum()
    return float(total)


def penalty(structure: Structure, size: float, num_slices: int) -> float:
    """Return the part of the BIC that counts parameters, in nats.

    Args:
        structure: arcs, without batch.
        size: trajectories that the moments stand for.
        num_slices: T of each.
    """
    first, transition = structure
    p, pairs = first.shape[-1], num_slices - 1
    value = 0.5 * (int(first.sum()) + 2 * p) * math.log(size)
    if pairs:
        value += 0.5 * (int(transition.sum()) + 2 * p) * math.log(size * pairs)
    return value


def fit_weights(
    mean: Tensor, covariance: Tensor, structure: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return bias `(…, m)`, weights `(…, d, m)` and variances `(…, m)` of maximum likelihood.

    Differentiable in both moments. Variances are at least 1e-9 of the marginal variance.

    Args:
        mean: `(…, d)` of d columns, the last m of which are the nodes.
        covariance: `(…, d, d)` of these.
        structure: bool `(…, d, m)` with [i, j] for column i → node j.

    Raises:
        ValueError: for a shape that does not fit.
    """
    structure = torch.as_tensor(structure, dtype=torch.bool, device=covariance.device)
    d, m = structure.shape[-2:]
    if mean.shape[-1] != d or covariance.shape[-2:] != (d, d) or m > d:
        raise ValueError(
            f"mean, covariance, structure: shapes {tuple(mean.shape)}, {tuple(covariance.shape)}, "
            f"{tuple(structure.shape)}; must be (d,), (d, d), (d, m <= d)"
        )
    scale = covariance.diagonal(dim1=-2, dim2=-1).sqrt()
    correlation = covariance / (scale[..., :, None] * scale[..., None, :])
    parents = structure.mT.to(covariance)
    # Columns that are no parents get an identity block and a zero right-hand side: weight zero.
    gram = correlation[..., None, :, :] * parents[..., :, :, None] * parents[..., :, None, :]
    gram = gram + torch.diag_embed(1.0 - parents + JITTER)
    shared = correlation[..., d - m :, :] * parents
    solution = torch.linalg.solve(gram, shared)
    residual = (1.0 - (solution * shared).sum(-1)).clamp(min=VARIANCE_FLOOR)
    nodes = scale[..., d - m :]
    weights = (solution * nodes[..., :, None] / scale[..., None, :]).mT
    bias = mean[..., d - m :] - (mean[..., None, :] @ weights)[..., 0, :]
    return bias, weights, residual * nodes.square()


def _square(arcs: Tensor) -> np.ndarray:
    """Arcs (…, d, m) into the last m columns as a square graph (…, d, d)."""
    *batch, d, m = arcs.shape
    return torch.cat([arcs.new_zeros(*batch, d, d - m), arcs], dim=-1).cpu().numpy()
