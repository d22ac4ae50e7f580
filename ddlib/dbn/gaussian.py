"""Gaussian likelihoods of rows with hidden entries, and of the moments of such rows.

    log N(y; μ, S) = −½ [ k log 2π + log|S| + (y − μ)ᵀ S⁻¹ (y − μ) ]

Averaged over n rows with mean m and covariance C, (y − μ)(y − μ)ᵀ becomes C + (m − μ)(m − μ)ᵀ:
a mean and a covariance are all that a likelihood needs.

Missingness patterns stand side by side, padded to one size. With H the diagonal 0/1 matrix of the
entries that a pattern sees, a measurement y of x ~ N(μ, Σ) through noise of variances v has on
these entries the covariance S = H(Σ + diag v)H. Padding S by 1 on the diagonal of the hidden
entries changes neither its determinant nor its inverse on the seen ones, and with zeros there in
y − μ the hidden entries drop out.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


def log_density(rows: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    """Return log N(y; μ, S) of each row, in nats.

    `rows` is (n, k), `mean` (k,), `covariance` (k, k); the result is (n,). With k = 0 it is 0.
    """
    cholesky = torch.linalg.cholesky(covariance)
    whitened = torch.linalg.solve_triangular(cholesky, (rows - mean).T, upper=False)
    normaliser = 0.5 * len(mean) * math.log(2 * math.pi) + cholesky.diagonal().log().sum()
    return -normaliser - 0.5 * whitened.square().sum(0)


@dataclass(frozen=True, eq=False)
class PatternStack:
    """Moments of G missingness patterns over d entries, with zeros where a pattern is blind.

    `observed` is bool (G, d), `count` (G,) in rows, `mean` (G, d), `covariance` (G, d, d) with
    divisor `count`.
    """

    observed: Tensor
    count: Tensor
    mean: Tensor
    covariance: Tensor

    def offset(self, mean: Tensor) -> Tensor:
        """Return m − μ on the seen entries, (…, G, d), for `mean` μ (…, d)."""
        return self.mean - mean[..., None, :] * self.observed

    def second_moment(self, mean: Tensor) -> Tensor:
        """Return C + (m − μ)(m − μ)ᵀ on the seen entries, (…, G, d, d)."""
        offset = self.offset(mean)
        return self.covariance + offset[..., :, None] * offset[..., None, :]

    def factor(self, covariance: Tensor) -> Tensor:
        """Return the Cholesky factors of S, (…, G, d, d), for `covariance` (…, d, d), noise in it.

        Raises torch.linalg.LinAlgError where the covariance of the seen entries is singular.
        """
        both = self.observed[:, :, None] & self.observed[:, None, :]
        blind = torch.diag_embed((~self.observed).to(covariance))
        return torch.linalg.cholesky(covariance[..., None, :, :] * both + blind)

    def mean_log_density(self, mean: Tensor, covariance: Tensor) -> Tensor:
        """Return the average log-density of each pattern's rows, (…, G), in nats a row.

        `mean` is (…, d) and `covariance` (…, d, d), measurement noise included.
        """
        cholesky = self.factor(covariance)
        explained = torch.cholesky_solve(self.second_moment(mean), cholesky)
        quadratic = explained.diagonal(dim1=-2, dim2=-1).sum(-1)
        return self.log_normaliser(cholesky) - 0.5 * quadratic

    def log_normaliser(self, cholesky: Tensor) -> Tensor:
        """Return −½ (k log 2π + log|S|), (…, G), from the factors of S."""
        log_root = cholesky.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        return -0.5 * math.log(2 * math.pi) * self.observed.to(cholesky).sum(-1) - log_root
