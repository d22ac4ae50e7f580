r"""Conditions at an end of an interval, each an affine function of $u$ and $u'$ there.

$$\text{Dirichlet:}\ u=r,\qquad\text{Neumann:}\ u'=r,\qquad\text{Robin:}\ p\,u+q\,u'=r.$$

$p,q,r$ are numbers or functions of $\alpha$. The slope is that along $x$ at both ends, not that
along the normal that points outwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

Coefficient = float | Callable[[Tensor], Tensor]
r"""A number, or a function of $\alpha$ `(…, n)` (`(…, n, k)` for several) with values `(…, n)`."""


class Condition(Protocol):
    """What vanishes at an end of an interval."""

    def __call__(self, alpha: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        r"""Return what has to be 0, `(…, n)`; it is affine in `u` and `slope`.

        Args:
            alpha: values of $\alpha$, `(…, n)` or `(…, n, k)`.
            u: the value at the end, `(…, n)`.
            slope: the slope there, `(…, n)`.
        """
        ...


@dataclass(frozen=True)
class Dirichlet:
    r"""The value is given: $u=r$.

    Attributes:
        value: $r$.
    """

    value: Coefficient = 0.0

    def __call__(self, alpha: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        r"""Return $u-r$, `(…, n)`.

        Args:
            alpha: values of $\alpha$.
            u: the value at the end.
            slope: the slope there.
        """
        return u - _at(self.value, alpha)


@dataclass(frozen=True)
class Neumann:
    r"""The slope is given: $u'=r$.

    Attributes:
        slope: $r$.
    """

    slope: Coefficient = 0.0

    def __call__(self, alpha: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        r"""Return $u'-r$, `(…, n)`.

        Args:
            alpha: values of $\alpha$.
            u: the value at the end.
            slope: the slope there.
        """
        return slope - _at(self.slope, alpha)


@dataclass(frozen=True)
class Robin:
    r"""A combination of both is given: $p\,u+q\,u'=r$.

    Attributes:
        by_u: $p$.
        by_slope: $q$.
        value: $r$.
    """

    by_u: Coefficient
    by_slope: Coefficient
    value: Coefficient = 0.0

    def __call__(self, alpha: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        r"""Return $p\,u+q\,u'-r$, `(…, n)`.

        Args:
            alpha: values of $\alpha$.
            u: the value at the end.
            slope: the slope there.
        """
        p, q = _at(self.by_u, alpha), _at(self.by_slope, alpha)
        return p * u + q * slope - _at(self.value, alpha)


def _at(coefficient: Coefficient, alpha: Tensor) -> float | Tensor:
    r"""Return a coefficient at values of $\alpha$."""
    return coefficient(alpha) if callable(coefficient) else coefficient
