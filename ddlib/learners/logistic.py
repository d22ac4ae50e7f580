r"""Multinomial logistic regression, solved to its optimum.

Rows are $(x, y)$: $d$ inputs, then the probabilities of $k$ classes, one-hot or soft. The learner
returns the weights $\Theta$ `(d + 1, k)`, the intercepts in the last row, that minimise

$$\ell(\Theta;S)=-\frac1m\sum_i\sum_c y_{ic}\log\operatorname{softmax}_c(\Theta^\top(x_i,1))
+\frac\lambda2\lvert\Theta\rvert^2.$$
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

MAX_NEWTON_STEPS = 50
MAX_HALVINGS = 30


def soft_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    r"""Return the mean over rows of $-\sum_c y_c\log\operatorname{softmax}_c$, in nats.

    Args:
        logits: `(…, m, k)`.
        labels: $y$, probabilities of the classes, of the same shape.

    Returns:
        The mean, of shape `(…)`.

    Raises:
        ValueError: for two shapes.
    """
    if logits.shape != labels.shape:
        raise ValueError(
            f"labels: shape {tuple(labels.shape)}; must be that of logits, {tuple(logits.shape)}"
        )
    return -(labels * logits.log_softmax(-1)).sum(-1).mean(-1)


def error_rate(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the share of rows whose likeliest class is not the label's, of shape `(…)`.

    Args:
        logits: `(…, m, k)`.
        labels: probabilities of the classes, of the same shape.
    """
    return (logits.argmax(-1) != labels.argmax(-1)).to(logits.dtype).mean(-1)


