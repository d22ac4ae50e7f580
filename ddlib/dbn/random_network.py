"""Draw the parameters of a stable, standardised random DBN.

A random order of the variables makes W acyclic. With M = (I − W)⁻¹ the transition matrix is
F = A M; it is stable when its spectral radius is below 1, and then the stationary covariance

    Σ = Fᵀ Σ F + Q,   Q = Mᵀ diag(s²) M,

gives the scales σ = √diag Σ by which every variable is divided: W_ij ← W_ij σ_i/σ_j, A likewise,
s_j² ← s_j²/σ_j². A first slice is the same draw with A = 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ddlib.arguments import count_faults, fault, is_finite, raise_faults
from ddlib.dbn.cpds import Parameters, reduced_form
from ddlib.streams import check_generator


def random_parameters(
    num_variables: int,
    edge_probability: float,
    weight_range: tuple[float, float],
    max_spectral_radius: float,
    generator: torch.Generator,
) -> tuple[Parameters, Parameters, Tensor]:
    """Return the first slice, the transition within a slice, and the lagged weights `(p, p)`.

    Every variable depends on its own past. Weights have a random sign.

    Args:
        num_variables: p.
        edge_probability: of each arc that the order allows, within a slice and across.
        weight_range: least and greatest size of a weight, drawn uniformly, before the variables
            are scaled to variance 1.
        max_spectral_radius: to which A is shrunk, if need be.
        generator: of all draws.

    Raises:
        ValueError: for an argument out of its range, and a TypeError for no generator.
    """
    _check_ranges(num_variables, edge_probability, weight_range, max_spectral_radius)
    check_generator("generator", generator)
    sizes = float(weight_range[0]), float(weight_range[1])

    def some() -> Tensor:
        return _uniform(num_variables, generator) < float(edge_probability)

    def weights(arcs: Tensor) -> Tensor:
        return _draw_weights(arcs, sizes, generator)

    rank = torch.randperm(num_variables, generator=generator, device=generator.device)
    ordered = rank[:, None] < rank
    own_past = torch.eye(num_variables, dtype=torch.bool, device=generator.device)
    first = weights(ordered & some())
    within = weights(ordered & some())
    across = weights(own_past | some())
    initial, _ = _standardised(first, torch.zeros_like(first))
    return initial, *_standardised(within, _stabilised(within, across, float(max_spectral_radius)))


def _check_ranges(
    num_variables: int,
    edge_probability: float,
    weight_range: object,
    max_spectral_radius: float,
) -> None:
    """Raise ValueError for an argument out of its range."""
    faults = count_faults("num_variables", num_variables, 1)
    if not (is_finite(edge_probability) and 0 <= edge_probability <= 1):
        faults.append(fault("edge_probability", edge_probability, "in [0, 1]"))
    ends = weight_range if isinstance(weight_range, Sequence) else ()
    if not (len(ends) == 2 and all(map(is_finite, ends)) and 0 < ends[0] <= ends[1]):
        wanted = "two finite numbers, 0 < low <= high"
        faults.append(f"weight_range = {weight_range!r}: must be {wanted}")
    if not (is_finite(max_spectral_radius) and 0 <= max_spectral_radius < 1):
        faults.append(fault("max_spectral_radius", max_spectral_radius, "in [0, 1)"))
    raise_faults(faults)


def _uniform(num_variables: int, generator: torch.Generator) -> Tensor:
    """Draw from [0, 1) for each pair of variables, (p, p)."""
    shape = (num_variables, num_variables)
    return torch.rand(shape, generator=generator, dtype=torch.float64, device=generator.device)


def _draw_weights(
    arcs: Tensor, weight_range: tuple[float, float], generator: torch.Generator
) -> Tensor:
    """Draw the weights of the bool `arcs` (p, p), with a random sign and a size in the range."""
    low, high = weight_range
    sizes = low + (high - low) * _uniform(len(arcs), generator)
    signs = torch.where(_uniform(len(arcs), generator) < 0.5, -1.0, 1.0)
    return sizes * signs * arcs


def _stabilised(weights: Tensor, lagged: Tensor, max_spectral_radius: float) -> Tensor:
    """Shrink A, and with it every eigenvalue of F = A M, to the radius allowed."""
    radius = torch.linalg.eigvals(lagged @ reduced_form(weights)).abs().max()
    return lagged * (max_spectral_radius / radius).clamp(max=1.0)


def _standardised(weights: Tensor, lagged: Tensor) -> tuple[Parameters, Tensor]:
    """Scale unit-noise weights so that the stationary variance of each variable is 1."""
    effects = reduced_form(weights)
    covariance, transition = effects.T @ effects, lagged @ effects
    # Doubling: after k steps Σ holds the first 2ᵏ terms of Σ_l (Fᵀ)ˡ Q Fˡ.
    while transition.abs().max() > 1e-12:
        covariance = covariance + transition.T @ covariance @ transition
        transition = transition @ transition
    scale = covariance.diagonal().sqrt()
    rescale = scale[:, None] / scale
    bias = torch.zeros_like(scale)
    return (bias, weights * rescale, scale**-2), lagged * rescale
