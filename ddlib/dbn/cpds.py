"""Conditional densities of the nodes of a linear-Gaussian network.

A node is x_j = b_j + Σ_i W_ij x_i + ε_j with ε_j ~ N(0, s_j²) and W acyclic. With the reduced form
M = (I − W)⁻¹, the nodes have the mean Mᵀb and the covariance Mᵀ diag(s²) M.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from ddlib.dbn.structure import is_acyclic


@dataclass(frozen=True, eq=False)
class LinearGaussianCPDs:
    """Conditional densities of k nodes: x = bias + weightsᵀ x + ε, ε ~ N(0, diag variances).

    `bias` is (…, k), `weights` (…, k, k) acyclic with [i, j] for arc i → j, `variances` (…, k);
    leading dimensions are a batch. All become float64 and keep their gradients. Raises ValueError
    naming the field that is wrong.
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
            raise ValueError(f"variances must be positive, got {self.variances.min().item()}")
        if not is_acyclic(self.structure.cpu().numpy()).all():
            raise ValueError("weights must be acyclic, but their arcs close a cycle")

    @property
    def structure(self) -> Tensor:
        """Arcs, bool (…, k, k): where a weight is not zero."""
        return self.weights.detach() != 0

    def reduced_form(self) -> Tensor:
        """M = (I − W)⁻¹, (…, k, k): the total effect of a shock in i on j."""
        return reduced_form(self.weights)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Return the mean Mᵀb, (…, k), and covariance Mᵀ diag(s²) M, (…, k, k)."""
        return network_moments(self.bias, self.weights, self.variances)


def reduced_form(weights: Tensor) -> Tensor:
    """Return M = (I − W)⁻¹, (…, k, k)."""
    identity = torch.eye(weights.shape[-1], dtype=torch.float64, device=weights.device)
    return torch.linalg.inv(identity - weights)


def network_moments(bias: Tensor, weights: Tensor, variances: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean (…, k) and covariance (…, k, k) of all nodes."""
    effects = reduced_form(weights)
    mean = (bias[..., None, :] @ effects)[..., 0, :]
    return mean, effects.mT @ (variances[..., None] * effects)


def finite_float64(name: str, value: Tensor) -> Tensor:
    """Return `value` as float64, or raise ValueError if an entry is not finite."""
    value = torch.as_tensor(value, dtype=torch.float64)
    if not value.isfinite().all():
        raise ValueError(f"{name} must be finite, got {value.tolist()}")
    return value


def require_shape(name: str, value: Tensor, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless `value` has `shape`."""
    if tuple(value.shape) != shape:
        raise ValueError(f"{name} must have shape {shape}, got {tuple(value.shape)}")
