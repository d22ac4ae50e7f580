r"""Ridge regression with one or several responses: any weights of rank $r$ fit into $r$ rows.

Rows are $(x, y)$, $d$ features then $k$ responses. The learner returns weights $\Theta$ `(d, k)`;
the criterion is the squared error in prediction on the law, weighted over the responses. The
weights name the task: `(1, 0)` asks for the first response alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from ddlib.learners.kernel_ridge import prediction_error


@dataclass(frozen=True)
class LinearLaw:
    r"""$x\sim N(0,\Sigma)$, $y=B^\top x+\sigma\varepsilon$.

    Attributes:
        weights: $B$, `(d, k)`.
        covariance: $\Sigma$, `(d, d)`, positive semi-definite; definite where rows are drawn.
        noise_std: $\sigma$, in the units of the responses.
    """

    weights: Tensor
    covariance: Tensor
    noise_std: float

    def sample(self, num_rows: int, *, generator: Generator) -> Tensor:
        """Return `(num_rows, d + k)` independent rows, features first.

        Args:
            num_rows: number of rows.
            generator: draws them.
        """
        dim, num_responses = self.weights.shape
        noise = torch.randn(
            num_rows, dim + num_responses, dtype=self.weights.dtype, generator=generator
        )
        x = noise[:, :dim] @ torch.linalg.cholesky(self.covariance).T
        return torch.cat([x, x @ self.weights + self.noise_std * noise[:, dim:]], dim=1)

    def risk(self, theta: Tensor, task: Tensor) -> Tensor:
        r"""Return $\mathcal R_Q(\Theta)=\sum_k w_k\,\mathbb E(y_k-\theta_k^\top x)^2$, exactly.

        Args:
            theta: weights of the regression, `(d, k)`.
            task: weights $w$ of the responses, `(k,)`, at least 0.
        """
        error = theta - self.weights
        excess = (error * (self.covariance @ error)).sum(0)
        return task @ (excess + self.noise_std**2)

    def best_weights(self, task: Tensor, num_rows: int) -> Tensor:
        r"""Return the best $\Theta$ that `num_rows` rows can carry: the best of rank $m$.

        With $W=\mathrm{diag}(\sqrt w)$ it is $BWV_mV_m^\top W^+$. The columns of $V_m$ are the
        first $m$ right singular vectors of $\Sigma^{1/2}BW$; no other is better (Eckart and Young
        1936). A response of weight 0 does not enter; it gets weights of 0.

        Args:
            task: weights $w$ of the responses, `(k,)`, at least 0.
            num_rows: $m$.
        """
        scale = task.sqrt()
        scaled = self.weights * scale
        # The eigenvectors of its square: the covariance may be singular, and needs no root.
        vectors = torch.linalg.eigh(scaled.T @ self.covariance @ scaled).eigenvectors
        kept = vectors[:, max(len(scale) - num_rows, 0) :]
        return torch.where(scale > 0, scaled @ kept @ kept.T / scale, 0.0)


@dataclass(frozen=True)
class Ridge:
    r"""$\Theta=(X^\top X/m+\lambda I)^{-1}X^\top Y/m$ from rows `(m, d + k)`.

    It is kernel ridge regression with the linear `kernel`, and $\Theta$ minimises its `loss`.

    Attributes:
        num_responses: $k$.
        penalty: $\lambda$, in the units of a feature's variance.
        num_steps: number of steps of a descent of the loss.
        step_size: of that descent.

    Raises:
        ValueError: for no response, and a penalty that is not above 0.
    """

    num_responses: int
    penalty: float
    num_steps: int = 20
    step_size: float = 0.2

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.num_responses < 1:
            raise ValueError(f"num_responses = {self.num_responses}: must be at least 1")
        if not self.penalty > 0:
            raise ValueError(f"penalty = {self.penalty}: must be above 0")

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> Tensor:
        r"""Return $\Theta$ `(d, k)`, differentiable in `rows`.

        Args:
            rows: `(m, d + k)`.
            generator: not used, as nothing is random.
        """
        x, y = rows[:, : -self.num_responses], rows[:, -self.num_responses :]
        gram = x.T @ x / len(rows)
        gram = gram + self.penalty * torch.eye(len(gram), dtype=rows.dtype, device=rows.device)
        return torch.linalg.solve(gram, x.T @ y / len(rows))

    def predict(self, theta: Tensor, inputs: Tensor) -> Tensor:
        r"""Return the responses $X\Theta$, `(n, k)`.

        Args:
            theta: $\Theta$, `(d, k)`.
            inputs: `(n, d)`.
        """
        return inputs @ theta

    @staticmethod
    def kernel(first: Tensor, second: Tensor) -> Tensor:
        r"""Return $\langle x_i,x_j\rangle$, `(m, n)`.

        Args:
            first: inputs `(m, d)`.
            second: inputs `(n, d)`.
        """
        return first @ second.T

    def initial(self, rows: Tensor, *, generator: Generator) -> Tensor:
        r"""Return $\Theta_0=0$ `(d, k)`.

        Args:
            rows: `(m, d + k)`, whose width and type matter alone.
            generator: not used, as nothing is random.
        """
        return rows.new_zeros(rows.shape[1] - self.num_responses, self.num_responses)

    def loss(self, theta: Tensor, rows: Tensor) -> Tensor:
        r"""Return $\frac1{2m}\|Y-X\Theta\|^2+\frac\lambda2\|\Theta\|^2$, a scalar.

        Args:
            theta: $\Theta$, `(d, k)`.
            rows: `(m, d + k)`.
        """
        x, y = rows[:, : -self.num_responses], rows[:, -self.num_responses :]
        squares = (y - x @ theta).square().sum() / len(rows)
        return 0.5 * (squares + self.penalty * theta.square().sum())

    def layers(self, theta: Tensor) -> list[Tensor]:
        r"""Return the one layer: features by responses.

        Args:
            theta: $\Theta$, `(d, k)`, or a gradient in it.
        """
        return [theta]

    def model(self, theta: Tensor) -> Tensor:
        r"""Return $\Theta$: the criterion takes the weights.

        Args:
            theta: $\Theta$, `(d, k)`.
        """
        return theta

    def rows_for(
        self, theta: Tensor, num_rows: int, *, generator: Generator | None = None
    ) -> Tensor:
        r"""Return `(num_rows, d + k)` rows that this learner maps to $\Theta$, to rounding.

        With $\Theta=UCV^\top$ of rank $r\le m$: $X=\sqrt m\,U^\top$, $Y=\sqrt m(1+\lambda)CV^\top$,
        then rows of zeros. $X^\top X/m=UU^\top$, so the penalty shrinks by $1/(1+\lambda)$ and no
        direction is lost.

        Args:
            theta: $\Theta$, `(d, k)`.
            num_rows: $m$.
            generator: not used, as nothing is random.

        Raises:
            ValueError: when the rank is above `num_rows`: every $\Theta$ that $m$ rows give lies
                in the span of their $m$ feature vectors.
        """
        u, c, vt = torch.linalg.svd(theta, full_matrices=False)
        rank = int((c > c[0] * 1e-12).sum())
        if num_rows < max(rank, 1):
            raise ValueError(f"num_rows = {num_rows}: must be at least the rank of theta, {rank}")
        carried = torch.cat([u.T, (1 + self.penalty) * c[:, None] * vt], dim=1)[:rank]
        empty = carried.new_zeros(num_rows - rank, carried.shape[1])
        return num_rows**0.5 * torch.cat([carried, empty])


def squared_error(rows: Tensor, theta: Tensor, task: Tensor) -> Tensor:
    r"""Return $\frac1n\sum_i\sum_k w_k(y_{ik}-\theta_k^\top x_i)^2$, a scalar.

    Args:
        rows: `(n, d + k)`.
        theta: weights of the regression, `(d, k)`.
        task: weights $w$ of the responses, `(k,)`, at least 0.
    """
    return prediction_error(rows, lambda x: x @ theta, task)


def random_linear_law(
    dim: int, num_responses: int, *, noise_std: float, generator: Generator
) -> LinearLaw:
    """Return a law with correlated features and unrelated responses, float64.

    Args:
        dim: number of features d.
        num_responses: number of responses k.
        noise_std: standard deviation of the noise, in the units of the responses.
        generator: draws weights and covariance.
    """
    weights = torch.randn(dim, num_responses, dtype=torch.float64, generator=generator)
    factor = torch.randn(dim, 2 * dim, dtype=torch.float64, generator=generator)
    return LinearLaw(weights, factor @ factor.T / (2 * dim), noise_std)
