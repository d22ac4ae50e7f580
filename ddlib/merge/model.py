"""The joint law of all columns, fitted to the sources, and new rows of it as they are written.

Columns are put in an order that depends on what they hold alone, so that the order in which they
came changes nothing in what is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from ddlib.arguments import raise_faults
from ddlib.copula import Copula, fit_copula
from ddlib.copula.order import canonical_order, dense_ranks
from ddlib.streams import stream
from ddlib.tables import Schema, Sources


@dataclass(frozen=True, eq=False)
class Model:
    """A copula of the columns of a schema.

    Attributes:
        schema: the columns, without keys.
        copula: their law, in their order.
        codes: of the real rows, `(n, p)`, NaN where missing.
        order: of the columns, `(p,)`, in which rows are drawn.
        seed: of what is drawn.
        real_rows: that each draw stands for, where the rows are not at hand (`ddlib.sites`); then
            the codes are drawn too. None where the draws are of the real rows.
    """

    schema: Schema
    copula: Copula
    codes: np.ndarray
    order: np.ndarray
    seed: int
    real_rows: int | None = None

    @classmethod
    def of(cls, sources: Sources, *, num_draws: int, seed: int, min_count: int = 10) -> Model:
        """Return the model of sources.

        Args:
            sources: as `read_sources` returns them.
            num_draws: draws of what is missing.
            seed: of what is drawn.
            min_count: real rows that each value of a number's margin is the mean of, at least.

        Raises:
            ValueError: for a number that too few rows show.
        """
        codes, _ = sources.codes()
        schema = sources.schema.without_keys()
        return cls.fitted(schema, codes, num_draws=num_draws, seed=seed, min_count=min_count)

    @classmethod
    def fitted(
        cls, schema: Schema, codes: np.ndarray, *, num_draws: int, seed: int, min_count: int = 10
    ) -> Model:
        """Return the model of codes.

        Args:
            schema: the columns, without keys.
            codes: `(n, p)`, NaN where missing.
            num_draws: draws of what is missing.
            seed: of what is drawn.
            min_count: real rows that each value of a number's margin is the mean of, at least.

        Raises:
            ValueError: for a number that too few rows show.
        """
        kinds = [column.kind for column in schema.columns]
        raise_faults(
            [
                f"column {column.name!r} is seen in {count} rows; must be in at least {min_count}, "
                "or min_count lower"
                for column, count in zip(schema.columns, (~np.isnan(codes)).sum(0), strict=True)
                if column.kind in ("number", "count", "date") and count < min_count
            ]
        )
        start = numpy_seed(seed, "copula")
        copula = fit_copula(codes, kinds, num_draws=num_draws, seed=start, group=min_count)
        order = canonical_order(dense_ranks(codes), kinds)[1]
        return cls(schema, copula, codes, order, seed)

    @property
    def draws(self) -> tuple[np.ndarray, ...]:
        """The real rows with what is missing drawn, complete codes `(n, p)`."""
        return self.copula.draws

    def written(self, codes: np.ndarray) -> np.ndarray:
        """Return codes as they are after they were written: rounded, and within their ranges.

        Args:
            codes: `(m, p)`.
        """
        return self.schema.encode(self.schema.decode(codes))

    def sample(self, num_rows: int, purpose: str) -> np.ndarray:
        """Return the codes of new rows as they are written, `(num_rows, p)`.

        Args:
            num_rows: to draw.
            purpose: of the rows; each has rows of its own.
        """
        drawn = self._ordered.sample(num_rows, seed=numpy_seed(self.seed, purpose))
        return self.written(self._back(drawn))

    def scores(self, num_rows: int, purpose: str) -> np.ndarray:
        """Return the latent scores of new rows, `(num_rows, d)`, under the mean correlation.

        Args:
            num_rows: to draw.
            purpose: of the rows; each has rows of its own.
        """
        copula = self._ordered
        generator = np.random.default_rng(numpy_seed(self.seed, purpose))
        noise = generator.standard_normal((num_rows, len(copula.correlation)))
        own = np.empty_like(noise)
        own[:, self._cells] = noise @ np.linalg.cholesky(copula.correlation).T
        return own

    def rows_of_scores(self, scores: np.ndarray) -> np.ndarray:
        """Return the codes of rows as they are written, `(m, p)`.

        Args:
            scores: latent, `(m, d)`.
        """
        return self.written(self.copula.codes(scores))

    def reordered(self, order: np.ndarray) -> Model:
        """Return the model with its columns in another order, in which rows are drawn as before.

        Args:
            order: of the columns, `(p,)`.
        """
        columns = self.schema.columns
        return replace(
            self,
            schema=Schema(tuple(columns[j] for j in order)),
            copula=_reordered(self.copula, order),
            codes=self.codes[:, order],
            order=np.argsort(order)[self.order],
        )

    @property
    def _cells(self) -> np.ndarray:
        """Where the scores of the ordered columns stand, `(d,)`."""
        return _cells(self.copula, self.order)

    @property
    def _ordered(self) -> Copula:
        """The copula of the columns in their own order."""
        return _reordered(self.copula, self.order)

    def _back(self, codes: np.ndarray) -> np.ndarray:
        """Return codes of ordered columns with the columns as they came."""
        own = np.empty_like(codes)
        own[:, self.order] = codes
        return own


def _cells(copula: Copula, order: np.ndarray) -> np.ndarray:
    """Return where the scores of columns in an order stand, `(d,)`."""
    return np.concatenate([np.r_[copula.places[j]] for j in order])


def _reordered(copula: Copula, order: np.ndarray) -> Copula:
    """Return a copula with its columns in another order."""
    cells = _cells(copula, order)
    pairs, square = np.ix_(order, order), np.ix_(cells, cells)
    return replace(
        copula,
        kinds=tuple(copula.kinds[j] for j in order),
        margins=tuple(copula.margins[j] for j in order),
        correlation=copula.correlation[square],
        draws=tuple(draw[:, order] for draw in copula.draws),
        correlations=tuple(each[square] for each in copula.correlations),
        seen=copula.seen[pairs],
        known=copula.known[square],
    )


def exact_scores(scores: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    r"""Return scores `(m, d)` moved as little as can be to mean 0 and a correlation.

    With S their covariance and R the correlation, $z\mapsto
    S^{-1/2}(S^{1/2}RS^{1/2})^{1/2}S^{-1/2}(z-\bar z)$, the optimal transport of normal laws.

    Args:
        scores: m of them, more than d.
        correlation: `(d, d)`.
    """
    moved = scores - scores.mean(0)
    sizes, vectors = np.linalg.eigh(moved.T @ moved / len(moved))
    root, inverse = ((vectors * sizes**power) @ vectors.T for power in (0.5, -0.5))
    inner, axes = np.linalg.eigh(root @ correlation @ root)
    middle = (axes * np.sqrt(np.maximum(inner, 0.0))) @ axes.T
    return moved @ (inverse @ middle @ inverse)


def numpy_seed(seed: int, purpose: str) -> int:
    """Return a seed for numpy, one for each purpose.

    Args:
        seed: of the whole.
        purpose: of what is drawn.
    """
    return int(torch.randint(2**62, (), generator=stream(seed, purpose)))
