r"""Draws of what rows lack, from moments alone: data augmentation without rows.

Of a pattern with the sums of products $A=X^\top X$ of 1 and what it shows, the missing features are
$XB^\top+E$, with rows of $E$ drawn from N(0, C). Only $X^\top E$ and $E^\top E$ enter the moments
of the completed rows. With $A=V\Lambda V^\top$ of rank r,

    XᵀE = V Λ^½ Z,   Z of r rows from N(0, C),   EᵀE = ZᵀZ + W,   W ~ Wishart(n − r, C):

their law is the same as with rows, however many there are. Each sweep draws these, then the
covariance and the mean given the completed moments (Schafer 1997, with the prior and the completion
of `ddlib.copula.gibbs`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ddlib.copula.completion import Completion
from ddlib.copula.gibbs import inverse_wishart
from ddlib.sites.em import PRIOR_ROWS, Gaussian, Regression, gram, prior_of
from ddlib.sites.moments import Moments

_RANK = 1e-10  # share of the largest eigenvalue, below which there is none
_TOLERANCE = 1e-6  # of a completion, far below the sampler's own noise


@dataclass(frozen=True, eq=False)
class State:
    """What a sweep drew.

    Attributes:
        completed: mean and covariance of all rows, with what they lack as it was drawn.
        law: from which they may come.
    """

    completed: Gaussian
    law: Gaussian


class Augmentation:
    """A sampler of what rows lack and of the law of features.

    Args:
        moments: of all sites, on one scale.
        blocks: the column of each feature, `(f,)`.
        start: the law to start from.
        generator: of all that is drawn.

    Attributes:
        generator: of all that is drawn.
    """

    def __init__(
        self,
        moments: Moments,
        blocks: np.ndarray,
        start: Gaussian,
        generator: Generator,
    ) -> None:
        """Take the moments apart once."""
        self._prior, known = prior_of(moments, blocks)
        self._complete = Completion(known, _TOLERANCE)
        self._law, self.generator = start, generator
        self._rows = moments.rows
        self._parts = [(p.seen, gram(p), _root(gram(p)), p.rows) for p in moments.patterns]

    def sweep(self) -> State:
        """Draw all that is missing, and then the law."""
        n, size = self._rows, len(self._law.mean)
        total = np.zeros((size + 1, size + 1))
        for seen, own, root, rows in self._parts:
            total += self._completed(seen, own, root, rows)
        mean = total[0, 1:] / n
        scatter = total[1:, 1:] - n * np.outer(mean, mean)
        completed = Gaussian(mean, scatter / n)
        k = PRIOR_ROWS
        scatter = scatter + k * self._prior.covariance
        drawn = inverse_wishart(n + size + 1 + k, (scatter + scatter.T) / 2, self.generator)
        covariance = self._complete(drawn)
        noise = np.linalg.cholesky(covariance) @ self.generator.standard_normal(size)
        self._law = Gaussian(mean + noise / n**0.5, covariance)
        return State(completed, self._law)

    def _completed(
        self, seen: np.ndarray, own: np.ndarray, root: np.ndarray, rows: int
    ) -> np.ndarray:
        """Return the sums of products of 1 and all features of a pattern, `(1 + f, 1 + f)`."""
        regression = Regression.of(self._law, seen)
        whole = np.zeros((1 + len(seen), own.shape[0]))
        whole[0, 0], whole[1:] = 1.0, regression.slopes
        total = whole @ own @ whole.T
        missing = ~seen
        if missing.any():
            spread = _factor(regression.rest[np.ix_(missing, missing)])
            noise = self.generator.standard_normal((root.shape[1], len(spread))) @ spread.T
            cross = whole @ (root @ noise)
            cells = np.concatenate([[False], missing])
            total[:, cells] += cross
            total[cells] += cross.T
            rest = _wishart(rows - root.shape[1], len(spread), self.generator)
            total[np.ix_(cells, cells)] += noise.T @ noise + spread @ rest @ spread.T
        return total


def _root(own: np.ndarray) -> np.ndarray:
    """Return V Λ^½, `(1 + k, r)`."""
    sizes, vectors = np.linalg.eigh(own)
    kept = sizes > _RANK * sizes[-1]
    rank = min(int(kept.sum()), round(own[0, 0]))  # no more than there are rows
    return vectors[:, -rank:] * np.sqrt(sizes[-rank:])


def _factor(covariance: np.ndarray) -> np.ndarray:
    """Return a root of a covariance that may be singular."""
    sizes, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(sizes, 0.0))


def _wishart(freedom: int, size: int, generator: Generator) -> np.ndarray:
    """Return a draw of the Wishart law of the identity, of any freedom from 0 on."""
    if freedom < size:
        noise = generator.standard_normal((freedom, size))
        return noise.T @ noise
    root = np.tril(generator.standard_normal((size, size)), -1)
    root[np.diag_indices(size)] = np.sqrt(generator.chisquare(freedom - np.arange(size)))
    return root @ root.T
