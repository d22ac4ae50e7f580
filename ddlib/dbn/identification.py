r"""Whether the moments of what is seen determine the parameters of a network.

What Gaussian sources show depends on the covariances C_ab(θ) of the entries a, b that are seen
together. The unknowns θ are the weights on the arcs of a known structure, the variances s₀², s²
and, if asked, the variance σ² of the measurement noise. They are locally identified if

    J = ∂C_ab/∂θ,   a row for each pair (a, b) seen together, a column for each unknown,

has full column rank. Where the rank is the same all around the network, this is necessary too
(Rothenberg 1971, theorem 1). That is so at random weights, with probability 1: they have the
generic rank, which is the greatest. Special weights, such as those that cancel, may have less.

Means are left out. Given θ, they tell the biases if each variable is seen in slice 0 and in
slice 1. Means that change over three slices or more can tell of θ too, which does not count here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.functional import jvp

from ddlib.dbn.cpds import LinearGaussianCPDs, require_shape
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.sources import check_tensors, labelled
from ddlib.dbn.statistics import SufficientStatistics
from ddlib.dbn.unrolling import require_slices

# Singular values up to this are 0: columns have length 1, and rounding leaves some 1e-15 of them.
TOLERANCE = 1e-9
# The null space moves an unknown whose unit vector has a longer part in it.
SHARE = 1e-4

_Place = tuple[str, list[int]]
"""A parameter by its symbol in `network`, and an index into it."""


@dataclass(frozen=True)
class Identification:
    """The rank of the map from the unknowns of a network to the moments seen.

    Attributes:
        unknowns: names, with the symbols of `ddlib.dbn.network`: `W₀[0, 1]`, `s₀²[0]`, `W[0, 1]`,
            `s²[0]`, `A[0, 1]`, `σ²`.
        num_moments: variances and covariances that are seen.
        rank: of their Jacobian.
        undetermined: unknowns that are not locally identified: those that the null space moves.
    """

    unknowns: tuple[str, ...]
    num_moments: int
    rank: int
    undetermined: tuple[str, ...]

    @property
    def num_unknowns(self) -> int:
        """The number of unknowns."""
        return len(self.unknowns)

    @property
    def identified(self) -> bool:
        """Whether all unknowns are locally identified."""
        return self.rank == self.num_unknowns

    @property
    def row(self) -> dict[str, int | bool]:
        """The sizes, and whether all is identified, as the row of a table."""
        sizes = {"unknowns": self.num_unknowns, "moments": self.num_moments, "rank": self.rank}
        return {**sizes, "identified": self.identified}


def identify(
    network: LinearGaussianDBN,
    num_slices: int,
    *,
    seen: Tensor | None = None,
    noise_unknown: bool = False,
) -> Identification:
    """Return which parameters of a network the moments of T slices identify, near the network.

    The rank counts singular values of J above 1e-9, with rows divided by standard deviations and
    columns by their length over all pairs. So the units of an unknown do not matter, and the rank
    never falls when more pairs are seen. With T = 1 the transition has no unknowns.

    Args:
        network: whose arcs, the weights that are not 0, are the structure.
        num_slices: T.
        seen: bool `(T·p, T·p)`, symmetric: which entries, slice by slice, are seen together, as
            `seen_together` returns it; all unless told.
        noise_unknown: whether σ², the same for all entries, is an unknown; else it is known. Its
            value does not matter, as ∂C/∂σ² = I.

    Raises:
        ValueError: for T below 1, a batch of networks, and a `seen` of another shape or type or
            that is not symmetric.
    """
    seen = _checked_seen(network, num_slices, seen)
    places = _places(network, num_slices)
    covariance, jacobian = _pushed(network, num_slices, places)
    names = [f"{symbol}{index}" for symbol, index in places]
    if noise_unknown:
        by_noise = torch.eye(len(covariance)).to(jacobian)
        jacobian, names = torch.cat([jacobian, by_noise[None]]), [*names, "σ²"]
    std = covariance.diagonal().sqrt()
    scaled = (jacobian / torch.outer(std, std)).flatten(1)
    scaled = scaled / scaled.norm(dim=1, keepdim=True)
    left, values, _ = torch.linalg.svd(scaled * seen.flatten(), full_matrices=False)
    rank = int((values > TOLERANCE).sum())
    in_null_space = 1 - left[:, :rank].square().sum(1) > SHARE**2
    undetermined = tuple(name for name, free in zip(names, in_null_space, strict=True) if free)
    return Identification(tuple(names), int(seen.triu().sum()), rank, undetermined)


def seen_together(sources: Sequence[Tensor] | SufficientStatistics) -> Tensor:
    """Return which entries some row shows together, bool `(T·p, T·p)`, slice by slice.

    Args:
        sources: tensors `(n, T, p)`, NaN = hidden, or their statistics.

    Raises:
        ValueError: as `check_tensors` does.
    """
    if not isinstance(sources, SufficientStatistics):
        rows, _ = check_tensors(labelled(sources))
        sources = SufficientStatistics.from_batches(rows.values())
    shows = torch.stack([pattern.observed.flatten() for pattern in sources.patterns]).double()
    return shows.T @ shows > 0


def _checked_seen(network: LinearGaussianDBN, num_slices: int, seen: Tensor | None) -> Tensor:
    """Return which entries are seen together, bool (T·p, T·p), or raise for a wrong argument."""
    require_slices(num_slices)
    if network.lagged.ndim > 2:
        raise ValueError(f"lagged: shape {tuple(network.lagged.shape)}; must be of one network")
    size = num_slices * network.num_variables
    if seen is None:
        return torch.ones(size, size, dtype=torch.bool, device=network.lagged.device)
    require_shape("seen", seen, (size, size))
    if seen.dtype != torch.bool:
        raise ValueError(f"seen: {seen.dtype}; must be bool")
    if not seen.equal(seen.T):
        i, j = (seen & ~seen.T).nonzero()[0].tolist()
        raise ValueError(f"seen[{i}, {j}] = True: must equal seen[{j}, {i}] of the same pair")
    return seen


def _parameters(network: LinearGaussianDBN) -> dict[str, Tensor]:
    """Return the parameters that covariances depend on, without gradient, by their symbols."""
    first, later = network.initial, network.transition
    found = {"W₀": first.weights, "s₀²": first.variances}
    found |= {"W": later.weights, "s²": later.variances, "A": network.lagged}
    return {symbol: value.detach() for symbol, value in found.items()}


def _places(network: LinearGaussianDBN, num_slices: int) -> list[_Place]:
    """Return the places of the unknowns: variances, and weights that are not zero."""
    symbols = ("W₀", "s₀²") if num_slices == 1 else ("W₀", "s₀²", "W", "s²", "A")
    values = _parameters(network)
    return [(symbol, index) for symbol in symbols for index in values[symbol].nonzero().tolist()]


def _pushed(
    network: LinearGaussianDBN, num_slices: int, places: list[_Place]
) -> tuple[Tensor, Tensor]:
    """Return the covariance (T·p, T·p) and its derivative by each unknown (k, T·p, T·p).

    A batch of k copies of the network is pushed, each in the direction of one unknown.
    """
    values = {
        symbol: value.repeat(len(places), *[1] * value.ndim)
        for symbol, value in _parameters(network).items()
    }
    directions = {symbol: torch.zeros_like(value) for symbol, value in values.items()}
    for copy, (symbol, index) in enumerate(places):
        directions[symbol][copy, *index] = 1.0

    def covariances(*parameters: Tensor) -> Tensor:
        first, first_variances, within, variances, lagged = parameters
        bias = torch.zeros_like(variances)
        copies = LinearGaussianDBN(
            LinearGaussianCPDs(bias, first, first_variances),
            LinearGaussianCPDs(bias, within, variances),
            lagged,
        )
        return copies.moments(num_slices)[1]

    copied, derivative = jvp(covariances, tuple(values.values()), tuple(directions.values()))
    # One output has one derivative; torch's type adds a tuple of them.
    return copied[0], derivative  # pyright: ignore[reportReturnType]
