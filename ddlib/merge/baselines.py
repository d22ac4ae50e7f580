r"""What one would do in place of distillation: each way to a network from the sources' rows.

None of these knows of measurement noise. A network of all variables is wanted, so the
two that use some columns only take the others as independent, each with its own mean and variance.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, SimpleImputer
from torch import Tensor

from ddlib.dbn import LinearGaussianDBN, PatternMoments, SufficientStatistics, learn_dbn
from ddlib.dbn.available import available_moments

Baseline = Callable[[Sequence[Tensor], float], LinearGaussianDBN]
"""From the rows `(n, T, p)` of each source and a ridge to a network."""


def source_alone(sources: Sequence[Tensor], ridge: float, *, which: int = 0) -> LinearGaussianDBN:
    """Return the network of the rows of one source; what it hides in a row is independent.

    The means and variances of that, which it cannot know, are those of the other sources.

    Args:
        sources: rows `(n, T, p)` of each, NaN where hidden.
        ridge: as in `learn_dbn`, in pseudo-rows.
        which: index of the source.
    """
    seen = sources[which].isfinite().flatten(1).all(0)
    return _learn_block(sources, sources[which], seen, ridge)


def shared_columns(sources: Sequence[Tensor], ridge: float) -> LinearGaussianDBN:
    """Return the network of the variables that every source sees; the others are independent.

    Args:
        sources: rows `(n, T, p)` of each, NaN where hidden.
        ridge: as in `learn_dbn`, in pseudo-rows.
    """
    pooled = torch.cat(list(sources))
    return _learn_block(sources, pooled, pooled.isfinite().flatten(1).all(0), ridge)


def fill_zero(sources: Sequence[Tensor], ridge: float) -> LinearGaussianDBN:
    """Return the network of the pooled rows with every hole filled by zero.

    Args:
        sources: rows `(n, T, p)` of each, NaN where hidden.
        ridge: as in `learn_dbn`, in pseudo-rows.
    """
    return learn_dbn(torch.cat(list(sources)).nan_to_num(0.0), ridge=ridge)


def fill_mean(sources: Sequence[Tensor], ridge: float) -> LinearGaussianDBN:
    """Return the network of the pooled rows with every hole filled by its column's mean.

    Args:
        sources: rows `(n, T, p)` of each, NaN where hidden.
        ridge: as in `learn_dbn`, in pseudo-rows.
    """
    return _learn_filled(SimpleImputer(), sources, ridge)


def fill_iterative(sources: Sequence[Tensor], ridge: float) -> LinearGaussianDBN:
    """Return the network of the pooled rows with holes filled by scikit-learn's `IterativeImputer`.

    Each column is regressed on all others in turn, and its holes filled by the prediction.

    Args:
        sources: rows `(n, T, p)` of each, NaN where hidden.
        ridge: as in `learn_dbn`, in pseudo-rows.
    """
    with warnings.catch_warnings():
        # It stops after ten rounds, and users take what it returns: so do we.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return _learn_filled(IterativeImputer(random_state=0), sources, ridge)


BASELINES: dict[str, Baseline] = {
    "shared columns only": shared_columns,
    "holes filled by zero": fill_zero,
    "holes filled by the mean": fill_mean,
    "IterativeImputer": fill_iterative,
}
"""All baselines by name."""


def _learn_filled(
    imputer: SimpleImputer | IterativeImputer, sources: Sequence[Tensor], ridge: float
) -> LinearGaussianDBN:
    pooled = torch.cat(list(sources))
    filled = imputer.fit_transform(pooled.flatten(1).numpy())
    return learn_dbn(torch.from_numpy(filled).view(pooled.shape), ridge=ridge)


def _learn_block(
    sources: Sequence[Tensor], rows: Tensor, used: Tensor, ridge: float
) -> LinearGaussianDBN:
    """Learn from the columns `used` (T·p,) of `rows`; the others are independent of everything."""
    mean, covariance = available_moments(SufficientStatistics.from_batches(sources))
    covariance = torch.diag(covariance.diagonal())
    block = rows.flatten(1)[:, used]
    mean[used] = block.mean(0)
    covariance[used.nonzero(), used] = 0.0
    covariance[used.nonzero(), used.nonzero()[:, 0]] = torch.cov(block.T, correction=0)
    everything = torch.ones(rows.shape[1:], dtype=torch.bool)
    moments = PatternMoments(everything, len(rows), mean, len(rows) * covariance)
    return learn_dbn(SufficientStatistics((moments,)), ridge=ridge)
