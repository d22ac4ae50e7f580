"""Learn a DBN from complete trajectories: structure by BIC, weights by maximum likelihood.

The data enter through their mean and covariance alone, and so learning takes as long from ten rows
as from a million, once these are made; `regressions` has the formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ddlib.arguments import count_faults, fault, raise_faults, size_faults
from ddlib.dbn.checks import as_float64
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.regressions import Regression, Structure, fit, regressions, search
from ddlib.dbn.statistics import SufficientStatistics, as_trajectories, first_entry

# A standard deviation below this share of the mean is the rounding of a constant.
CONSTANT = 1e-13


class _JointMoments(NamedTuple):
    """Mean (…, T·p) and covariance (…, T·p, T·p) of complete trajectories of `shape` (T, p)."""

    mean: Tensor
    covariance: Tensor
    shape: tuple[int, int]
    num_rows: int


def learn_dbn(
    data: Tensor | SufficientStatistics,
    *,
    effective_size: float | None = None,
    ridge: float = 0.0,
    max_parents: int | None = None,
    structure: Structure | None = None,
    patience: int = 0,
) -> LinearGaussianDBN:
    """Return the DBN learned from complete data, its weights differentiable in them.

    With T = 1 the transition repeats the first slice, with zero lagged weights. Fig. 1 caption;
    BIC is Reconstructed.

    Args:
        data: trajectories `(n, T, p)` or their statistics. A batch of data sets `(B, n, T, p)`
            gives a batch of networks, each as if learned alone.
        effective_size: number of trajectories that the data stand for, n unless told: BIC is as if
            these moments came from so many.
        ridge: pseudo-rows, which shrink covariances, not variances, by size/(size + ridge).
        max_parents: most parents of a node. The rows at hand, less two, bound them too.
        structure: known arcs, as in `LinearGaussianDBN.structure`, which skip the search.
        patience: as in `hill_climb`.

    Raises:
        ValueError: for hidden or infinite entries, fewer than two rows, a constant variable, data
            that are no dense tensor of real numbers, and an argument out of its range.
    """
    joint = _joint_moments(data)
    _check_settings(effective_size, ridge, max_parents, patience)
    size = joint.num_rows if effective_size is None else float(effective_size)
    check_structure(structure, joint.shape[1])
    moments = regressions(joint.mean, joint.covariance, joint.shape, joint.num_rows, size)
    for regression in moments:
        _require_variation(regression, joint.shape)
    moments = [_shrunk(regression, float(ridge)) for regression in moments]
    if structure is None:
        structure = search(moments, max_parents=max_parents, patience=patience)
    return fit(moments, structure)


def check_structure(structure: Structure | None, p: int) -> None:
    """Check that a structure is two tensors or arrays of the right shapes.

    Args:
        structure: as in `LinearGaussianDBN.structure`; None is right.
        p: number of variables.

    Raises:
        ValueError: for anything else, and for shapes other than those of p variables.
    """
    if structure is None:
        return
    parts = structure if isinstance(structure, Sequence) else ()
    if len(parts) != 2 or not all(isinstance(arcs, Tensor | np.ndarray) for arcs in parts):
        raise ValueError(fault("structure", structure, f"tensors ({p}, {p}) and ({2 * p}, {p})"))
    if [tuple(arcs.shape[-2:]) for arcs in structure] != [(p, p), (2 * p, p)]:
        raise ValueError(
            f"structure: shapes {[tuple(arcs.shape) for arcs in structure]}; must be ({p}, {p}) "
            f"and ({2 * p}, {p})"
        )


def _check_settings(
    effective_size: object, ridge: object, max_parents: object, patience: object
) -> None:
    """Raise one ValueError for all settings that are out of their range."""
    faults: list[str] = []
    if effective_size is not None:
        wanted = "finite and at least 1"
        faults += size_faults("effective_size", effective_size, wanted, least=1)
    faults += size_faults("ridge", ridge, "finite and at least 0")
    if max_parents is not None:
        faults += count_faults("max_parents", max_parents, 0)
    raise_faults(faults + count_faults("patience", patience, 0))


def _joint_moments(data: Tensor | SufficientStatistics) -> _JointMoments:
    """Summarise `data`, or raise ValueError if a row is too few or an entry hidden."""
    if isinstance(data, SufficientStatistics):
        _require_complete(~torch.stack([p.observed for p in data.patterns]).all(0))
        (pattern,), shape = data.patterns, (data.num_slices, data.num_variables)
        joint = _JointMoments(pattern.mean, pattern.covariance, shape, pattern.count)
    else:
        joint = _moments_of_rows(as_float64("data", data))
    if joint.num_rows < 2:
        raise ValueError(f"data: {joint.num_rows} rows; must be at least 2")
    return joint


def _moments_of_rows(rows: Tensor) -> _JointMoments:
    """Summarise rows ([B,] n, T, p), or raise ValueError if an entry is infinite or hidden."""
    rows = rows if rows.ndim == 4 else as_trajectories(rows)
    if not rows.isfinite().all():
        as_trajectories(rows.flatten(0, -3))  # names an infinite entry
        hidden = rows.isnan()
        _require_complete(hidden.any(0) if rows.ndim == 4 else hidden)
    num_rows, num_slices, p = rows.shape[-3:]
    flat = rows.flatten(-2)
    mean = flat.mean(-2)
    centred = flat - mean[..., None, :]
    covariance = centred.mT @ centred / max(num_rows, 1)
    return _JointMoments(mean, covariance, (num_slices, p), num_rows)


def _require_complete(hidden: Tensor) -> None:
    """Raise ValueError if an entry of `hidden`, (T, p) or (n, T, p), is True."""
    if hidden.any():
        raise ValueError(
            f"data: {first_entry(hidden)} is NaN; must hide no entry, and fit_em learns from rows "
            "that do"
        )


def _require_variation(regression: Regression, shape: tuple[int, int]) -> None:
    """Raise ValueError if a column's variance is no more than the rounding of its mean."""
    variance = regression.covariance.detach().diagonal(dim1=-2, dim2=-1).clamp(min=0)
    constant = variance.sqrt() <= CONSTANT * regression.mean.detach().abs()
    if constant.any():
        num_slices, p = shape
        block, variable = divmod(int(constant.nonzero()[0, -1]), p)
        is_pair = regression.mean.shape[-1] > p
        place = f"over slices {block} to {num_slices - 2 + block}" if is_pair else "in slice 0"
        raise ValueError(f"data: variable {variable} is constant {place}; must vary")


def _shrunk(regression: Regression, ridge: float) -> Regression:
    """Shrink the off-diagonals of the covariance by size/(size + ridge)."""
    keep = regression.size / (regression.size + ridge)
    diagonal = torch.diag_embed(regression.covariance.diagonal(dim1=-2, dim2=-1))
    return regression._replace(covariance=keep * regression.covariance + (1.0 - keep) * diagonal)
