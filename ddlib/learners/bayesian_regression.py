r"""Bayesian linear regression with known noise: $d$ rows carry any posterior that data can give.

Rows are $(x, y)$, $d$ inputs then $k$ responses, $y=\Theta^\top x+\sigma\varepsilon$ with the prior
$\Theta_j\sim N(0,\tau^2I)$ and no intercept. From $m$ rows that stand for $n$ the learner has

$$\Lambda=\tau^{-2}I+\frac{n}{m\sigma^2}X^\top X,\qquad
\Theta_j\mid S\sim N(\mu_j,\Lambda^{-1}),\qquad \mu=\Lambda^{-1}\frac{n}{m\sigma^2}X^\top Y.$$

The criterion is $\mathrm{KL}(p_{\rm all}\,\|\,p_S)$ from the posterior of all training rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import torch
from torch import Generator, Tensor
from torch.distributions import Normal


@dataclass(frozen=True)
class Posterior:
    r"""Independent $\Theta_j\sim N(\mu_j,C)$ for each response $j$.

    Attributes:
        mean: $\mu$, `(d, k)`.
        covariance: the positive definite $C$ `(d, d)` that they share.
    """

    mean: Tensor
    covariance: Tensor

    def kl(self, other: Posterior) -> Tensor:
        r"""Return $\mathrm{KL}(\text{self}\,\|\,\text{other})$ in nats, summed over responses.

        With $C=LL^\top$ and $R=L_o^{-1}L$ it is $\frac12[k(\|R\|^2-d-2\log\det R)+
        \|L_o^{-1}(\mu_o-\mu)\|^2]$.

        Args:
            other: has $\mu_o$ and $L_o$.

        Raises:
            ValueError: where the two means differ in shape.
        """
        if other.mean.shape != self.mean.shape:
            raise ValueError(
                f"other: mean of shape {tuple(other.mean.shape)}; must be "
                f"{tuple(self.mean.shape)} as in this posterior"
            )
        dim, num_responses = self.mean.shape
        factor = torch.linalg.cholesky(other.covariance)
        ratio = torch.linalg.solve_triangular(
            factor, torch.linalg.cholesky(self.covariance), upper=False
        )
        shift = torch.linalg.solve_triangular(factor, other.mean - self.mean, upper=False)
        spread = ratio.square().sum() - dim - 2 * ratio.diagonal().log().sum()
        return 0.5 * (num_responses * spread + shift.square().sum())


@dataclass(frozen=True)
class BayesianRegression:
    r"""The `Posterior` of the weights from rows `(m, d + k)`.

    Attributes:
        num_responses: $k$.
        noise_std: $\sigma$, in the units of the responses.
        prior_std: $\tau$, in the units of the weights.
        effective_size: $n$, the number of rows that a distilled set speaks for; None for as many
            as it has.

    Raises:
        ValueError: for a setting out of its range.
    """

    num_responses: int
    noise_std: float
    prior_std: float
    effective_size: int | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.num_responses < 1:
            raise ValueError(f"num_responses = {self.num_responses}: must be at least 1")
        if not self.noise_std > 0:
            raise ValueError(f"noise_std = {self.noise_std}: must be above 0")
        if not self.prior_std > 0:
            raise ValueError(f"prior_std = {self.prior_std}: must be above 0")
        if self.effective_size is not None and self.effective_size < 1:
            raise ValueError(f"effective_size = {self.effective_size}: must be at least 1, or None")

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> Posterior:
        """Return the `Posterior`, differentiable in `rows`.

        Args:
            rows: `(m, d + k)`.
            generator: not used, as nothing is random.
        """
        x, y = rows[:, : -self.num_responses], rows[:, -self.num_responses :]
        scale = self._row_weight(len(rows))
        prior = torch.eye(x.shape[1], dtype=rows.dtype, device=rows.device) / self.prior_std**2
        factor = torch.linalg.cholesky(prior + scale * x.T @ x)
        mean = torch.cholesky_solve(scale * x.T @ y, factor)
        return Posterior(mean, torch.cholesky_inverse(factor))

    def rows_for(
        self, model: Posterior, num_rows: int, *, generator: Generator | None = None
    ) -> Tensor:
        r"""Return `(num_rows, d + k)` rows that this learner maps to `model`, to rounding.

        With $\Lambda-\tau^{-2}I=V\,\mathrm{diag}(s)V^\top$ of rank $r\le m$ and
        $\alpha=\sigma\sqrt{m/n}$: $X=\alpha\,\mathrm{diag}(\sqrt s)V^\top$,
        $Y=\alpha\,\mathrm{diag}(1/\sqrt s)V^\top\Lambda\mu$, then rows of zeros.

        Args:
            model: wanted posterior.
            num_rows: $m$.
            generator: not used, as nothing is random.

        Raises:
            ValueError: when the rank is above `num_rows`, and for a model that no rows give: less
                precise than the prior, or with a mean off the span of $V$.
        """
        variances, axes = self._informed_axes(model)
        rank = len(variances)
        if num_rows < max(rank, 1):
            raise ValueError(
                f"num_rows = {num_rows}: must be at least the rank of the data's precision, {rank}"
            )
        root = (1 / variances - 1 / self.prior_std**2).sqrt()[:, None]
        y = axes.T @ model.mean / (variances[:, None] * root)
        carried = torch.cat([root * axes.T, y], dim=1) / self._row_weight(num_rows) ** 0.5
        empty = carried.new_zeros(num_rows - rank, carried.shape[1])
        return torch.cat([carried, empty])

    def _row_weight(self, num_rows: int) -> float:
        r"""Return $n/(m\sigma^2)$, what one row adds to the precision per unit of $xx^\top$."""
        return (self.effective_size or num_rows) / (num_rows * self.noise_std**2)

    def _informed_axes(self, model: Posterior) -> tuple[Tensor, Tensor]:
        """Return the variances `(r,)` and axes `(d, r)` of `model` that data made more precise."""
        variances, axes = torch.linalg.eigh(model.covariance)
        low, high = variances[0].item(), variances[-1].item()
        eps = torch.finfo(variances.dtype).eps
        # An inverse is exact to the condition number times the rounding unit.
        rounding = eps * (variances[-1] / variances[0]).item()
        slack = 10 * len(variances) * rounding
        if not (low > 0 and high <= self.prior_std**2 * (1 + slack)):
            raise ValueError(
                f"model: covariance has eigenvalues from {low:.6g} to {high:.6g}; must be above 0 "
                f"and at most prior_std² = {self.prior_std**2:.6g}: data only add precision"
            )
        informed = variances < self.prior_std**2 * (1 - slack)
        outside = (axes[:, ~informed].T @ model.mean).norm().item()
        if outside > max(eps**0.5, rounding) * model.mean.norm().item():
            raise ValueError(
                f"model: mean has length {outside:.6g} where the covariance is the prior's; must "
                "be 0 there: no row speaks of these directions"
            )
        return variances[informed], axes[:, informed]


def predictive_loss(rows: Tensor, posterior: Posterior, noise_std: float) -> Tensor:
    r"""Return the mean of $-\log p(y_i\mid x_i)$ over rows, in nats per row.

    The posterior predictive of response $j$ is $N(x^\top\mu_j,\sigma^2+x^\top Cx)$.

    Args:
        rows: `(n, d + k)`.
        posterior: has $\mu$ and $C$.
        noise_std: $\sigma$, in the units of the responses.
    """
    dim = len(posterior.mean)
    x, y = rows[:, :dim], rows[:, dim:]
    variance = noise_std**2 + ((x @ posterior.covariance) * x).sum(1, keepdim=True)
    return -Normal(x @ posterior.mean, variance.sqrt()).log_prob(y).sum(1).mean()


def expected_predictive_loss(
    inputs: Tensor, weights: Tensor, posterior: Posterior, noise_std: float
) -> Tensor:
    r"""Return the mean of $-\log p(y\mid x_i)$ over inputs and, by the law, $y$, in nats per row.

    With $y_j\mid x\sim N(x^\top b_j,\sigma^2)$ by the law and $v=\sigma^2+x^\top Cx$ it is the mean
    of $\sum_j\bigl[\tfrac12\log2\pi v+(\sigma^2+(x^\top(b_j-\mu_j))^2)/2v\bigr]$: at least the
    entropy of the noise, whatever the posterior.

    Args:
        inputs: `(n, d)`.
        weights: $b$, `(d, k)`.
        posterior: has $\mu$ and $C$.
        noise_std: $\sigma$, in the units of the responses.
    """
    variance = noise_std**2 + ((inputs @ posterior.covariance) * inputs).sum(1, keepdim=True)
    squares = noise_std**2 + (inputs @ (weights - posterior.mean)).square()
    return ((2 * pi * variance).log() + squares / variance).sum(1).mean() / 2
