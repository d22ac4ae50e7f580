"""Log-densities of a multivariate Gaussian, of rows and of their sufficient statistics.

    log N(x; μ, Σ) = −½ [ k log 2π + log|Σ| + (x − μ)ᵀ Σ⁻¹ (x − μ) ]

Averaged over rows with mean m and (biased) covariance S, the quadratic form becomes
tr Σ⁻¹ [S + (m − μ)(m − μ)ᵀ]: a mean and a covariance are all that a likelihood needs.
"""

import math

import torch
from torch import Tensor


def log_density(rows: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    """Return log N(x; μ, Σ) of each row, in nats.

    `rows` is (n, k), `mean` (k,), `covariance` (k, k); the result is (n,). With k = 0 it is 0.
    """
    cholesky = torch.linalg.cholesky(covariance)
    whitened = torch.linalg.solve_triangular(cholesky, (rows - mean).T, upper=False)
    return _log_normaliser(cholesky) - 0.5 * whitened.square().sum(0)


def mean_log_density(
    row_mean: Tensor, row_covariance: Tensor, mean: Tensor, covariance: Tensor
) -> Tensor:
    """Return the average of log N(x; μ, Σ) over rows known by their moments, in nats a row.

    `row_mean` m is (k,) and `row_covariance` S is (k, k), divided by the number of rows.
    """
    cholesky = torch.linalg.cholesky(covariance)
    offset = row_mean - mean
    second_moment = row_covariance + torch.outer(offset, offset)
    quadratic = torch.cholesky_solve(second_moment, cholesky).diagonal().sum()
    return _log_normaliser(cholesky) - 0.5 * quadratic


def _log_normaliser(cholesky: Tensor) -> Tensor:
    """−½ (k log 2π + log|Σ|) from the Cholesky factor of Σ."""
    return -0.5 * len(cholesky) * math.log(2 * math.pi) - cholesky.diagonal().log().sum()
