"""The model of sites that tell moments in place of rows, and rows for tasks from it.

Where rows are at hand, what they lack is drawn several times, and the coefficients of these tables
are pooled (`ddlib.merge.pooling`). Here the moments of the completed rows are drawn
(`ddlib.sites.augment`), and to each draw there is a table of new rows with the correlation that
these moments have. It has more rows than there are real ones, so that they add little noise, and
counts as the real number of rows. So the same rules pool the same things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from ddlib.arguments import raise_faults
from ddlib.copula import Copula
from ddlib.copula.posterior import Mixing, mixing_of
from ddlib.copula.prior import PriorRows
from ddlib.merge.dependent import warn_of_dependent
from ddlib.merge.formula import parse_tasks
from ddlib.merge.merged import Merged, made_for, setting_faults
from ddlib.merge.model import Model, exact_scores, numpy_seed
from ddlib.merge.scarce import scarce_columns
from ddlib.sites.augment import Augmentation
from ddlib.sites.common import common_scale
from ddlib.sites.em import Gaussian, fit_moments
from ddlib.sites.express import expressed
from ddlib.sites.latent import Latent, latent_of
from ddlib.sites.moments import Moments
from ddlib.sites.scale import Scale
from ddlib.sites.summary import Summary
from ddlib.tables import Note, TablesError
from ddlib.tables.faults import warning

FACTOR = 20  # rows of a table that stands for one real row, unless there are very many
FEWEST, MOST = 5000, 40_000  # rows of a table
BURN_IN, THIN = 4, 20  # draws that are thrown away, and sweeps for each draw


def merge_summaries(
    summaries: Mapping[str, Summary],
    tasks: Sequence[str],
    *,
    num_rows: int = 100,
    weights: bool = True,
    num_draws: int = 10,
    seed: int = 0,
) -> Merged:
    """Return rows made for tasks, from what sites tell in place of rows.

    Args:
        summaries: label -> summary of a site.
        tasks: as `merge` takes them.
        num_rows: to make.
        weights: whether rows may have weights.
        num_draws: draws of what rows lack, at least 2.
        seed: of what is drawn.

    Raises:
        TablesError: for columns that clash.
        TaskError: for tasks that these sites cannot have.
        TooFewRows: names the least number of rows that does.
        ValueError: for arguments out of their ranges.
    """
    raise_faults(setting_faults(num_rows, weights, num_draws, seed))
    parse_tasks(tasks, scale_told(summaries).schema)  # what is wrong with them comes before a fit
    model = model_of(summaries, num_draws=num_draws, seed=seed)
    parsed = parse_tasks(tasks, model.schema, scarce_columns(model.schema, model.codes))
    merged = made_for(model, parsed, num_rows=num_rows, weights=weights)
    odd = warn_of_dependent(merged.copula, merged.schema)
    return replace(merged, notes=(*_left_out(summaries, model), *odd, *merged.notes))


def _left_out(summaries: Mapping[str, Summary], model: Model) -> list[Note]:
    """Return warnings on columns that sites have and whose moments they do not tell."""
    names = {name for each in summaries.values() for name in each.scale.names}
    gone = sorted(names - {*model.schema.names})
    line = f"columns that the moments of no site tell of left out: {', '.join(gone)}"
    notes = [warning(line, gone)] if gone else []
    for label, each in summaries.items():
        shown = {*_shown(each), *gone}
        own = [
            name
            for name, margin in zip(each.scale.names, each.margins, strict=True)
            if margin.seen and name not in shown
        ]
        line = f"{label}: has {', '.join(own)}, of which its moments do not tell: too few rows do"
        notes += [warning(line, own, [label])] if own else []
    return notes


def pooled_moments(summaries: Mapping[str, Summary], scale: Scale) -> Moments:
    """Return the moments of all sites on one scale.

    Args:
        summaries: label -> summary of a site.
        scale: with all columns that their moments show.
    """
    found = [expressed(each.moments, each.scale, scale) for each in summaries.values()]
    patterns = sorted((p for m in found for p in m.patterns), key=lambda p: p.seen.tobytes())
    return Moments.added(scale.features, patterns)


def _shown(summary: Summary) -> list[str]:
    """Return the columns that a summary's moments show."""
    shown = np.any([pattern.seen for pattern in summary.moments.patterns], axis=0)
    return [summary.scale.names[place] for place in np.unique(summary.scale.owners[shown])]


def scale_told(summaries: Mapping[str, Summary]) -> Scale:
    """Return the scale of all sites, of the columns that the moments of some tell of.

    Args:
        summaries: label -> summary of a site.

    Raises:
        TablesError: for columns that clash, and sites of which no moments are told.
    """
    given = common_scale(summaries)
    told = {name for each in summaries.values() for name in _shown(each)}
    if not told:
        line = f"{', '.join(summaries)}: tell no moments; must tell those of some rows"
        raise TablesError([line])
    return given.only([name for name in given.names if name in told])


