r"""The law of the parameters, and its tails, from which training and test parameters come."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from ddlib.arguments import fault, is_finite, is_number

SMALLEST_SHARE = 1e-12  # of a prior: the quantile of the share 0 is infinite


@dataclass(frozen=True)
class Prior:
    r"""The law of the parameters, $\alpha_j\sim N(\mu_j,\sigma_j^2)$, independent.

    Values of $\alpha$ are `(…,)` where there is one parameter, `(…, k)` where there are several.

    Attributes:
        mean: $\mu_1$, of the first parameter, or of the only one.
        std: $\sigma_1$.
        others: the laws of the further parameters, if there are any.

    Raises:
        ValueError: unless every mean is finite and every deviation finite and above 0, for others
            that are no tuple of laws, and for others that have others.
    """

    mean: float = 0.0
    std: float = 1.0
    others: tuple[Prior, ...] = ()

    def __post_init__(self) -> None:
        """Check the settings."""
        if not is_finite(self.mean):
            raise ValueError(fault("mean", self.mean, "a finite number"))
        if not (is_finite(self.std) and self.std > 0):
            raise ValueError(fault("std", self.std, "finite and above 0"))
        if not isinstance(self.others, tuple):
            raise ValueError(fault("others", self.others, "a tuple of Prior, one each"))
        for number, law in enumerate(self.others):
            if not isinstance(law, Prior):
                raise ValueError(fault(f"others[{number}]", law, "a Prior"))
        if any(law.others for law in self.others):
            raise ValueError("others: a law with others; must be one parameter each")

    @property
    def num_parameters(self) -> int:
        """The number of parameters, k."""
        return 1 + len(self.others)

    @property
    def laws(self) -> tuple[Prior, ...]:
        """The law of each parameter."""
        return (replace(self, others=()), *self.others)

    def quantile(self, shares: Tensor) -> Tensor:
        r"""Return the $\alpha_1$ below which these shares of the prior lie.

        Further parameters are at quantiles of their own, at even distances in the order of
        `lattice`, so that the values of $\alpha$ are spread over the whole law of these.

        Args:
            shares: between 0 and 1, of any shape; the result has that shape, and a last dimension
                of `k` where there are several parameters.
        """
        first = self.mean + self.std * torch.special.ndtri(shares)
        if not self.others:
            return first
        spread = lattice(shares.numel(), len(self.others)).to(shares).unflatten(0, shares.shape)
        columns = zip(self.others, spread.unbind(-1), strict=True)
        return torch.stack([first, *(law.quantile(column) for law, column in columns)], dim=-1)

    def sample(self, count: int, *, generator: Generator) -> Tensor:
        r"""Return random values of $\alpha$, `(count,)` or `(count, k)`, float64.

        Args:
            count: how many.
            generator: draws them.
        """
        draws = torch.randn(count, dtype=torch.float64, generator=generator)
        return self.with_others(self.mean + self.std * draws, generator=generator)

    def with_others(self, first: Tensor, *, generator: Generator) -> Tensor:
        r"""Return values of $\alpha$ whose further parameters are random, `(n,)` or `(n, k)`.

        Args:
            first: values of $\alpha_1$, `(n,)`.
            generator: draws the others, each from its own law; nothing where there are none.
        """
        if not self.others:
            return first
        others = [law.sample(len(first), generator=generator) for law in self.others]
        return torch.stack([first, *others], dim=-1)


@dataclass(frozen=True)
class Tails:
    r"""Two tails of the prior with a gap between, for training and for test $\alpha$.

    They are tails of the first parameter. Where there are several, the others have their whole law
    in both tails.

    Attributes:
        lower: the share of the prior that is the lower tail, of training $\alpha$.
        upper: the share that is the upper tail, of test $\alpha$.

    Raises:
        ValueError: unless both are above 0 and their sum is below 1.
    """

    lower: float = 0.2
    upper: float = 0.2

    def __post_init__(self) -> None:
        """Check that there is a gap."""
        for name, share in {"lower": self.lower, "upper": self.upper}.items():
            if not is_number(share):
                raise ValueError(fault(name, share, "above 0"))
        if not min(self.lower, self.upper) > 0:
            raise ValueError(f"lower = {self.lower}, upper = {self.upper}: must be above 0")
        if not self.lower + self.upper < 1:
            raise ValueError(f"lower = {self.lower}, upper = {self.upper}: must sum to below 1")

    def gap(self, prior: Prior) -> tuple[float, float]:
        r"""Return the largest $\alpha_1$ of the lower tail and the smallest one of the upper tail.

        Args:
            prior: the law that the tails are of.
        """
        shares = torch.tensor([self.lower, self.upper], dtype=torch.float64)
        ends = prior.laws[0].quantile(shares)
        return ends[0].item(), 2 * prior.mean - ends[1].item()  # shares near 1 would lose digits

    def sample_lower(self, prior: Prior, count: int, *, generator: Generator) -> Tensor:
        r"""Return random $\alpha$ of the lower tail, `(count,)` or `(count, k)`, float64.

        Args:
            prior: the law that the tails are of.
            count: how many.
            generator: draws them.
        """
        shares = torch.rand(count, dtype=torch.float64, generator=generator)
        first = prior.laws[0].quantile(self.lower * shares.clamp_min(SMALLEST_SHARE))
        return prior.with_others(first, generator=generator)

    def sample_upper(self, prior: Prior, count: int, *, generator: Generator) -> Tensor:
        r"""Return random $\alpha$ of the upper tail, `(count,)` or `(count, k)`, float64.

        Args:
            prior: the law that the tails are of.
            count: how many.
            generator: draws them.
        """
        shares = torch.rand(count, dtype=torch.float64, generator=generator)
        mirrored = prior.laws[0].quantile(self.upper * shares.clamp_min(SMALLEST_SHARE))
        return prior.with_others(2 * prior.mean - mirrored, generator=generator)


def lattice(count: int, width: int) -> Tensor:
    r"""Return points of $(0,1)^w$ that fill it evenly, `(count, width)`, float64.

    Point $i$ has the entries $\{(i+\frac12)\,g^{-j}\}$ for $j=1,\dots,w$, where $g^{w+1}=g+1$
    (Roberts 2018, the sequence R). With $i$ over `count` as another entry they fill $(0,1)^{w+1}$.

    Args:
        count: how many points.
        width: $w$.
    """
    root = 2.0
    for _ in range(60):  # a contraction, of at most a half a step
        root = (1 + root) ** (1 / (width + 1))
    powers = root ** -torch.arange(1, width + 1, dtype=torch.float64)
    steps = torch.arange(count, dtype=torch.float64)[:, None] + 0.5
    return (steps * powers) % 1
