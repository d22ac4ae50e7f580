"""Learn a DBN from complete trajectories: structure by BIC, weights by maximum likelihood.

Two regressions are learned from two sets of moments: the first slice, x_0 on itself, from n rows;
and the transition, x_t on (x_{t−1}, x_t), from the n(T−1) pairs of neighbouring slices pooled. A
node j with parents P, mean μ and covariance C has

    w = C_PP⁻¹ C_Pj,   b = μ_j − wᵀ μ_P,   s² = C_jj − wᵀ C_Pj.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ddlib.dbn.network import LinearGaussianCPDs, LinearGaussianDBN
from ddlib.dbn.statistics import SufficientStatistics, first_entry
from ddlib.dbn.structure import VARIANCE_FLOOR, hill_climb

# Added to the unit diagonal of a correlation matrix, so that collinear parents share one weight in
# place of an error; far below what data can resolve.
JITTER = 1e-12
# A standard deviation below this share of the mean is the rounding of a constant.
CONSTANT = 1e-13


class SliceMoments(NamedTuple):
    """Moments from which one regression is learned; `size` is the rows that they stand for."""

    mean: Tensor
    covariance: Tensor
    num_rows: int
    size: float


def learn_dbn(
    data: Tensor | SufficientStatistics,
    *,
    effective_size: float | None = None,
    ridge: float = 0.0,
    max_parents: int | None = None,
    structure: tuple[Tensor, Tensor] | None = None,
) -> LinearGaussianDBN:
    """Return the DBN learned from complete `data`: trajectories (n, T, p) or their statistics.

    `effective_size` (default n) is the number of trajectories that the data stand for: BIC is as if
    these moments came from so many. `ridge`, in pseudo-rows, shrinks covariances, not variances, by
    size/(size + ridge). `max_parents` bounds the parents of a node, as do the rows at hand, less
    two. A known `structure`, as in `LinearGaussianDBN.structure`, skips the search; the weights are
    differentiable in the data either way. With T = 1 the transition repeats the first slice, with
    zero lagged weights. Raises ValueError for hidden or infinite entries, fewer than two rows, a
    constant variable, or an argument out of its range. Fig. 1 caption; BIC is Reconstructed.
    """
    statistics = _complete_statistics(data)
    size = statistics.num_rows if effective_size is None else effective_size
    if not (math.isfinite(size) and size >= 1):
        raise ValueError(f"effective_size must be finite and at least 1, got {effective_size}")
    if not (math.isfinite(ridge) and ridge >= 0):
        raise ValueError(f"ridge must be finite and at least 0, got {ridge}")
    p, num_slices = statistics.num_variables, statistics.num_slices
    if structure is not None and [tuple(arcs.shape) for arcs in structure] != [(p, p), (2 * p, p)]:
        raise ValueError(f"structure must have shapes ({p}, {p}) and ({2 * p}, {p})")

    moments = _shrunk(_first_slice(statistics, size), ridge)
    arcs = _search(moments, p, max_parents) if structure is None else structure[0]
    initial = LinearGaussianCPDs(*fit_weights(moments.mean, moments.covariance, arcs))
    if num_slices == 1:
        return LinearGaussianDBN(initial, initial, torch.zeros_like(initial.weights))
    moments = _shrunk(_neighbouring_slices(statistics, size), ridge)
    arcs = _search(moments, p, max_parents) if structure is None else structure[1]
    bias, weights, variances = fit_weights(moments.mean, moments.covariance, arcs)
    transition = LinearGaussianCPDs(bias, weights[p:], variances)
    return LinearGaussianDBN(initial, transition, weights[:p])


def fit_weights(
    mean: Tensor, covariance: Tensor, structure: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the maximum-likelihood bias (m,), weights (d, m) and variances (m,) of m nodes.

    `mean` (d,) and `covariance` (d, d) are of d columns, the nodes being the last m; `structure` is
    bool (d, m) with [i, j] for column i → node j. Differentiable in both moments. Variances are at
    least 1e-9 of the marginal variance. Raises ValueError if a shape does not fit.
    """
    structure = torch.as_tensor(structure, dtype=torch.bool, device=covariance.device)
    d, m = structure.shape
    if mean.shape != (d,) or covariance.shape != (d, d) or m > d:
        raise ValueError(
            f"mean, covariance and structure must have shapes (d,), (d, d) and (d, m <= d), got "
            f"{tuple(mean.shape)}, {tuple(covariance.shape)} and {(d, m)}"
        )
    scale = covariance.diagonal().sqrt()
    correlation = covariance / torch.outer(scale, scale)
    parents = structure.T.to(covariance)
    # Columns that are no parents get an identity block and a zero right-hand side: weight zero.
    gram = correlation * parents[:, :, None] * parents[:, None, :]
    gram = gram + torch.diag_embed(1.0 - parents + JITTER)
    shared = correlation[d - m :] * parents
    solution = torch.linalg.solve(gram, shared)
    residual = (1.0 - (solution * shared).sum(1)).clamp(min=VARIANCE_FLOOR)
    weights = (solution * scale[d - m :, None] / scale).T
    return mean[d - m :] - mean @ weights, weights, residual * scale[d - m :].square()


