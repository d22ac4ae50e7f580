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

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


def log_density(rows: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    """Return log N(y; μ, S) of each row, `(n,)` in nats; with k = 0 it is 0.

    Args:
        rows: y `(n, k)`.
        mean: μ `(k,)`.
        covariance: S `(k, k)`, positive definite.
    """
    cholesky = torch.linalg.cholesky(covariance)
    whitened = torch.linalg.solve_triangular(cholesky, (rows - mean).T, upper=False)
    normaliser = 0.5 * len(mean) * math.log(2 * math.pi) + cholesky.diagonal().log().sum()
    return -normaliser - 0.5 * whitened.square().sum(0)


def log_density_by_pattern(
    rows: Tensor, groups: Sequence[tuple[Tensor, Tensor]], mean: Tensor, covariance: Tensor
) -> Tensor:
    """Return the log-density of what each trajectory shows, `(n,)` in nats.

    Args:
        rows: `(n, T, p)`, NaN = hidden.
        groups: mask `(T, p)`, True where seen, and row indices of each missingness pattern.
        mean: `(T·p,)`.
        covariance: `(T·p, T·p)`, measurement noise included.
    """
    density = rows.new_zeros(len(rows))
    for observed, index in groups:
        seen = observed.flatten().nonzero().squeeze(1)
        values = rows[index].flatten(1)[:, seen]
        density[index] = log_density(values, mean[seen], covariance[seen[:, None], seen])
    return density


@dataclass(frozen=True, eq=False)
class PatternStack:
    """Moments of G missingness patterns over d entries, with zeros where a pattern is blind.

    Attributes:
        observed: entries seen, bool `(G, d)`.
        count: rows of each pattern, `(G,)`.
        mean: m `(G, d)`.
        covariance: C `(G, d, d)`, with divisor `count`.
    """

    observed: Tensor
    count: Tensor
    mean: Tensor
    covariance: Tensor

    def offset(self, mean: Tensor) -> Tensor:
        """Return m − μ on the seen entries, `(…, G, d)`.

        Args:
            mean: μ `(…, d)`.
        """
        return self.mean - mean[..., None, :] * self.observed

    def second_moment(self, mean: Tensor) -> Tensor:
        """Return C + (m − μ)(m − μ)ᵀ on the seen entries, `(…, G, d, d)`.

        Args:
            mean: μ `(…, d)`.
        """
        offset = self.offset(mean)
        return self.covariance + offset[..., :, None] * offset[..., None, :]

    def factor(self, covariance: Tensor) -> Tensor:
        """Return the Cholesky factors of S, `(…, G, d, d)`.

        Args:
            covariance: Σ + diag v, measurement noise included, `(…, d, d)`.

        Raises:
            torch.linalg.LinAlgError: where the covariance of the seen entries is singular.
        """
        both = self.observed[:, :, None] & self.observed[:, None, :]
        blind = torch.diag_embed((~self.observed).to(covariance))
        return torch.linalg.cholesky(covariance[..., None, :, :] * both + blind)

    def mean_log_density(self, mean: Tensor, covariance: Tensor) -> Tensor:
        """Return the average log-density of each pattern's rows, `(…, G)`, in nats per row.

        Args:
            mean: μ `(…, d)`.
            covariance: as in `factor`.

        Raises:
            torch.linalg.LinAlgError: as `factor` does.
        """
        cholesky = self.factor(covariance)
        explained = torch.cholesky_solve(self.second_moment(mean), cholesky)
        quadratic = explained.diagonal(dim1=-2, dim2=-1).sum(-1)
        return self.log_normaliser(cholesky) - 0.5 * quadratic

    def log_normaliser(self, cholesky: Tensor) -> Tensor:
        """Return −½ (k log 2π + log|S|), `(…, G)`.

        Args:
            cholesky: factors of S, `(…, G, d, d)`.
        """
        log_root = cholesky.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        return -0.5 * math.log(2 * math.pi) * self.observed.to(cholesky).sum(-1) - log_root
