r"""Features of problems whose solution is affine in the parameters.

$$\varphi_k(z)=\sin(w_k\cdot\tilde x+b_k)\cdot m_k(\alpha),\qquad
m_k\in\{1,\tilde\alpha_1,\tilde\alpha_2,\dots\}\ \text{in turn},$$

where $\tilde x$ and $\tilde\alpha$ are scaled to $[-1,1]$. The solution of a linear equation whose
data are affine in $\alpha$ is so too: a sum of such products. A sum of sines of $\alpha$ would have
to learn that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from ddlib.pinn.features import SineFeatures
from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem


@dataclass(frozen=True)
class AffineFeatures:
    r"""`F` random sines of the coordinates, each times 1 or a parameter, and a constant base.

    Attributes:
        sines: of the coordinates.
        which: the factor of each sine, `(F,)`: 0 for 1, $j$ for $\tilde\alpha_j$.
        center: the parameters at which $\tilde\alpha$ is 0, `(k,)`.
        half: how far from there it is 1, `(k,)`.
    """

    sines: SineFeatures
    which: Tensor
    center: Tensor
    half: Tensor

    @classmethod
    def draw(
        cls,
        problem: ParametricProblem,
        num_features: int,
        *,
        generator: Generator,
        bandwidth: float | tuple[float, ...] | None = None,
    ) -> AffineFeatures:
        """Return random features, float64.

        Args:
            problem: whose points they take.
            num_features: F.
            generator: draws them.
            bandwidth: of the sines along each coordinate, or one number for all; that of the
                problem unless told.

        Raises:
            ValueError: for bandwidths as `check_bandwidth` does.
        """
        d = len(problem.coordinates)
        sines = SineFeatures.within(
            problem.limits()[:, :d],
            problem.coordinates,
            num_features,
            generator=generator,
            bandwidth=problem.bandwidth if bandwidth is None else bandwidth,
            start=problem.start_value,
        )
        which = torch.arange(num_features) % (1 + problem.num_parameters)
        low, high = problem.limits()[:, d:]
        return cls(sines, which, (low + high) / 2, (high - low) / 2)

    def to(self, like: Tensor) -> AffineFeatures:
        """Return the same features in the type and on the device of a tensor.

        Args:
            like: the tensor.
        """
        return replace(
            self,
            sines=self.sines.to(like),
            which=self.which.to(like.device),
            center=self.center.to(like),
            half=self.half.to(like),
        )

    def values(self, points: Tensor) -> Tensor:
        """Return the products at points, `(…, n, F)`.

        Args:
            points: `(…, n, d + k)`.
        """
        return self.sines.values(self._coordinates(points)) * self._factors(points)

    def jet(self, points: Tensor) -> Jet:
        """Return the jet of each product at points, entries `(…, n, F)`.

        Args:
            points: `(…, n, d + k)`.
        """
        factors = self._factors(points)
        return self.sines.jet(self._coordinates(points)).map(lambda entry: entry * factors)

    def base(self, points: Tensor) -> Jet:
        """Return the jet of the constant at points, entries `(…, n)`.

        Args:
            points: `(…, n, d + k)`.
        """
        return self.sines.base(points)

    def _coordinates(self, points: Tensor) -> Tensor:
        """Return the coordinates of points, `(…, n, d)`."""
        return points[..., : len(self.sines.coordinates)]

    def _factors(self, points: Tensor) -> Tensor:
        r"""Return $m_k(\alpha)$ at points, `(…, n, F)`."""
        alphas = points[..., len(self.sines.coordinates) :].to(self.center)
        scaled = (alphas - self.center) / self.half
        return torch.cat([torch.ones_like(scaled[..., :1]), scaled], dim=-1)[..., self.which]
