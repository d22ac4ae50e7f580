"""Conditional densities of the nodes of a linear-Gaussian network.

A node is x_j = b_j + Σ_i W_ij x_i + ε_j with ε_j ~ N(0, s_j²) and W acyclic. With the reduced form
M = (I − W)⁻¹, the nodes have the mean Mᵀb and the covariance Mᵀ diag(s²) M.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from ddlib.dbn.checks import as_float64
from ddlib.dbn.graph import is_acyclic

Parameters = tuple[Tensor, Tensor, Tensor]
"""Bias `(…, k)`, weights `(…, k, k)` and variances `(…, k)`."""


@dataclass(frozen=True, eq=False)
class LinearGaussianCPDs:
    """Conditional densities of k nodes: x = bias + weightsᵀ x + ε, ε ~ N(0, diag variances).

    All fields become float64 and keep their gradients. Leading dimensions, the same in all, are a
    batch.

    Attributes:
        bias: `(…, k)`, in the units of the nodes.
        weights: `(…, k, k)`, acyclic, with [i, j] for arc i → j.
        variances: of the noise, `(…, k)`, above 0.

    Raises:
        ValueError: for a field of a wrong shape or that is not real and finite, a cycle, and a
            variance not above 0.
    """

    bias: Tensor
    weights: Tensor
    variances: Tensor

    def __post_init__(self) -> None:
        """Check the fields and make them float64."""
        for field in fields(self):
            value = finite_float64(field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)
        *batch, k = self.variances.shape or (1,)
        for name, shape in {"bias": (k,), "weights": (k, k), "variances": (k,)}.items():
            require_shape(name, getattr(self, name), (*batch, *shape))
        if not (self.variances > 0).all():
            raise ValueError(f"variances = {self.variances.tolist()}: must be above 0")
        if not is_acyclic(self.structure.cpu().numpy()).all():
            raise ValueError("weights: their arcs close a cycle; must be acyclic")

    @property
    def structure(self) -> Tensor:
        """The arcs, bool `(…, k, k)`: where a weight is not zero."""
        return self.weights.detach() != 0

    def reduced_form(self) -> Tensor:
        """Return M = (I − W)⁻¹, `(…, k, k)`: the total effect of a shock in i on j."""
        return reduced_form(self.weights)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Return the mean Mᵀb, `(…, k)`, and covariance Mᵀ diag(s²) M, `(…, k, k)`."""
        return network_moments(self.bias, self.weights, self.variances)


def reduced_form(weights: Tensor) -> Tensor:
    """Return M = (I − W)⁻¹, `(…, k, k)`.

    Args:
        weights: W `(…, k, k)`, acyclic.
    """
    identity = torch.eye(weights.shape[-1], dtype=torch.float64, device=weights.device)
    return torch.linalg.inv(identity - weights)


def network_moments(bias: Tensor, weights: Tensor, variances: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean `(…, k)` and covariance `(…, k, k)` of all nodes.

    Args:
        bias: as in `LinearGaussianCPDs`.
        weights: as there.
        variances: as there. Nothing is checked.
    """
    effects = reduced_form(weights)
    mean = (bias[..., None, :] @ effects)[..., 0, :]
    return mean, effects.mT @ (variances[..., None] * effects)


def finite_float64(name: str, value: Tensor) -> Tensor:
    """Return `value` as float64.

    Args:
        name: what an error calls the value.
        value: of any shape.

    Raises:
        ValueError: for an entry that is not finite, and as `as_float64` does.
    """
    numbers = as_float64(name, value)
    if not numbers.isfinite().all():
        raise ValueError(f"{name} = {numbers.tolist()}: must be finite")
    return numbers


def require_shape(name: str, value: Tensor, shape: tuple[int, ...]) -> None:
    """Check the shape of a value.

    Args:
        name: what an error calls the value.
        value: of any shape.
        shape: that it must have.

    Raises:
        ValueError: for another shape.
    """
    if tuple(value.shape) != shape:
        raise ValueError(f"{name}: shape {tuple(value.shape)}; must be {shape}")