@dataclass(frozen=True)
class LogisticRegression:
    r"""The minimiser $\Theta^*(S)$ of $\ell$, by Newton's method.

    Attributes:
        num_responses: $k$.
        penalty: $\lambda$, on the intercepts too.
        num_steps: number of steps of the descent that stands in for the optimum where a method
            needs one.
        step_size: of that descent.

    Raises:
        ValueError: for a setting out of its range.
    """

    num_responses: int
    penalty: float
    num_steps: int = 100
    step_size: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.num_responses < 2:
            raise ValueError(f"num_responses = {self.num_responses}: must be at least 2")
        if not self.penalty > 0:
            raise ValueError(f"penalty = {self.penalty}: must be above 0")
        if self.num_steps < 1:
            raise ValueError(f"num_steps = {self.num_steps}: must be at least 1")
        if not self.step_size > 0:
            raise ValueError(f"step_size = {self.step_size}: must be above 0")

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> Tensor:
        r"""Return $\Theta^*$ `(d + 1, k)`, with its derivative in `rows`.

        The optimum is found without a graph; one more Newton step,
        $\Theta^*-H^{-1}\nabla_\Theta\ell(\Theta^*;S)$ with $\Theta^*$ and $H$ held constant, has
        one. Its derivative is $-H^{-1}\partial_S\nabla_\Theta\ell$, which by the implicit function
        theorem is that of $\Theta^*(S)$. Only the first derivative is right.

        Args:
            rows: `(m, d + k)`.
            generator: not used, as nothing is random.

        Raises:
            ArithmeticError: when Newton's method does not converge.
        """
        x, y = self._split(rows)
        with torch.no_grad():
            # Off the span of the rows the optimum is 0 and H is the penalty: few rows cost little.
            basis = torch.linalg.qr(x.T).Q
            z = x @ basis
            theta = self._minimise(z, y)
            factor = self._factor(theta, z, y)
            theta = basis @ theta
        gradient = self._gradient(theta, x, y)
        inside = basis.T @ gradient
        outside = gradient - basis @ inside
        return theta - basis @ _solve(factor, inside) - outside / self.penalty

    def logits(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Return the logits `(m, k)`.

        Args:
            theta: weights `(d + 1, k)`.
            inputs: `(m, d)`.
        """
        return inputs @ theta[:-1] + theta[-1]

    def predict(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Return the logits `(n, k)`: what `logits` returns.

        Args:
            theta: weights `(d + 1, k)`.
            inputs: `(n, d)`.
        """
        return self.logits(theta, inputs)

    def loss(self, theta: Tensor, rows: Tensor) -> Tensor:
        r"""Return $\ell(\Theta;S)$, a scalar, in nats.

        Args:
            theta: weights `(d + 1, k)`.
            rows: `(m, d + k)`.
        """
        x, y = self._split(rows)
        return soft_cross_entropy(x @ theta, y) + self.penalty / 2 * theta.square().sum()

    def initial(self, rows: Tensor, *, generator: Generator) -> Tensor:
        """Return zeros `(d + 1, k)`.

        Args:
            rows: `(m, d + k)`, whose width and type matter alone.
            generator: not used, as nothing is random.
        """
        return rows.new_zeros(rows.shape[1] - self.num_responses + 1, self.num_responses)

    def layers(self, theta: Tensor) -> list[Tensor]:
        """Return the one layer's weights `(d, k)`, without the intercepts.

        Args:
            theta: weights `(d + 1, k)`, or a gradient in them.
        """
        return [theta[:-1]]

    def model(self, theta: Tensor) -> Tensor:
        """Return `theta`: the criterion takes the weights.

        Args:
            theta: weights `(d + 1, k)`.
        """
        return theta

    def _split(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the inputs with a column of ones, `(m, d + 1)`, and the labels `(m, k)`."""
        inputs, y = rows[:, : -self.num_responses], rows[:, -self.num_responses :]
        return torch.cat([inputs, rows.new_ones(len(rows), 1)], dim=1), y

    def _minimise(self, x: Tensor, y: Tensor) -> Tensor:
        r"""Return $\Theta^*$ from zeros, each Newton step halved until the gradient shrinks."""
        # In single precision the rounding of a gradient's largest terms hides what is below it.
        rounding = 32 * torch.finfo(x.dtype).eps
        tolerance = max(1e-9, rounding * x.square().sum(1).mean().sqrt().item())
        theta = x.new_zeros(x.shape[1], self.num_responses)
        gradient = self._gradient(theta, x, y)
        norm = gradient.norm()
        for _ in range(MAX_NEWTON_STEPS):
            norm = gradient.norm()
            if norm <= tolerance:
                return theta
            step = _solve(self._factor(theta, x, y), gradient)
            trial = theta
            for halvings in range(MAX_HALVINGS):
                trial = theta - 0.5**halvings * step
                gradient = self._gradient(trial, x, y)
                if gradient.norm() < norm:
                    break
            theta = trial
        raise ArithmeticError(
            f"rows: no optimum after {MAX_NEWTON_STEPS} Newton steps, gradient norm {norm:.1e}; "
            f"must be finite and not too large for penalty = {self.penalty} in {x.dtype}"
        )

    def _gradient(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        r"""Return $\nabla_\Theta\ell$ `(d + 1, k)`; the labels of a row may sum to other than 1."""
        residual = y.sum(1, keepdim=True) * (x @ theta).softmax(1) - y
        return x.T @ residual / len(x) + self.penalty * theta

    def _factor(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        r"""Return the Cholesky factor of $H=\nabla^2_\Theta\ell$, rows and columns as in $\Theta$.

        $H_{ic,je}=\frac1m\sum_n x_{ni}x_{nj}p_{nc}(\delta_{ce}-p_{ne})\sum_b y_{nb}
        +\lambda\delta_{ij}\delta_{ce}$.
        """
        p = (x @ theta).softmax(1)
        size = theta.numel()
        weighted = torch.einsum("ni,nc->nic", x, p * y.sum(1, keepdim=True) / len(x))
        hessian = -torch.einsum("nic,nje->icje", weighted, torch.einsum("nj,ne->nje", x, p))
        hessian.diagonal(dim1=1, dim2=3).add_(torch.einsum("nic,nj->ijc", weighted, x))
        hessian = hessian.reshape(size, size)
        hessian.diagonal().add_(self.penalty)
        factor, failed = torch.linalg.cholesky_ex(hessian)
        if failed:
            raise ArithmeticError(
                f"rows: the Hessian is not positive definite with penalty = {self.penalty} in "
                f"{x.dtype}; inputs must be smaller or the labels of a row must not sum below 0"
            )
        return factor


def _solve(factor: Tensor, gradient: Tensor) -> Tensor:
    """Return the Newton step, of the shape of `gradient`."""
    return torch.cholesky_solve(gradient.reshape(-1, 1), factor).reshape(gradient.shape)
