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


@dataclass(frozen=True)
class SineFeatures:
    r"""`F` features: `frequencies` `(F, d + 1)` in the units of the points, `phases` `(F,)`."""

    frequencies: Tensor
    phases: Tensor

    @classmethod
    def draw(
        cls, problem: ParametricProblem, num_features: int, *, generator: Generator
    ) -> SineFeatures:
        """Draw features for the points of a problem, float64."""
        low, high = problem.limits()
        center, half = (low + high) / 2, (high - low) / 2
        options = {"dtype": torch.float64, "generator": generator}
        scaled = torch.randn(num_features, len(low), **options)
        phases = pi * (2 * torch.rand(num_features, **options) - 1)
        frequencies = scaled / half
        return cls(frequencies, phases - frequencies @ center)

    def values(self, points: Tensor) -> Tensor:
        """Return the features `(…, n, F)` at points `(…, n, d + 1)`."""
        return torch.sin(self._angles(points))

    def jet(self, points: Tensor) -> Jet:
        """Return the jet of each feature, entries `(…, n, F)`."""
        angles = self._angles(points)
        sine, cosine = torch.sin(angles), torch.cos(angles)
        along_x = self.frequencies[:, 0]
        # In space-time the second coordinate is t; the last one is alpha, which has no derivative.
        rest = [cosine * self.frequencies[:, 1]] if self.frequencies.shape[1] == 3 else []
        return Jet(sine, cosine * along_x, -sine * along_x.square(), *rest)

    def base(self, points: Tensor) -> Jet:
        """Return the jet of zero."""
        zero = torch.zeros_like(points[..., 0])
        return Jet(*[zero] * (points.shape[-1] + 1))

    def _angles(self, points: Tensor) -> Tensor:
        return torch.addmm(self.phases, points.flatten(0, -2), self.frequencies.T).unflatten(
            0, points.shape[:-1]
        )


class Features(Protocol):
    r"""Functions $\varphi_k$ and a base $g$; a learner looks for $\hat u=g+\sum_kc_k\varphi_k$."""

    def values(self, points: Tensor) -> Tensor:
        """Return the features `(…, n, F)` at points `(…, n, d + 1)`."""
        ...

    def jet(self, points: Tensor) -> Jet:
        """Return the jet of each feature, entries `(…, n, F)`."""
        ...

    def base(self, points: Tensor) -> Jet:
        """Return the jet of the base, entries `(…, n)`."""
        ...


@dataclass(frozen=True)
class FeatureModel:
    r"""$\hat u=g+\sum_kc_k\varphi_k$; `coefficients` `(F,)`, or `(B, F)` for `B` models."""

    features: Features
    coefficients: Tensor

    def __call__(self, points: Tensor) -> Tensor:
        """Return the values `(…, n)` at points `(n, d + 1)`."""
        return self.features.base(points).u + self.coefficients @ self.features.values(points).mT

    def jet(self, points: Tensor) -> Jet:
        """Return the jet, entries `(…, n)`, at points `(n, d + 1)`."""
        pairs = zip(
            self.features.base(points).entries, self.features.jet(points).entries, strict=True
        )
        return Jet(*(base + self.coefficients @ entry.mT for base, entry in pairs))
