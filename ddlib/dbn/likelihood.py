"""The criterion of a density: how improbable a network finds rows."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ddlib.dbn.checks import as_float64
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.statistics import SufficientStatistics


def negative_log_likelihood(
    rows: Tensor, *, noise_std: float = 0.0
) -> Callable[[LinearGaussianDBN], Tensor]:
    """Return the criterion that maps a network to minus the mean log-likelihood of `rows`.

    The rows are reduced to their statistics once, so a value costs the same for any number of rows.

    Args:
        rows: `(n, T, p)`; hidden entries, NaN, are marginalised.
        noise_std: of independent measurement noise on each entry, in the units of the rows.

    Returns:
        A function to nats per trajectory, a scalar, or `(B,)` of a batch of networks. It raises
        ValueError as `LinearGaussianDBN.mean_log_likelihood` does.

    Raises:
        ValueError: as `SufficientStatistics.from_trajectories` does.
    """
    statistics = SufficientStatistics.from_trajectories(as_float64("rows", rows))
    return lambda model: -model.mean_log_likelihood(statistics, noise_std=noise_std)
