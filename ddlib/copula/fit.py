"""The fit of a Gaussian copula to rows with missing entries.

Each column is a monotone function of a latent score (of L − 1 scores, for a category of L levels),
and the scores of a row are jointly normal. The margins are read off the seen entries; all else is
a posterior, explored by a Gibbs sampler (`ddlib.copula.gibbs`): the scores of what is missing or
has steps, their mean and their correlation. Means and variances of the scores are not those of the
seen rows alone, so a column may be missing where another one says so (missing at random).

Pairs that no row shows together are independent given all other columns. That is a rule, not a
finding: `Copula.bounds` says what else would fit the rows as well.

Rows and columns are put in an order of their own before anything is drawn, and only the ranks of
numbers enter the sampler. So the order of rows and columns, and units, change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from ddlib.arguments import raise_faults
from ddlib.copula.checks import code_faults, setting_faults
from ddlib.copula.copula import Copula
from ddlib.copula.encode import Encoded, encode
from ddlib.copula.gibbs import Chain, Intervals
from ddlib.copula.margins import Margin, score_places
from ddlib.copula.order import canonical_order, dense_ranks
from ddlib.copula.posterior import Posterior, State, explore
from ddlib.copula.prior import PriorRows


def fit_copula(
    codes: np.ndarray,
    kinds: Sequence[str],
    *,
    num_draws: int = 10,
    seed: int | Generator,
    burn_in: int = 100,
    thin: int = 30,
    group: int = 10,
    prior_rows: float | None = None,
) -> Copula:
    """Return a Gaussian copula of mixed columns, with draws of what is missing.

    Args:
        codes: `(n, p)`, values of numbers, counts and dates, else numbers of levels; NaN where
            missing. A row without any entry tells nothing, and is drawn from the model.
        kinds: of the columns: "number", "count", "date", "binary", "ordered" or "category".
        num_draws: tables to draw.
        seed: of all that is drawn: the same one gives the same bits.
        burn_in: sweeps of the sampler before the first counts.
        thin: sweeps for each draw.
        group: rows that each number of a margin is the mean of, at least; 1 shows single values.
        prior_rows: pseudo-rows k of independent columns: correlations of n complete rows shrink by
            the factor n / (n + k). Drawn with all else unless told.

    Raises:
        ValueError: for a wrong shape or kind, entries that are no finite numbers, a column that too
            few rows show, more than two values of a binary one, and settings out of their ranges.
        ArithmeticError: should the completion of unseen pairs not converge.
    """
    faults = code_faults(codes, kinds, group)
    raise_faults(faults + setting_faults(seed, num_draws, burn_in, thin, group, prior_rows))
    codes, generator = np.asarray(codes, dtype=np.float64), np.random.default_rng(seed)
    table = _Table.of(codes, kinds, group)
    num_rows, num_scores = table.intervals.low.shape
    chain = Chain(table.intervals, PriorRows(num_rows, num_scores, prior_rows), generator)
    known = table.intervals.known
    posterior = explore(chain, known, num_states=num_draws, burn_in=burn_in, thin=thin)
    return table.copula(codes, posterior, generator)


@dataclass(frozen=True, eq=False)
class _Table:
    """Rows and columns in an order of their own, as the sampler sees them.

    `rows` and `columns` are indices into the given codes, without the rows that show nothing;
    `places` are those of each column's scores; `scores` brings these into the given order. Of rows
    that are copies, as of columns that are, their order says which of them gets which draw.
    """

    kinds: tuple[str, ...]
    rows: np.ndarray
    columns: np.ndarray
    encoded: tuple[Encoded, ...]
    intervals: Intervals
    places: tuple[slice, ...]
    scores: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, kinds: Sequence[str], group: int) -> _Table:
        """Return the table of codes `(n, p)`."""
        shown = np.nonzero(~np.isnan(codes).all(1))[0]
        rows, columns = canonical_order(dense_ranks(codes[shown]), kinds)
        rows = shown[rows]
        encoded = tuple(encode(codes[rows, j], kinds[int(j)], group) for j in columns)
        places = score_places([column.margin for column in encoded])
        numbers = np.arange(places[-1].stop)
        scores = np.concatenate([numbers[places[k]] for k in np.argsort(columns)])
        intervals = intervals_of(encoded, places)
        return cls(tuple(kinds), rows, columns, encoded, intervals, places, scores)

    def copula(self, codes: np.ndarray, posterior: Posterior, generator: Generator) -> Copula:
        """Return the copula in the given order; the generator draws rows that show nothing."""
        cells = np.ix_(self.scores, self.scores)
        shows = (~np.isnan(codes)).astype(np.float64)
        return Copula(
            kinds=self.kinds,
            margins=self.margins(posterior),
            correlation=posterior.correlation[cells],
            draws=tuple(self.filled(codes, state, generator) for state in posterior.states),
            correlations=tuple(state.correlation[cells] for state in posterior.states),
            seen=shows.T @ shows > 0,
            known=self.intervals.known[cells],
            prior_rows=posterior.prior_rows,
            mixing=posterior.mixing,
        )

    def margins(self, posterior: Posterior) -> tuple[Margin, ...]:
        """Return the margins in the given order, by which standard scores are read."""
        margins = [
            replace(column.margin, shift=posterior.mean[place], scale=posterior.std[place])
            for column, place in zip(self.encoded, self.places, strict=True)
        ]
        return tuple(margins[k] for k in np.argsort(self.columns))

    def filled(self, codes: np.ndarray, state: State, generator: Generator) -> np.ndarray:
        """Return the codes with what is missing as a state has it."""
        empty = np.isnan(codes).all(1)
        noise = generator.standard_normal((int(empty.sum()), len(state.mean)))
        raw = np.empty((len(codes), len(state.mean)))
        raw[self.rows] = state.scores
        raw[empty] = state.mean + noise @ np.linalg.cholesky(state.covariance).T
        filled = codes.copy()
        for column, place, j in zip(self.encoded, self.places, self.columns, strict=True):
            missing = np.isnan(codes[:, j])
            filled[missing, j] = column.margin.codes_of_raw(raw[missing, place])
        return filled


def intervals_of(encoded: Sequence[Encoded], places: Sequence[slice]) -> Intervals:
    """Return what is known of the scores of all columns.

    Args:
        encoded: the columns, of the same rows.
        places: of the scores of each.
    """
    seen = np.hstack([column.seen for column in encoded])
    shows = seen.astype(np.float64)
    known = shows.T @ shows > 0
    for place in places:  # a level tells next to nothing of how two utilities vary together
        known[place, place] = False
    np.fill_diagonal(known, True)
    pairs = zip(places, encoded, strict=True)
    return Intervals(
        low=np.hstack([column.low for column in encoded]),
        high=np.hstack([column.high for column in encoded]),
        seen=seen,
        pivots=np.concatenate([column.pivots for column in encoded]),
        start=np.concatenate([column.start for column in encoded]),
        categories=tuple((p, c.winners) for p, c in pairs if c.winners is not None),
        known=known,
    )
