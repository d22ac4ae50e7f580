"""Draw the parameters of a stable, standardised random DBN.

A random order of the variables makes W acyclic. With M = (I − W)⁻¹ the transition matrix is
F = A M; it is stable when its spectral radius is below 1, and then the stationary covariance

    Σ = Fᵀ Σ F + Q,   Q = Mᵀ diag(s²) M,

gives the scales σ = √diag Σ by which every variable is divided: W_ij ← W_ij σ_i/σ_j, A likewise,
s_j² ← s_j²/σ_j². A first slice is the same draw with A = 0.
"""

import torch
from torch import Tensor

Parameters = tuple[Tensor, Tensor, Tensor]  # bias (p,), weights (p, p), variances (p,)


def random_parameters(
    num_variables: int,
    edge_probability: float,
    weight_range: tuple[float, float],
    max_spectral_radius: float,
    generator: torch.Generator,
) -> tuple[Parameters, Parameters, Tensor]:
    """Return the first slice, the transition within a slice, and the lagged weights (p, p).

    Each arc that the order allows is drawn with `edge_probability`, within a slice and across, and
    every variable depends on its own past. Weights have a random sign and a size uniform in
    `weight_range`, before the variables are scaled to variance 1 and A is shrunk, if need be, to
    `max_spectral_radius`. Raises ValueError if an argument is out of its range.
    """
    low, high = weight_range
    if num_variables < 1:
        raise ValueError(f"num_variables must be at least 1, got {num_variables}")
    if not 0 <= edge_probability <= 1:
        raise ValueError(f"edge_probability must lie in [0, 1], got {edge_probability}")
    if not 0 < low <= high:
        raise ValueError(f"weight_range must be 0 < low <= high, got {weight_range}")
    if not 0 <= max_spectral_radius < 1:
        raise ValueError(f"max_spectral_radius must lie in [0, 1), got {max_spectral_radius}")

    def uniform() -> Tensor:
        shape = (num_variables, num_variables)
        return torch.rand(shape, generator=generator, dtype=torch.float64, device=generator.device)

    def arcs(possible: Tensor) -> Tensor:
        sizes = low + (high - low) * uniform()
        signs = torch.where(uniform() < 0.5, -1.0, 1.0)
        return sizes * signs * possible

    rank = torch.randperm(num_variables, generator=generator, device=generator.device)
    ordered = rank[:, None] < rank
    own_past = torch.eye(num_variables, dtype=torch.bool, device=generator.device)
    first = arcs(ordered & (uniform() < edge_probability))
    within = arcs(ordered & (uniform() < edge_probability))
    across = arcs(own_past | (uniform() < edge_probability))
    initial, _ = _standardised(first, torch.zeros_like(first))
    return initial, *_standardised(within, _stabilised(within, across, max_spectral_radius))


def _reduced_form(weights: Tensor) -> Tensor:
    return torch.linalg.inv(torch.eye(len(weights)).to(weights) - weights)


def _stabilised(weights: Tensor, lagged: Tensor, max_spectral_radius: float) -> Tensor:
    """Shrink A, and with it every eigenvalue of F = A M, to the radius allowed."""
    radius = torch.linalg.eigvals(lagged @ _reduced_form(weights)).abs().max()
    return lagged * (max_spectral_radius / radius).clamp(max=1.0)


def _standardised(weights: Tensor, lagged: Tensor) -> tuple[Parameters, Tensor]:
    """Scale unit-noise weights so that the stationary variance of each variable is 1."""
    effects = _reduced_form(weights)
    covariance, transition = effects.T @ effects, lagged @ effects
    # Doubling: after k steps Σ holds the first 2ᵏ terms of Σ_l (Fᵀ)ˡ Q Fˡ.
    while transition.abs().max() > 1e-12:
        covariance = covariance + transition.T @ covariance @ transition
        transition = transition @ transition
    scale = covariance.diagonal().sqrt()
    rescale = scale[:, None] / scale
    bias = torch.zeros_like(scale)
    return (bias, weights * rescale, scale**-2), lagged * rescale
