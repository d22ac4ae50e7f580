r"""Learners of scikit-learn on rows $(x,\alpha,y)$: they know nothing of the equation.

Distilled rows are handed to them to see whether the rows alone carry what the equation taught.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from ddlib.pinn.data import LAYOUT
from ddlib.problem.rows import check_rows

# Bounds of the Gaussian process' parameters, for columns and values of deviation 1: so wide that
# noisy rows have their optimum within.
SCALE_BOUNDS = (1e-4, 1e6)
LENGTH_BOUNDS = (1e-2, 1e4)
NOISE_BOUNDS = (1e-8, 1e1)
FIRST_NOISE = 1e-2  # variance at which the optimiser starts


@dataclass(frozen=True)
class Regressor:
    """The learner that fits a regressor of scikit-learn.

    Attributes:
        make: returns the regressor, given the number of inputs and a random state.
    """

    make: Callable[[int, int], Any]

    def __call__(
        self, rows: Tensor, *, generator: Generator | None = None
    ) -> Callable[[Tensor], Tensor]:
        """Return the fitted values as a function of points: from `(n, d + 1)` to `(n,)`.

        Args:
            rows: the rows that are fitted, `(m, d + 2)`.
            generator: draws the random state; 0 without one.

        Raises:
            ValueError: for entries that are not finite.
        """
        state = 0
        if generator is not None:
            state = int(torch.randint(2**31 - 1, (), generator=generator))
        fitted = _fitted(self.make, rows, state)
        return lambda points: torch.from_numpy(fitted.predict(points.numpy()))


def _fitted(make: Callable[[int, int], Any], rows: Tensor, state: int) -> Any:
    """Return the regressor that `make` makes, fitted to rows."""
    # Imported late: scikit-learn takes two seconds, and most chapters do without.
    from sklearn.exceptions import ConvergenceWarning

    check_rows("rows", rows, LAYOUT)
    inputs, values = rows[:, :-1].detach().numpy(), rows[:, -1].detach().numpy()
    with warnings.catch_warnings():
        # No bounds are wide enough: the likelihood of values that are linear in a column
        # grows with its length scale for ever, that of values without noise as noise falls.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return make(inputs.shape[1], state).fit(inputs, values)


def _gaussian_process(num_inputs: int, state: int) -> Any:
    """Return a process with a length for each input and noise of its own, by maximum likelihood."""
    # Imported late: scikit-learn takes two seconds, and most chapters do without.
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    lengths = [1.0] * num_inputs
    # The stub is wrong: there may be a length for each input.
    smooth = RBF(lengths, LENGTH_BOUNDS)  # pyright: ignore[reportArgumentType]
    kernel = ConstantKernel(1.0, SCALE_BOUNDS) * smooth + WhiteKernel(FIRST_NOISE, NOISE_BOUNDS)
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=state)
    return make_pipeline(StandardScaler(), process)


def _gradient_boosting(num_inputs: int, state: int) -> Any:
    """Return two hundred trees of depth three."""
    # Imported late: scikit-learn takes two seconds, and most chapters do without.
    from sklearn.ensemble import GradientBoostingRegressor

    return GradientBoostingRegressor(n_estimators=200, min_samples_leaf=2, random_state=state)


def kernel_lengths(rows: Tensor) -> Tensor:
    r"""Return the length scales of the Gaussian process of largest marginal likelihood.

    Args:
        rows: what it is fitted to, `(m, d + 2)`.

    Returns:
        A length for each column of a point, in its units, `(d + 1,)`.

    Raises:
        ValueError: for entries that are not finite.
    """
    scaler, process = _fitted(_gaussian_process, rows, 0)
    lengths = process.kernel_.k1.k2.length_scale
    return torch.from_numpy(lengths * scaler.scale_)


GAUSSIAN_PROCESS = Regressor(_gaussian_process)
"""Gaussian-process regression with parameters of largest marginal likelihood."""

GRADIENT_BOOSTING = Regressor(_gradient_boosting)
"""Gradient-boosted trees."""
