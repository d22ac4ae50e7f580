r"""A Gaussian density: the learner is maximum likelihood, the criterion the cross-entropy.

The learner sees its rows only through their mean and covariance, so $d+1$ rows are enough to
give it any Gaussian whatever.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import torch
from torch import Generator, Tensor
from torch.distributions import MultivariateNormal


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian law or model: `mean` `(d,)` and positive definite `covariance` `(d, d)`."""

    mean: Tensor
    covariance: Tensor

    def sample(self, num_rows: int, *, generator: Generator) -> Tensor:
        """Return `(num_rows, d)` independent rows."""
        noise = torch.randn(num_rows, len(self.mean), dtype=self.mean.dtype, generator=generator)
        return self.mean + noise @ torch.linalg.cholesky(self.covariance).T

    def cross_entropy(self, model: Gaussian) -> Tensor:
        r"""Return $-\mathbb E\log p_\theta(x)$ under this law, in nats a row: the risk of `model`.

        $\frac12[\log\det 2\pi\Sigma_\theta + \operatorname{tr}\Sigma_\theta^{-1}
        (\Sigma+(\mu-\mu_\theta)(\mu-\mu_\theta)^\top)]$
        """
        factor = torch.linalg.cholesky(model.covariance)
        shift = self.mean - model.mean
        spread = self.covariance + torch.outer(shift, shift)
        log_det = 2 * factor.diagonal().log().sum() + len(shift) * log(2 * pi)
        return 0.5 * (log_det + torch.cholesky_solve(spread, factor).trace())

    def entropy(self) -> Tensor:
        r"""Return the least cross-entropy that any model can have, $F_{true}$, in nats a row."""
        return MultivariateNormal(self.mean, self.covariance).entropy()


@dataclass(frozen=True)
class GaussianMLE:
    """Maximum likelihood: mean and covariance (divisor $m$) of at least $d+1$ rows `(m, d)`."""

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> Gaussian:
        """Return the fitted `Gaussian`; `ValueError` for fewer rows than `d + 1`."""
        _check_budget(len(rows), rows.shape[1])
        mean = rows.mean(0)
        centred = rows - mean
        return Gaussian(mean, centred.T @ centred / len(rows))

    def rows_for(self, model: Gaussian, num_rows: int, *, generator: Generator) -> Tensor:
        r"""Return `(num_rows, d)` rows whose mean and covariance are the model's, to rounding.

        $Z=\mathbf 1\mu^\top+\sqrt m\,Q\,L^\top$ with $\Sigma=LL^\top$ and $Q$ of $d$ orthonormal
        columns, all orthogonal to $\mathbf 1$. Such a $Q$ exists iff $m\ge d+1$; `ValueError`
        otherwise.
        """
        dim = len(model.mean)
        _check_budget(num_rows, dim)
        columns = torch.randn(num_rows, dim + 1, dtype=model.mean.dtype, generator=generator)
        columns[:, 0] = 1.0
        q = torch.linalg.qr(columns).Q[:, 1:]
        return model.mean + num_rows**0.5 * q @ torch.linalg.cholesky(model.covariance).T


def random_gaussian(dim: int, *, generator: Generator) -> Gaussian:
    """Return a Gaussian of `dim` correlated columns with a random mean, float64."""
    factor = torch.randn(dim, 2 * dim, dtype=torch.float64, generator=generator)
    mean = torch.randn(dim, dtype=torch.float64, generator=generator)
    return Gaussian(mean, factor @ factor.T / (2 * dim))


def _check_budget(num_rows: int, dim: int) -> None:
    """Raise `ValueError` unless a covariance of full rank fits into `num_rows` rows."""
    if num_rows < dim + 1:
        raise ValueError(f"rows: {num_rows}; a Gaussian of {dim} columns needs at least {dim + 1}")
