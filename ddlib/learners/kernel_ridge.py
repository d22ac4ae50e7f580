r"""Kernel ridge regression: the model is a sum of kernels at the synthetic inputs.

Rows are $(x, y)$, $d$ inputs then $k$ responses. From $m$ rows $S$ the learner has

$$f(x)=K_{xS}\,(K_{SS}+m\lambda I)^{-1}Y_S,$$

and the criterion is the squared error of $f$ on training rows, weighted over the responses. $f$ is
linear in $Y_S$, so that the best labels of given inputs are a least-squares solution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Generator, Tensor

Kernel = Callable[[Tensor, Tensor], Tensor]
"""Maps inputs `(m, d)` and `(n, d)` to a positive semi-definite `(m, n)`."""


@runtime_checkable
class KernelMethod(Protocol):
    """A learner that sees inputs through a kernel alone."""

    @property
    def kernel(self) -> Kernel:
        """The kernel of two sets of inputs."""
        ...

    @property
    def penalty(self) -> float:
        r"""The penalty $\lambda$ per row, in the units of the kernel."""
        ...


@dataclass(frozen=True)
class RBF:
    r"""The Gaussian kernel $k(a,b)=\exp(-\|a-b\|^2/2h^2)$.

    Attributes:
        bandwidth: $h$, in the units of the inputs.

    Raises:
        ValueError: unless the bandwidth is above 0.
    """

    bandwidth: float

    def __post_init__(self) -> None:
        """Check the bandwidth."""
        if not self.bandwidth > 0:
            raise ValueError(f"bandwidth = {self.bandwidth}: must be above 0")

    @classmethod
    def median(cls, inputs: Tensor) -> RBF:
        """Return the kernel whose bandwidth is the median distance of the first 500 inputs.

        Args:
            inputs: `(n, d)`.

        Raises:
            ValueError: for fewer than two inputs, and where half of the pairs coincide.
        """
        if len(inputs) < 2:
            raise ValueError(f"inputs: {len(inputs)} rows; must be at least 2 for a distance")
        return cls(torch.pdist(inputs[:500]).quantile(0.5).item())

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the kernel `(m, n)` between two sets of inputs.

        Args:
            a: `(m, d)`.
            b: `(n, d)`.
        """
        # Distances are the same from any origin, and exact only near it.
        origin = b.detach().mean(0)
        a, b = (a - origin) / self.bandwidth, (b - origin) / self.bandwidth
        # No clamp at 0: rounding below it is harmless, a cut second derivative is not.
        squared = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T
        return (-squared / 2).exp()


@dataclass(frozen=True)
class KernelModel:
    r"""The function $f(x)=\sum_i k(x,x_i)\,\alpha_i$.

    Attributes:
        support: $x_i$, `(m, d)`.
        coefficients: $\alpha_i$, `(m, k)`.
        kernel: $k$.
    """

    support: Tensor
    coefficients: Tensor
    kernel: Kernel

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the predictions `(n, k)`.

        Args:
            inputs: `(n, d)`.
        """
        return self.kernel(inputs, self.support) @ self.coefficients


@dataclass(frozen=True)
class KernelRidge:
    r"""The `KernelModel` with $\alpha=(K_{SS}+m\lambda I)^{-1}Y_S$ from rows `(m, d + k)`.

    Attributes:
        num_responses: $k$.
        kernel: $K$.
        penalty: $\lambda$ per row, in the units of the kernel.

    Raises:
        ValueError: for no response, and a penalty that is not above 0.
    """

    num_responses: int
    kernel: Kernel
    penalty: float

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.num_responses < 1:
            raise ValueError(f"num_responses = {self.num_responses}: must be at least 1")
        if not self.penalty > 0:
            raise ValueError(f"penalty = {self.penalty}: must be above 0")

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> KernelModel:
        """Return the fitted `KernelModel`, differentiable in `rows`.

        Args:
            rows: `(m, d + k)`.
            generator: not used, as nothing is random.
        """
        x, y = rows[:, : -self.num_responses], rows[:, -self.num_responses :]
        factor = torch.linalg.cholesky(self.penalised_kernel(x))
        return KernelModel(x, torch.cholesky_solve(y, factor), self.kernel)

    def predict(self, model: KernelModel, inputs: Tensor) -> Tensor:
        """Return the responses `(n, k)`.

        Args:
            model: what the learner returned.
            inputs: `(n, d)`.
        """
        return model(inputs)

    def penalised_kernel(self, inputs: Tensor) -> Tensor:
        r"""Return $K_{SS}+m\lambda I$, `(m, m)`.

        Args:
            inputs: `(m, d)`.
        """
        identity = torch.eye(len(inputs), dtype=inputs.dtype, device=inputs.device)
        return self.kernel(inputs, inputs) + len(inputs) * self.penalty * identity


def prediction_error(rows: Tensor, model: Callable[[Tensor], Tensor], task: Tensor) -> Tensor:
    r"""Return $\frac1n\sum_i\sum_k w_k(y_{ik}-f_k(x_i))^2$, a scalar.

    Args:
        rows: `(n, d + k)`.
        model: $f$, from inputs `(n, d)` to predictions `(n, k)`.
        task: weights $w$ of the responses, `(k,)`, at least 0.
    """
    x, y = rows[:, : -len(task)], rows[:, -len(task) :]
    return ((y - model(x)) ** 2).mean(0) @ task


def best_labels(learner: KernelRidge, inputs: Tensor, training: Tensor) -> Tensor:
    r"""Return the labels $Y_S$ `(m, k)` with which the learnt model fits `training` best.

    $Y_S=(K_{SS}+m\lambda I)\,K_{TS}^{+}Y_T$, of the least coefficients among the minimisers of
    the mean squared error, and the best for all weights of the responses, as none bears on
    another.

    Args:
        learner: learns the model.
        inputs: synthetic inputs `(m, d)`.
        training: rows `(n, d + k)`.

    Raises:
        ValueError: where the columns of `training` do not fit.
    """
    dim, num_responses = inputs.shape[1], learner.num_responses
    if training.shape[1] != dim + num_responses:
        raise ValueError(
            f"training: {training.shape[1]} columns; must be {dim} inputs and {num_responses} "
            "responses"
        )
    cross = learner.kernel(training[:, :dim], inputs)
    # The kernel of close inputs is singular to rounding, which only a driver by SVD survives, and
    # GPUs have none.
    targets = training[:, dim:]
    coefficients = torch.linalg.lstsq(cross.cpu(), targets.cpu(), driver="gelsd").solution
    return learner.penalised_kernel(inputs) @ coefficients.to(inputs.device)