def model_of(summaries: Mapping[str, Summary], *, num_draws: int, seed: int) -> Model:
    """Return the model of what sites tell.

    Args:
        summaries: label -> summary of a site.
        num_draws: of what rows lack.
        seed: of what is drawn.

    Raises:
        TablesError: for columns that clash, and sites of which no moments are told.
    """
    given = scale_told(summaries)
    order = np.argsort(given.names)  # in which the order of the sites changes nothing
    scale = given.only(sorted(given.names))
    moments = pooled_moments(summaries, scale)
    generator = np.random.default_rng(numpy_seed(seed, "summaries"))
    first = [place.start for place in scale.places]
    seen = moments.together[np.ix_(first, first)] > 0
    chain = Augmentation(moments, scale.owners, fit_moments(moments, scale.owners), generator)
    rows = moments.rows

    def shrunk(law: Gaussian, prior_rows: float) -> Latent:
        return latent_of(law, scale, seen, rows=rows, prior_rows=prior_rows)

    path = _explored(chain, num_draws, lambda law: latent_of(law, scale, seen).plain, rows)
    whole = shrunk(fit_moments(moments, scale.owners), path.prior_rows)
    latents = [latent_of(law, scale, seen) for law in path.completed]
    tables = tuple(_table(latent, rows, generator) for latent in latents)
    copula = Copula(
        kinds=tuple(column.kind for column in scale.columns),
        margins=whole.margins,
        correlation=whole.correlation,
        draws=tables,
        correlations=tuple(shrunk(law, path.prior_rows).correlation for law in path.laws),
        seen=seen,
        known=_known(whole, seen),
        prior_rows=path.prior_rows,
        mixing=path.mixing,
    )
    codes = _with_holes(tables[0], moments, first, generator)
    model = Model(scale.schema, copula, codes, np.arange(len(order)), seed, rows)
    return model.reordered(np.argsort(order))


@dataclass(frozen=True, eq=False)
class _Path:
    """What the sampler's states tell: those that lie apart, and all of them together."""

    completed: tuple[Gaussian, ...]
    laws: tuple[Gaussian, ...]
    prior_rows: float
    mixing: Mixing


def _explored(
    chain: Augmentation,
    num_draws: int,
    plain: Callable[[Gaussian], np.ndarray],
    rows: int,
) -> _Path:
    """Return the path of a sampler.

    The rows of the prior are drawn given the correlation of what tells of scores, once for each
    state that is kept, since this takes a while.
    """
    completed: list[Gaussian] = []
    laws: list[Gaussian] = []
    prior_rows: list[float] = []
    for _ in range(BURN_IN + num_draws):
        sweeps = [chain.sweep() for _ in range(THIN)]
        completed.append(sweeps[-1].completed)
        laws += [state.law for state in sweeps]
        correlation = plain(completed[-1])
        prior = PriorRows(rows, len(correlation))
        prior_rows.append(prior.draw(rows * correlation, chain.generator))
    laws = laws[BURN_IN * THIN :]
    return _Path(
        tuple(completed[BURN_IN:]),
        tuple(laws[THIN - 1 :: THIN]),
        float(np.mean(prior_rows[BURN_IN:])),
        _mixing(np.array([law.covariance for law in laws])),
    )


def _mixing(covariances: np.ndarray) -> Mixing:
    """Return how well the correlations of a path of covariances `(t, f, f)` mix."""
    std = np.sqrt(np.einsum("tii->ti", covariances))
    pairs = np.triu_indices(covariances.shape[1], 1)
    return mixing_of((covariances / (std[:, :, None] * std[:, None, :]))[:, *pairs], THIN)


def _table(latent: Latent, real: int, generator: Generator) -> np.ndarray:
    """Return codes of rows whose scores have a correlation exactly, `(n, p)`."""
    rows = max(FEWEST, min(FACTOR * real, MOST))
    noise = generator.standard_normal((rows, len(latent.correlation)))
    return latent.codes(exact_scores(noise, latent.correlation))


def _known(latent: Latent, seen: np.ndarray) -> np.ndarray:
    """Return the pairs of scores that rows tell of, `(d, d)`."""
    owners = np.repeat(np.arange(len(seen)), [margin.num_scores for margin in latent.margins])
    known = seen[np.ix_(owners, owners)] & (owners[:, None] != owners)
    np.fill_diagonal(known, True)
    return known


def _with_holes(
    table: np.ndarray, moments: Moments, first: Sequence[int], generator: Generator
) -> np.ndarray:
    """Return rows that lack what the real ones do, in the shares of the patterns."""
    rows = min(moments.rows, len(table))
    shown = np.array([pattern.seen[[*first]] for pattern in moments.patterns])
    counts = np.array([pattern.rows for pattern in moments.patterns])
    ends = np.rint(np.cumsum(counts) * rows / counts.sum()).astype(int)
    place = np.searchsorted(ends, generator.permutation(rows), "right")
    return np.where(shown[place], table[:rows], np.nan)