def _search(moments: SliceMoments, p: int, max_parents: int | None) -> Tensor:
    """Structure (d, p) of the last p columns; the columns before them have no parents."""
    d = len(moments.mean)
    enough_rows = max(moments.num_rows - 2, 0)
    graph = hill_climb(
        moments.covariance.detach().cpu().numpy(),
        moments.size,
        targets=np.arange(d - p, d),
        max_parents=enough_rows if max_parents is None else min(max_parents, enough_rows),
    )
    return torch.from_numpy(graph[:, d - p :])


def _first_slice(statistics: SufficientStatistics, size: float) -> SliceMoments:
    p, (pattern,) = statistics.num_variables, statistics.patterns
    moments = SliceMoments(pattern.mean[:p], pattern.covariance[:p, :p], statistics.num_rows, size)
    _require_variation(moments, p, ["in slice 0"])
    return moments


def _neighbouring_slices(statistics: SufficientStatistics, size: float) -> SliceMoments:
    """Moments of (x_{t−1}, x_t) pooled over t: the mean covariance plus that of the means."""
    p, (pattern,) = statistics.num_variables, statistics.patterns
    num_pairs, covariance = statistics.num_slices - 1, pattern.covariance
    windows = [slice(t * p, (t + 2) * p) for t in range(num_pairs)]
    means = torch.stack([pattern.mean[window] for window in windows])
    within = torch.stack([covariance[window, window] for window in windows]).mean(0)
    centred = means - means.mean(0)
    moments = SliceMoments(
        means.mean(0),
        within + centred.T @ centred / num_pairs,
        statistics.num_rows * num_pairs,
        size * num_pairs,
    )
    places = [f"over slices 0 to {num_pairs - 1}", f"over slices 1 to {num_pairs}"]
    _require_variation(moments, p, places)
    return moments


def _shrunk(moments: SliceMoments, ridge: float) -> SliceMoments:
    """Shrink the off-diagonals of the covariance by size/(size + ridge)."""
    keep = moments.size / (moments.size + ridge)
    diagonal = torch.diag(moments.covariance.diagonal())
    return moments._replace(covariance=keep * moments.covariance + (1.0 - keep) * diagonal)


def _complete_statistics(data: Tensor | SufficientStatistics) -> SufficientStatistics:
    """Summarise `data`, or raise ValueError if a row is too few or an entry hidden."""
    known = isinstance(data, SufficientStatistics)
    statistics = data if known else SufficientStatistics.from_trajectories(data)
    hidden = ~torch.stack([pattern.observed for pattern in statistics.patterns]).all(0)
    if hidden.any():
        entry = first_entry(hidden)
        raise ValueError(f"data must hide no entry, but {entry} has NaN: fit on complete rows only")
    if statistics.num_rows < 2:
        raise ValueError(f"data must have at least 2 rows, got {statistics.num_rows}")
    return statistics


def _require_variation(moments: SliceMoments, p: int, places: list[str]) -> None:
    """Raise ValueError if a column's variance is no more than the rounding of its mean."""
    std = moments.covariance.detach().diagonal().clamp(min=0).sqrt()
    constant = (std <= CONSTANT * moments.mean.detach().abs()).nonzero()
    if len(constant):
        block, variable = divmod(int(constant[0]), p)
        raise ValueError(f"data must vary, but variable {variable} is constant {places[block]}")
