r"""Learners of scikit-learn on rows $(x,\alpha,y)$: they know nothing of the equation.

Distilled rows are handed to them to see whether the rows alone carry what the equation taught.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Generator, Tensor

from ddlib.layout import check_rows
from ddlib.pinn.data import LAYOUT


@dataclass(frozen=True)
class Regressor:
    """The learner that fits what `make` returns, given a number of inputs and a random state."""

    make: Callable[[int, int], Any]

    def __call__(
        self, rows: Tensor, *, generator: Generator | None = None
    ) -> Callable[[Tensor], Tensor]:
        """Return the fitted values as a function of points `(n, d + 1)`; `rows` `(m, d + 2)`.

        Raises `ValueError` for entries that are not finite.
        """
        check_rows("rows", rows, LAYOUT)
        state = 0
        if generator is not None:
            state = int(torch.randint(2**31 - 1, (), generator=generator))
        inputs, values = rows[:, :-1].detach().numpy(), rows[:, -1].detach().numpy()
        with warnings.catch_warnings():
            # No bounds are wide enough: the likelihood of values that are linear in a column
            # grows with its length scale for ever, that of values without noise as noise falls.
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted = self.make(inputs.shape[1], state).fit(inputs, values)
        return lambda points: torch.from_numpy(fitted.predict(points.numpy()))


def _gaussian_process(num_inputs: int, state: int) -> Any:
    """Return a process with a length for each input and noise of its own, by maximum likelihood."""
    kernel = ConstantKernel(1.0, (1e-4, 1e6)) * RBF([1.0] * num_inputs, (1e-2, 1e4))
    kernel = kernel + WhiteKernel(1e-2, (1e-8, 1e1))
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=state)
    return make_pipeline(StandardScaler(), process)


def _gradient_boosting(num_inputs: int, state: int) -> Any:
    """Return two hundred trees of depth three."""
    return GradientBoostingRegressor(n_estimators=200, min_samples_leaf=2, random_state=state)


GAUSSIAN_PROCESS = Regressor(_gaussian_process)
GRADIENT_BOOSTING = Regressor(_gradient_boosting)
