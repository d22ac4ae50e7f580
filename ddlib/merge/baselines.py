r"""What one would do in place of distillation: each way to a network from the sources' rows.

`BASELINES` know nothing of measurement noise; `pairwise` and `unstructured` are told. A network of
all variables is wanted, so the two that use some columns only take the others as independent, each
with its own mean and variance.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, SimpleImputer
from torch import Generator, Tensor

from ddlib.arguments import count_faults, raise_faults
from ddlib.dbn import LinearGaussianDBN, PatternMoments, SufficientStatistics, fit_em, learn_dbn
from ddlib.dbn.available import available_moments
from ddlib.dbn.checks import range_faults
from ddlib.streams import check_generator

Baseline = Callable[[Sequence[Tensor], float], LinearGaussianDBN]
"""From the rows `(n, T, p)` of each source and a ridge to a network."""


def source_alone(sources: Sequence[Tensor], ridge: float, *, which: int = 0) -> LinearGaussianDBN:
    """Return the network of the rows of one source; what it hides in a row is independent.

    The means and variances of that, which it cannot know, are those of the other sources.

    Args:
        sources: rows `(n, T, p)` of each, NaN where hidden.
        ridge: as in `learn_dbn`, in pseudo-rows.
        which: index of the source.

    Raises:
        ValueError: for an index that no source has.
    """
    last = len(sources) - 1
    raise_faults(range_faults("which", which, 0, last, f"a whole number from 0 to {last}"))
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
    return _learn_filled(IterativeImputer(random_state=0), sources, ridge)


def fill_drawn(
    sources: Sequence[Tensor], ridge: float, *, num_fills: int, generator: Generator
) -> LinearGaussianDBN:
    """Return the network of the pooled rows with holes filled by draws, several times over.

    Each draw is from the predictive law of a Bayesian regression on the other columns (`Iterative
    Imputer` with `sample_posterior`). One fill is a stochastic imputation; several are multiple
    imputation, whose moments are the mean of those of the fills. All speak for the rows they fill.

    Args:
        sources: rows `(n, T, p)` of each, NaN where hidden.
        ridge: as in `learn_dbn`, in pseudo-rows.
        num_fills: number of draws of each hole.
        generator: draws.

    Raises:
        ValueError: unless `num_fills` is a whole number, at least 1.
        TypeError: for no generator.
    """
    raise_faults(count_faults("num_fills", num_fills, 1))
    check_generator("generator", generator)
    pooled = torch.cat(list(sources))
    seeds = torch.randint(2**31 - 1, (num_fills,), generator=generator).tolist()
    fills = [
        _filled(IterativeImputer(sample_posterior=True, random_state=s), pooled) for s in seeds
    ]
    return learn_dbn(torch.cat(fills), ridge=ridge, effective_size=len(pooled))


def pairwise(sources: Sequence[Tensor], ridge: float, *, noise_std: float) -> LinearGaussianDBN:
    """Return the network of the moments of each pair, from the rows that see both, less the noise.

    Args:
        sources: rows `(n, T, p)` of each, NaN where hidden.
        ridge: as in `learn_dbn`, in pseudo-rows.
        noise_std: of the measurement, in the units of the data.
    """
    statistics = SufficientStatistics.from_batches(sources)
    moments = available_moments(statistics, noise_std=noise_std)
    return _learn_moments(statistics, *moments, ridge)


def unstructured(sources: Sequence[Tensor], ridge: float, *, noise_std: float) -> LinearGaussianDBN:
    """Return the network with every arc that maximises the likelihood of noisy sources, by EM.

    Args:
        sources: rows `(n, T, p)` of each, NaN where hidden.
        ridge: prior of EM, in pseudo-rows.
        noise_std: of the measurement, in the units of the data.
    """
    p = sources[0].shape[-1]
    within = torch.ones(p, p, dtype=torch.bool).triu(1)
    structure = within, torch.cat([torch.ones(p, p, dtype=torch.bool), within])
    return fit_em(
        sources, noise_std=noise_std, structure=structure, ridge=ridge, tolerance=1e-5
    ).network


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
    return learn_dbn(_filled(imputer, torch.cat(list(sources))), ridge=ridge)


def _filled(imputer: SimpleImputer | IterativeImputer, rows: Tensor) -> Tensor:
    """Return rows `(n, T, p)` with their holes filled."""
    with warnings.catch_warnings():
        # It stops after ten rounds, and users take what it returns: so do we.
        warnings.simplefilter("ignore", ConvergenceWarning)
        filled = imputer.fit_transform(rows.flatten(1).numpy())
    return torch.from_numpy(filled).view(rows.shape)


def _learn_block(
    sources: Sequence[Tensor], rows: Tensor, used: Tensor, ridge: float
) -> LinearGaussianDBN:
    """Learn from the columns `used` (T·p,) of `rows`; the others are independent of everything."""
    statistics = SufficientStatistics.from_batches(sources)
    mean, covariance = available_moments(statistics)
    covariance = torch.diag(covariance.diagonal())
    block = rows.flatten(1)[:, used]
    mean[used] = block.mean(0)
    covariance[used.nonzero(), used] = 0.0
    covariance[used.nonzero(), used.nonzero()[:, 0]] = torch.cov(block.T, correction=0)
    return _learn_moments(statistics, mean, covariance, ridge, len(rows))


def _learn_moments(
    statistics: SufficientStatistics,
    mean: Tensor,
    covariance: Tensor,
    ridge: float,
    num_rows: int | None = None,
) -> LinearGaussianDBN:
    """Learn from moments as if complete rows had them; as many as there are unless told."""
    count = statistics.num_rows if num_rows is None else num_rows
    everything = torch.ones(statistics.num_slices, statistics.num_variables, dtype=torch.bool)
    moments = PatternMoments(everything, count, mean, count * covariance)
    return learn_dbn(SufficientStatistics((moments,)), ridge=ridge)
