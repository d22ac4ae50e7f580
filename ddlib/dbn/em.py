"""Expectation–maximisation for a DBN whose rows are noisy and have holes, structure included.

    E-step   the moments of clean, complete rows that are expected under (θ, σ²)
    M-step   θ ← maximum likelihood from these moments, σ² ← the mean squared error expected

raise the log-likelihood of what was seen (Dempster, Laird and Rubin 1977). With a free structure a
search on the expected moments replaces the graph whenever the expected BIC rises, which raises the
observed BIC too (structural EM, Friedman 1998). That is a climb with many tops: it starts from no
arcs and from every arc, and the better end is kept. `ridge` uncorrelated rows with the means and
variances of what was seen are a prior; they are part of the objective, so that it still rises with
every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from ddlib.arguments import count_faults, fault, is_finite, is_number, raise_faults, size_faults
from ddlib.dbn.available import available_moments, independent_row, perturbed
from ddlib.dbn.em_climb import Climb, EMObjective, climb, first_state
from ddlib.dbn.learn import check_structure
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.regressions import Structure
from ddlib.dbn.sources import check_tensors, labelled
from ddlib.dbn.statistics import SufficientStatistics
from ddlib.streams import check_generator


@dataclass(frozen=True, eq=False)
class EMFit:
    """The network found by the best climb, and how it was found.

    Attributes:
        network: the fit.
        noise_std: of the measurement, as given or estimated.
        log_likelihood: of the rows seen at the start and after each iteration, in nats per row.
        score: objective, likewise: it adds the prior and, if the structure was free, its BIC
            penalty.
        converged: whether the best climb did.
        scores: last objective of each climb.
    """

    network: LinearGaussianDBN
    noise_std: float | Tensor
    log_likelihood: tuple[float, ...]
    score: tuple[float, ...]
    converged: bool
    scores: tuple[float, ...]

    def __str__(self) -> str:
        """Say in one line whether and how EM converged."""
        state = "converged" if self.converged else "stopped before it converged"
        return (
            f"EM {state} after {len(self.score) - 1} iterations, at {self.log_likelihood[-1]:.4f} "
            f"nats per row, the best of {len(self.scores)} climbs"
        )


def fit_em(
    sources: Sequence[Tensor] | SufficientStatistics,
    *,
    noise_std: float | Tensor | None,
    structure: Structure | None = None,
    ridge: float = 0.0,
    num_starts: int = 1,
    first_noises: Sequence[float] = (0.1,),
    max_iterations: int = 1000,
    tolerance: float = 1e-6,
    generator: torch.Generator | None = None,
) -> EMFit:
    """Return the DBN that EM fits to noisy sources with hidden entries.

    Args:
        sources: tensors `(n, T, p)`, NaN = hidden, or their statistics.
        noise_std: of the measurement, a number or `(p,)`; None to estimate one, see `identify`.
        structure: known arcs; searched for from no arcs and from every arc unless told.
        ridge: pseudo-rows of the prior.
        num_starts: starts; those after the first are from randomly changed moments.
        first_noises: variances that an unknown noise starts from, in mean variances of an entry.
        max_iterations: of each climb.
        tolerance: gain in nats per row at which a climb has converged.
        generator: of the random starts.

    Raises:
        ValueError: as `check_tensors` does, for an argument out of its range, an entry that no row
            shows, no more rows than regressors without a `ridge`; TypeError for a wrong generator.
        ArithmeticError: should the objective fall.
    """
    _check_climbs(num_starts, first_noises, max_iterations, tolerance, ridge, generator)
    statistics, first_noises = _as_statistics(sources), [float(noise) for noise in first_noises]
    _check_model(statistics, structure, ridge)
    moments = available_moments(statistics, noise_std=0.0 if noise_std is None else noise_std)
    known = structure is not None, noise_std is not None
    objective = EMObjective(statistics, independent_row(statistics, *moments), float(ridge), *known)
    structures = _first_structures(statistics) if structure is None else [structure]
    noises = first_noises if noise_std is None else first_noises[:1]
    starts = product(_first_moments(moments, num_starts, generator), structures, noises)
    climbs = [
        climb(objective, first_state(objective, *s, arcs, noise_std, v), max_iterations, tolerance)
        for s, arcs, v in starts
    ]
    return _best_of(climbs, noise_std)


def _best_of(climbs: list[Climb], noise_std: float | Tensor | None) -> EMFit:
    """Return the climb of highest objective, with the noise that was given or estimated."""
    best = max(climbs, key=lambda found: found.scores[-1])
    return EMFit(
        network=best.state.network,
        noise_std=best.state.noise[0].sqrt().item() if noise_std is None else noise_std,
        log_likelihood=tuple(best.likelihoods),
        score=tuple(best.scores),
        converged=best.converged,
        scores=tuple(found.scores[-1] for found in climbs),
    )


def _as_statistics(sources: Sequence[Tensor] | SufficientStatistics) -> SufficientStatistics:
    """Summarise the sources, or raise ValueError as `check_tensors` does."""
    if isinstance(sources, SufficientStatistics):
        return sources
    rows, _ = check_tensors(labelled(sources))
    return SufficientStatistics.from_batches(rows.values())


def _first_moments(
    moments: tuple[Tensor, Tensor], num_starts: int, generator: torch.Generator | None
) -> list[tuple[Tensor, Tensor]]:
    """Return the moments, then such as are changed at random."""
    if generator is None:
        return [moments]
    return [moments, *(perturbed(*moments, generator) for _ in range(num_starts - 1))]


def _first_structures(statistics: SufficientStatistics) -> list[Structure]:
    """No arcs, and every arc that the order of the variables allows."""
    p, single = statistics.num_variables, statistics.num_slices == 1
    within = torch.ones(p, p, dtype=torch.bool).triu(1)
    everything = torch.cat([torch.full((p, p), not single), within])
    return [
        (torch.zeros_like(within), torch.zeros_like(everything)),
        (within, everything),
    ]


def _check_climbs(
    num_starts: int,
    first_noises: Sequence[float],
    max_iterations: int,
    tolerance: float,
    ridge: float,
    generator: torch.Generator | None,
) -> None:
    """Raise ValueError for an argument out of its range, and TypeError for no generator."""
    faults = count_faults("num_starts", num_starts, 1)
    noises = first_noises if isinstance(first_noises, Sequence) else ()
    if not noises or not all(is_finite(noise) and noise > 0 for noise in noises):
        wanted = "a sequence of finite numbers above 0, at least one"
        faults.append(f"first_noises = {first_noises!r}: must be {wanted}")
    faults += count_faults("max_iterations", max_iterations, 1)
    if not (is_number(tolerance) and tolerance > 0):
        faults.append(fault("tolerance", tolerance, "above 0 nats per row"))
    faults += size_faults("ridge", ridge, "finite and at least 0 pseudo-rows")
    raise_faults(faults)
    if generator is not None:
        check_generator("generator", generator)
    elif num_starts > 1:
        raise ValueError(
            f"generator = None: must be given for num_starts = {num_starts}, which is above 1"
        )


def _check_model(
    statistics: SufficientStatistics, structure: Structure | None, ridge: float
) -> None:
    """Raise ValueError for an argument out of its range, and for too few rows."""
    check_structure(structure, statistics.num_variables)
    regressors = statistics.num_variables * min(statistics.num_slices, 2)
    if ridge == 0 and structure is None and statistics.num_rows <= regressors:
        raise ValueError(
            f"sources: {statistics.num_rows} rows; must be more than {regressors}, the "
            "regressors of a node, or the ridge above 0"
        )
