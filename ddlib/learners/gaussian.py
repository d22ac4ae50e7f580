r"""A Gaussian density: the learner is maximum likelihood, the criterion the cross-entropy.

The learner sees its rows only through their mean and covariance, so $d+1$ rows are enough to
give it any Gaussian whatever.
"""

# torch has no types for its linear algebra.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, pi

import torch
from torch import Generator, Tensor
from torch.distributions import MultivariateNormal

from ddlib.arguments import count_faults, fault, is_number, raise_faults, size_faults
from ddlib.streams import check_generator


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian law or model.

    Attributes:
        mean: `(d,)`.
        covariance: `(d, d)`, positive definite.
    """

    mean: Tensor
    covariance: Tensor

    def sample(self, num_rows: int, *, generator: Generator) -> Tensor:
        """Return `(num_rows, d)` independent rows.

        Args:
            num_rows: number of rows.
            generator: draws them.

        Raises:
            ValueError: unless `num_rows` is a whole number, at least 0.
            TypeError: for no generator.
        """
        raise_faults(count_faults("num_rows", num_rows, 0))
        check_generator("generator", generator)
        noise = torch.randn(num_rows, len(self.mean), dtype=self.mean.dtype, generator=generator)
        noise = noise.to(self.mean.device)
        return self.mean + noise @ torch.linalg.cholesky(self.covariance).T

    def cross_entropy(self, model: Gaussian) -> Tensor:
        r"""Return $-\mathbb E\log p_\theta(x)$ under this law: the risk of `model`, nats per row.

        $\frac12[\log\det 2\pi\Sigma_\theta + \operatorname{tr}\Sigma_\theta^{-1}
        (\Sigma+(\mu-\mu_\theta)(\mu-\mu_\theta)^\top)]$

        Args:
            model: has $\mu_\theta$ and $\Sigma_\theta$.
        """
        factor = torch.linalg.cholesky(model.covariance)
        shift = self.mean - model.mean
        spread = self.covariance + torch.outer(shift, shift)
        log_det = 2 * factor.diagonal().log().sum() + len(shift) * log(2 * pi)
        return 0.5 * (log_det + torch.cholesky_solve(spread, factor).trace())

    def entropy(self) -> Tensor:
        r"""Return the least cross-entropy that any model can have, $F_{true}$, in nats per row."""
        return MultivariateNormal(self.mean, self.covariance).entropy()


@dataclass(frozen=True)
class GaussianMLE:
    r"""Maximum likelihood, with the prior of $r$ `pseudo_rows` of covariance $I$ on the covariance.

    $\Sigma_\theta=(m\,\Sigma_S+rI)/(m+r)$ minimises the `loss`.

    Attributes:
        pseudo_rows: $r$; with 0, at least $d+1$ rows are needed.
        num_steps: number of steps of a descent of the loss.
        step_size: of that descent.

    Raises:
        ValueError: unless $r$ is finite and at least 0, the number of steps whole and at least 1,
            and their size finite and above 0; it names all that are wrong.
    """

    pseudo_rows: float = 0.0
    num_steps: int = 20
    step_size: float = 0.2

    def __post_init__(self) -> None:
        """Check the settings."""
        size = self.step_size
        faults = size_faults("pseudo_rows", self.pseudo_rows)
        faults += count_faults("num_steps", self.num_steps, 1)
        if not (is_number(size) and 0 < size < inf):
            faults.append(fault("step_size", size, "a finite number above 0"))
        raise_faults(faults)

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> Gaussian:
        """Return the fitted `Gaussian`.

        Args:
            rows: `(m, d)`.
            generator: not used, as nothing is random.

        Raises:
            ValueError: for too few rows.
        """
        dim = rows.shape[1]
        if self.pseudo_rows == 0:
            _check_budget(len(rows), dim)
        mean = rows.mean(0)
        centred = rows - mean
        prior = self.pseudo_rows * torch.eye(dim, dtype=rows.dtype, device=rows.device)
        return Gaussian(mean, (centred.T @ centred + prior) / (len(rows) + self.pseudo_rows))

    def initial(self, rows: Tensor, *, generator: Generator) -> Tensor:
        r"""Return $\theta_0$ `(d + 1, d)`, the standard normal.

        Args:
            rows: `(m, d)`, whose width and type matter alone.
            generator: not used, as nothing is random.
        """
        dim = rows.shape[1]
        return torch.eye(dim + 1, dim, dtype=rows.dtype, device=rows.device)

    def loss(self, theta: Tensor, rows: Tensor) -> Tensor:
        r"""Return the negative log-posterior a row at $\theta=(C;c)$, up to a constant.

        $\frac1{2(m+r)}\bigl[\sum_i\|C^\top(x_i-\bar x)\|^2+r\|C\|^2\bigr]
        +\frac12\|C^\top\bar x+c\|^2-\log|\det C|$, where $\Sigma_\theta^{-1}=CC^\top$ and
        $\mu_\theta=-C^{-\top}c$.

        Args:
            theta: parameters `(d + 1, d)`.
            rows: `(m, d)`.
        """
        factor, shift = theta[:-1], theta[-1]
        mean = rows.mean(0)
        squares = ((rows - mean) @ factor).square().sum()
        squares = squares + self.pseudo_rows * factor.square().sum()
        spread = squares / (len(rows) + self.pseudo_rows)
        return 0.5 * (spread + (mean @ factor + shift).square().sum()) - factor.slogdet().logabsdet

    def layers(self, theta: Tensor) -> list[Tensor]:
        """Return the one layer: columns and a constant, by whitened columns.

        Args:
            theta: parameters `(d + 1, d)`, or a gradient in them.
        """
        return [theta]

    def model(self, theta: Tensor) -> Gaussian:
        r"""Return the `Gaussian` with these parameters.

        Args:
            theta: parameters `(d + 1, d)`.

        Raises:
            FloatingPointError: where its covariance is singular to rounding: the descent that led
                there has diverged.
        """
        factor = theta[:-1]
        covariance, failed = torch.linalg.inv_ex(factor @ factor.T)
        if failed or torch.linalg.cholesky_ex(covariance).info:
            raise FloatingPointError("theta: its covariance is singular; take a smaller step size")
        return Gaussian(-torch.linalg.solve(factor.T, theta[-1]), covariance)

    def rows_for(self, model: Gaussian, num_rows: int, *, generator: Generator) -> Tensor:
        r"""Return `(num_rows, d)` rows from which this learner makes `model`, to rounding.

        $Z=\mathbf 1\mu^\top+\sqrt m\,Q\,L^\top$ with $LL^\top=((m+r)\Sigma-rI)/m$ and $Q$ of $d$
        orthonormal columns, all orthogonal to $\mathbf 1$. Such a $Q$ exists iff $m\ge d+1$.

        Args:
            model: wanted model.
            num_rows: $m$.
            generator: draws $Q$.

        Raises:
            ValueError: for fewer rows, and for a covariance below the prior's share of it.
        """
        dim = len(model.mean)
        _check_budget(num_rows, dim)
        own = (num_rows + self.pseudo_rows) * model.covariance
        own = own - self.pseudo_rows * torch.eye(dim, dtype=own.dtype, device=own.device)
        factor, info = torch.linalg.cholesky_ex(own / num_rows)
        if info:
            raise ValueError(
                f"model: its covariance is below the prior's share of it, {self.pseudo_rows} of "
                f"{num_rows + self.pseudo_rows} rows; more rows, or fewer pseudo_rows, carry it"
            )
        columns = torch.randn(num_rows, dim + 1, dtype=own.dtype, generator=generator)
        columns[:, 0] = 1.0
        columns = columns.to(own.device)
        return model.mean + num_rows**0.5 * torch.linalg.qr(columns).Q[:, 1:] @ factor.T


def random_gaussian(dim: int, *, generator: Generator) -> Gaussian:
    """Return a Gaussian of correlated columns with a random mean, float64.

    Args:
        dim: number of columns d.
        generator: draws mean and covariance.

    Raises:
        ValueError: unless `dim` is a whole number, at least 1.
        TypeError: for no generator.
    """
    raise_faults(count_faults("dim", dim, 1))
    check_generator("generator", generator)
    factor = torch.randn(dim, 2 * dim, dtype=torch.float64, generator=generator)
    mean = torch.randn(dim, dtype=torch.float64, generator=generator)
    return Gaussian(mean, factor @ factor.T / (2 * dim))


def expected_excess(dim: int, num_rows: int, inflation: float = 1.0) -> float:
    r"""Return what maximum likelihood from rows of a Gaussian law costs on average, nats per row.

    It is the mean of the model's cross-entropy less the law's entropy, the same for each law. The
    model has the rows' mean and $c$ times their covariance $\hat\Sigma$ of divisor $n$. As
    $n\hat\Sigma$ has Wishart's distribution with $n-1$ degrees of freedom, the cost is

    $$\tfrac12\Bigl[d\log c+\sum_{i=1}^d\psi\bigl(\tfrac{n-i}2\bigr)+d\log\tfrac2n
    +\tfrac{d(n+1)}{c(n-d-2)}-d\Bigr],$$

    where $\psi$ is the digamma function. It is least at $c=(n+1)/(n-d-2)$.

    Args:
        dim: number of columns $d$.
        num_rows: $n$, at least $d+3$.
        inflation: $c$; 1 is maximum likelihood.

    Raises:
        ValueError: for impossible numbers; it names all that are wrong.
    """
    faults = count_faults("dim", dim, 1)
    faults += count_faults("num_rows", num_rows, 1 if faults else dim + 3)
    if not (is_number(inflation) and 0 < inflation < inf):
        faults.append(fault("inflation", inflation, "a finite number above 0"))
    raise_faults(faults)
    freedom = num_rows - torch.arange(1, dim + 1, dtype=torch.float64)
    log_det = torch.digamma(freedom / 2).sum().item() + dim * log(2 * inflation / num_rows)
    return 0.5 * (log_det + dim * (num_rows + 1) / (inflation * (num_rows - dim - 2)) - dim)


def _check_budget(num_rows: int, dim: int) -> None:
    """Raise `ValueError` unless a covariance of full rank fits into `num_rows` rows."""
    if num_rows < dim + 1:
        raise ValueError(f"rows: {num_rows}; a Gaussian of {dim} columns needs at least {dim + 1}")
