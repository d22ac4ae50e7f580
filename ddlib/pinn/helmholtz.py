r"""A standing wave: Helmholtz' equation on the unit interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sin
from typing import ClassVar

from torch import Tensor

from ddlib.pinn.conditions import Condition, Dirichlet
from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import Prior

SMALLEST_SINE = 0.1  # of the wavenumber: at 0 there is resonance
LARGEST_WAVENUMBER = 20.0  # beyond it the grids of the policies have too few points a wave


@dataclass(frozen=True)
class Helmholtz(IntervalProblem):
    r"""$-u''/k^2-u=0$, $u(0)=\alpha$, $u(1)=0$, $\alpha\sim N(1,0.3^2)$.

    The solution is $u_\alpha=\alpha\sin(k(1-x))/\sin k$. At multiples of $\pi$ there is resonance,
    and no solution.

    Attributes:
        wavenumber: $k$.

    Raises:
        ValueError: unless `wavenumber` is above 0 and at most 20, and $|\sin k|\ge0.1$.
    """

    wavenumber: float = 5.0

    conditions: ClassVar[tuple[Condition, Condition | None]] = (
        Dirichlet(lambda alpha: alpha),
        Dirichlet(),
    )
    affine: ClassVar[bool] = True
    prior: ClassVar[Prior] = Prior(1.0, 0.3)
    alpha_range: ClassVar[tuple[float, float]] = (-30.0, 30.0)

    def __post_init__(self) -> None:
        """Check the setting."""
        k = self.wavenumber
        if not 0 < k <= LARGEST_WAVENUMBER:
            raise ValueError(f"wavenumber = {k}: must be above 0 and at most 20")
        if abs(sin(k)) < SMALLEST_SINE:
            raise ValueError(
                f"wavenumber = {k}: must not be within 0.1 of {round(k / pi)} pi, where there is "
                "resonance"
            )

    @property
    def bandwidth(self) -> float:
        """The wavenumber on half the interval, at least 1."""
        return max(1.0, self.wavenumber / 2)

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha(x)$.

        Args:
            *columns: $x$ and $\alpha$, tensors of equal shape.
        """
        x, alpha = columns
        return alpha * (self.wavenumber * (1 - x)).sin() / sin(self.wavenumber)

    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $-u''/k^2-u$, `(…, n)`.

        Args:
            points: inside the domain, `(…, n, 2)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        return -jet.xx / self.wavenumber**2 - jet.u
