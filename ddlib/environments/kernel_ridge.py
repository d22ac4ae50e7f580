r"""Kernel ridge regression: the model is a sum of kernels at the synthetic inputs.

Rows are $(x, y)$, $d$ inputs then $k$ responses. From $m$ rows $S$ the learner has

$$f(x)=K_{xS}\,(K_{SS}+m\lambda I)^{-1}Y_S,$$

and the criterion is the squared error of $f$ on training rows, weighted over the responses. $f$ is
linear in $Y_S$, so that the best labels of given inputs are a least-squares solution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor


@dataclass(frozen=True)
class RBF:
    r"""$k(a,b)=\exp(-\|a-b\|^2/2h^2)$, with `bandwidth` $h$ in the units of the inputs."""

    bandwidth: float

    def __post_init__(self) -> None:
        """Check the bandwidth; raise `ValueError` unless it is above 0."""
        if not self.bandwidth > 0:
            raise ValueError(f"bandwidth = {self.bandwidth}: must be above 0")

    @classmethod
    def median(cls, inputs: Tensor) -> RBF:
        """Return the kernel with the median distance between the first 500 of `inputs` `(n, d)`.

        Raises `ValueError` for fewer than two inputs and where half of the pairs coincide.
        """
        if len(inputs) < 2:
            raise ValueError(f"inputs: {len(inputs)}; must be at least 2 for a distance")
        return cls(torch.pdist(inputs[:500]).quantile(0.5).item())

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the kernel `(m, n)` between `a` `(m, d)` and `b` `(n, d)`."""
        # Distances are the same from any origin, and exact only near it.
        origin = b.detach().mean(0)
        a, b = (a - origin) / self.bandwidth, (b - origin) / self.bandwidth
        # No clamp at 0: rounding below it is harmless, a cut second derivative is not.
        squared = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T
        return (-squared / 2).exp()


@dataclass(frozen=True)
class KernelModel:
    r"""$f(x)=\sum_i k(x,x_i)\,\alpha_i$ with `support` $x_i$ `(m, d)`, `coefficients` `(m, k)`."""

    support: Tensor
    coefficients: Tensor
    kernel: Callable[[Tensor, Tensor], Tensor]

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the predictions `(n, k)` at `inputs` `(n, d)`."""
        return self.kernel(inputs, self.support) @ self.coefficients


@dataclass(frozen=True)
class KernelRidge:
    r"""The `KernelModel` with $\alpha=(K_{SS}+m\lambda I)^{-1}Y_S$ from rows `(m, d + k)`.

    `num_responses` is $k$, `kernel` maps inputs `(m, d)` and `(n, d)` to a positive semi-definite
    $K$ `(m, n)`, `penalty` is $\lambda$ per row, in the units of the kernel.
    """

    num_responses: int
    kernel: Callable[[Tensor, Tensor], Tensor]
    penalty: float

    def __post_init__(self) -> None:
        """Check the settings; raise `ValueError` with the one that is wrong."""
        if self.num_responses < 1:
            raise ValueError(f"num_responses = {self.num_responses}: must be at least 1")
        if not self.penalty > 0:
            raise ValueError(f"penalty = {self.penalty}: must be above 0")

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> KernelModel:
        """Return the fitted `KernelModel`, differentiable in `rows`."""
        x, y = rows[:, : -self.num_responses], rows[:, -self.num_responses :]
        factor = torch.linalg.cholesky(self.penalised_kernel(x))
        return KernelModel(x, torch.cholesky_solve(y, factor), self.kernel)

    def penalised_kernel(self, inputs: Tensor) -> Tensor:
        r"""Return $K_{SS}+m\lambda I$ `(m, m)` of `inputs` `(m, d)`."""
        ridge = len(inputs) * self.penalty * torch.eye(len(inputs), dtype=inputs.dtype)
        return self.kernel(inputs, inputs) + ridge


def prediction_error(rows: Tensor, model: Callable[[Tensor], Tensor], task: Tensor) -> Tensor:
    r"""Return $\frac1n\sum_i\sum_k w_k(y_{ik}-f_k(x_i))^2$ over rows `(n, d + k)`.

    `model` is $f$, from inputs `(n, d)` to predictions `(n, k)`; `task` holds the weights $w$
    `(k,)`, at least 0.
    """
    x, y = rows[:, : -len(task)], rows[:, -len(task) :]
    return ((y - model(x)) ** 2).mean(0) @ task


def best_labels(learner: KernelRidge, inputs: Tensor, training: Tensor) -> Tensor:
    r"""Return the labels `(m, k)` of `inputs` `(m, d)` that fit `training` `(n, d + k)` best.

    $Y_S=(K_{SS}+m\lambda I)\,K_{TS}^{+}Y_T$, of the least coefficients among the minimisers of
    the mean squared error, and the best for every `task`, as no response bears on another.
    `ValueError` where the columns of `training` do not fit.
    """
    dim, num_responses = inputs.shape[1], learner.num_responses
    if training.shape[1] != dim + num_responses:
        raise ValueError(
            f"training: {training.shape[1]} columns; must be {dim} inputs and {num_responses} "
            "responses"
        )
    cross = learner.kernel(training[:, :dim], inputs)
    # The kernel of close inputs is singular to rounding, which only a driver by SVD survives.
    coefficients = torch.linalg.lstsq(cross, training[:, dim:], driver="gelsd").solution
    return learner.penalised_kernel(inputs) @ coefficients
