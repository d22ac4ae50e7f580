r"""Frozen random sine features and the functions that they span.

$$\varphi_k(z)=\sin(w_k\cdot\tilde z+b_k),\qquad w_k\sim N(0,I),\quad b_k\sim U(-\pi,\pi),$$

where $\tilde z$ is the point scaled to $[-1,1]$ by the domain and three deviations of the prior. A
derivative along $x$ brings down $w_{k}$ over half the length of the domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Protocol

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem


class Features(Protocol):
    r"""`F` functions $\varphi_k$ and a base $g$, which span $\hat u=g+\sum_kc_k\varphi_k$."""

    def values(self, points: Tensor) -> Tensor:
        r"""Return $\varphi_k$ at points, `(…, n, F)`.

        Args:
            points: `(…, n, d + 1)`.
        """
        ...

    def jet(self, points: Tensor) -> Jet:
        r"""Return the jet of each $\varphi_k$ at points, entries `(…, n, F)`.

        Args:
            points: `(…, n, d + 1)`.
        """
        ...

    def base(self, points: Tensor) -> Jet:
        """Return the jet of $g$ at points, entries `(…, n)`.

        Args:
            points: `(…, n, d + 1)`.
        """
        ...


@dataclass(frozen=True)
class SineFeatures:
    r"""`F` random sines, and the base 0.

    Attributes:
        frequencies: of points in their own units, $w_k$ over half the lengths, `(F, d + 1)`.
        phases: in radians, `(F,)`.
    """

    frequencies: Tensor
    phases: Tensor

    @classmethod
    def draw(
        cls, problem: ParametricProblem, num_features: int, *, generator: Generator
    ) -> SineFeatures:
        """Return random features, float64.

        Args:
            problem: whose points they take.
            num_features: F.
            generator: draws them.
        """
        low, high = problem.limits()
        center, half = (low + high) / 2, (high - low) / 2
        options = {"dtype": torch.float64, "generator": generator}
        scaled = torch.randn(num_features, len(low), **options)
        phases = pi * (2 * torch.rand(num_features, **options) - 1)
        frequencies = scaled / half
        return cls(frequencies, phases - frequencies @ center)

    def values(self, points: Tensor) -> Tensor:
        """Return the sines at points, `(…, n, F)`.

        Args:
            points: `(…, n, d + 1)`.
        """
        return torch.sin(self._angles(points))

    def jet(self, points: Tensor) -> Jet:
        """Return the jet of each sine at points, entries `(…, n, F)`.

        Args:
            points: `(…, n, d + 1)`.
        """
        angles = self._angles(points)
        sine, cosine = torch.sin(angles), torch.cos(angles)
        along_x = self.frequencies[:, 0]
        # In space-time the second coordinate is t; the last one is alpha, which has no derivative.
        in_time = self.frequencies.shape[1] == 3
        u_t = cosine * self.frequencies[:, 1] if in_time else None
        return Jet(sine, cosine * along_x, -sine * along_x.square(), u_t)

    def base(self, points: Tensor) -> Jet:
        """Return the jet of zero at points, entries `(…, n)`.

        Args:
            points: `(…, n, d + 1)`.
        """
        zero = torch.zeros_like(points[..., 0])
        num_entries = points.shape[-1] + 1  # u, x, xx, and t where there is a second coordinate
        return Jet(*[zero] * num_entries)

    def _angles(self, points: Tensor) -> Tensor:
        r"""Return $w_k\cdot\tilde z+b_k$ at `points`, `(…, n, F)`."""
        # One product of matrices, whatever the batch.
        flat = points.flatten(0, -2)
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
            points: `(n, d + 1)`.
        """
        return self.features.base(points).u + self.coefficients @ self.features.values(points).mT

    def jet(self, points: Tensor) -> Jet:
        r"""Return the jet of $\hat u$ at points, entries `(n,)`, or `(B, n)` for a batch.

        Args:
            points: `(n, d + 1)`.
        """
        bases = self.features.base(points).entries
        entries = self.features.jet(points).entries
        pairs = zip(bases, entries, strict=True)
        return Jet(*(base + self.coefficients @ entry.mT for base, entry in pairs))
