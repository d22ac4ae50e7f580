r"""Frozen random sine features and the functions that they span.

$$\varphi_k(z)=\sin(w_k\cdot\tilde z+b_k),\qquad w_{kj}\sim N(0,s_j^2),\quad
b_k\sim U(-\pi,\pi),$$

where $\tilde z$ is the point scaled to $[-1,1]$ by the domain and three deviations of the prior,
and $s_j$ the bandwidth along its column $j$. A derivative along $x$ brings down $w_{k1}$ over half
the length of the domain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import pi
from typing import Protocol

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import DERIVATIVES, Jet, entry_names
from ddlib.pinn.problem import ParametricProblem
from ddlib.pinn.setting_checks import check_bandwidth


class Features(Protocol):
    r"""`F` functions $\varphi_k$ and a base $g$, which span $\hat u=g+\sum_kc_k\varphi_k$."""

    def to(self, like: Tensor) -> Features:
        """Return the same functions in the type and on the device of a tensor.

        Args:
            like: the tensor.
        """
        ...

    def values(self, points: Tensor) -> Tensor:
        r"""Return $\varphi_k$ at points, `(…, n, F)`.

        Args:
            points: `(…, n, d + k)`.
        """
        ...

    def jet(self, points: Tensor) -> Jet:
        r"""Return the jet of each $\varphi_k$ at points, entries `(…, n, F)`.

        Args:
            points: `(…, n, d + k)`.
        """
        ...

    def base(self, points: Tensor) -> Jet:
        """Return the jet of $g$ at points, entries `(…, n)`.

        Args:
            points: `(…, n, d + k)`.
        """
        ...


@dataclass(frozen=True)
class SineFeatures:
    r"""`F` random sines, and a constant base.

    Attributes:
        frequencies: of points in their own units, $w_k$ over half the lengths, `(F, d + k)`.
        phases: in radians, `(F,)`.
        coordinates: the names of the first d columns of points.
        start: the base.
    """

    frequencies: Tensor
    phases: Tensor
    coordinates: tuple[str, ...]
    start: float = 0.0

    @classmethod
    def draw(
        cls,
        problem: ParametricProblem,
        num_features: int,
        *,
        generator: Generator,
        bandwidth: float | tuple[float, ...] | None = None,
    ) -> SineFeatures:
        """Return random features, float64.

        Args:
            problem: whose points they take.
            num_features: F.
            generator: draws them.
            bandwidth: $s_j$ along each column of a point, or one number for all; that of the
                problem unless told.

        Raises:
            ValueError: for bandwidths as `check_bandwidth` does.
        """
        return cls.within(
            problem.limits(),
            problem.coordinates,
            num_features,
            generator=generator,
            bandwidth=problem.bandwidth if bandwidth is None else bandwidth,
            start=problem.start_value,
        )

    @classmethod
    def within(
        cls,
        limits: Tensor,
        coordinates: tuple[str, ...],
        num_features: int,
        *,
        generator: Generator,
        bandwidth: float | tuple[float, ...],
        start: float = 0.0,
    ) -> SineFeatures:
        """Return random features of the points of a box, float64.

        Args:
            limits: its lowest and its highest point, `(2, w)`.
            coordinates: the names of the first columns of points.
            num_features: F.
            generator: draws them.
            bandwidth: $s_j$ along each column of a point, or one number for all.
            start: the base.

        Raises:
            ValueError: for bandwidths as `check_bandwidth` does.
        """
        low, high = limits
        sizes = torch.tensor(check_bandwidth(bandwidth, len(low)), dtype=torch.float64)
        center, half = (low + high) / 2, (high - low) / 2
        options = {"dtype": torch.float64, "generator": generator}
        scaled = torch.randn(num_features, len(low), **options)
        phases = pi * (2 * torch.rand(num_features, **options) - 1)
        frequencies = scaled * sizes / half
        return cls(frequencies, phases - frequencies @ center, coordinates, start)

    def to(self, like: Tensor) -> SineFeatures:
        """Return the same sines in the type and on the device of a tensor.

        Args:
            like: the tensor.
        """
        return replace(self, frequencies=self.frequencies.to(like), phases=self.phases.to(like))

    def values(self, points: Tensor) -> Tensor:
        """Return the sines at points, `(…, n, F)`.

        Args:
            points: `(…, n, d + k)`.
        """
        return torch.sin(self._angles(points))

    def jet(self, points: Tensor) -> Jet:
        """Return the jet of each sine at points, entries `(…, n, F)`.

        Args:
            points: `(…, n, d + k)`.
        """
        angles = self._angles(points)
        sine, cosine = torch.sin(angles), torch.cos(angles)
        entries = [sine]
        for axis, name in enumerate(self.coordinates):
            along = self.frequencies[:, axis]
            entries.append(cosine * along)
            if len(DERIVATIVES[name]) == 2:
                entries.append(-sine * along.square())
        return Jet.of(self.coordinates, entries)

    def base(self, points: Tensor) -> Jet:
        """Return the jet of the constant at points, entries `(…, n)`.

        Args:
            points: `(…, n, d + k)`.
        """
        zero = torch.zeros_like(points[..., 0].to(self.phases))
        derivatives = [zero] * (len(entry_names(self.coordinates)) - 1)
        return Jet.of(self.coordinates, [zero + self.start, *derivatives])

    def _angles(self, points: Tensor) -> Tensor:
        r"""Return $w_k\cdot\tilde z+b_k$ at `points`, `(…, n, F)`."""
        # One product of matrices, whatever the batch.
        flat = points.to(self.phases).flatten(0, -2)
        angles = torch.addmm(self.phases, flat, self.frequencies.T)
        return angles.unflatten(0, points.shape[:-1])


@dataclass(frozen=True)
class FeatureModel:
    r"""The model $\hat u=g+\sum_kc_k\varphi_k$, or a batch of `B` of them.

    Attributes:
        features: $\varphi_k$ and $g$.
        coefficients: $c$ `(F,)`, or `(B, F)` for a batch.
    """

    features: Features
    coefficients: Tensor

    def __call__(self, points: Tensor) -> Tensor:
        r"""Return the values of $\hat u$ at points, `(n,)`, or `(B, n)` for a batch.

        Args:
            points: `(n, d + k)`.
        """
        return self.features.base(points).u + self.coefficients @ self.features.values(points).mT

    def jet(self, points: Tensor) -> Jet:
        r"""Return the jet of $\hat u$ at points, entries `(n,)`, or `(B, n)` for a batch.

        Args:
            points: `(n, d + k)`.
        """
        base, jets = self.features.base(points), self.features.jet(points)
        return base.map(lambda entry, of_all: entry + self.coefficients @ of_all.mT, jets)
