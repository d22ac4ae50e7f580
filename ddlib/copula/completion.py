r"""The covariance that keeps the known pairs and makes the others independent given all else.

For a column b and the columns N that are known together with it, the others are independent of b
given N exactly if

    Σ_bo = Σ_bN Σ_NN⁻¹ Σ_No.

Setting these entries for one column after the other, round by round, climbs the determinant to its
maximum over all completions, where the inverse is 0 at every unknown pair (Dempster 1972; the
second cyclic algorithm of Speed and Kiiveri 1986; algorithm 17.1 of Hastie et al. 2009). Columns
that are known together with the same columns go in one step; so two overlapping sources take one
round. It is called at every sweep of a sampler, which hands it a positive definite matrix to start
from; `ddlib.dbn.completion` starts from the known entries alone.

A wide matrix with many such steps, as categories make them, would be solved for nearly all columns
each time. There the inverse K is kept up: with R the columns that are not in N, Σ_RR given N is
K_RR⁻¹, of which the unknown entries are to be 0, and what is taken off them moves K by a matrix of
the rank of R (Woodbury).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_MAX_ROUNDS = 1000
_WIDE = 100  # columns from which the inverse is kept up; the bits of fewer are those of solving


@dataclass(frozen=True, eq=False)
class _Step:
    """The parts of a matrix by which a block of columns is made independent of others.

    `within` are the shared columns' own entries, `to_block` and `to_others` theirs with the block
    and with the others; `unknown` and `mirrored` are those that are replaced. Each has the places
    of the entries in the flat matrix, which are looked up faster than rows and columns.
    """

    within: np.ndarray
    to_block: np.ndarray
    to_others: np.ndarray
    unknown: np.ndarray
    mirrored: np.ndarray

    @classmethod
    def of(cls, block: np.ndarray, shared: np.ndarray, others: np.ndarray) -> _Step:
        """Return the step of three sets of columns, each bool `(d,)`."""
        pairs = (
            (shared, shared),
            (shared, block),
            (shared, others),
            (block, others),
            (others, block),
        )
        places = np.arange(len(block) ** 2).reshape(len(block), -1)
        return cls(*(places[np.ix_(*pair)] for pair in pairs))

    def replace(self, matrix: np.ndarray, _: np.ndarray) -> float:
        """Replace the unknown entries of a C-contiguous matrix; return the greatest change."""
        weights = np.linalg.solve(matrix.take(self.within), matrix.take(self.to_block))
        entries = weights.T @ matrix.take(self.to_others)
        change = np.abs(matrix.take(self.unknown) - entries).max()
        flat = matrix.reshape(-1)
        flat[self.unknown], flat[self.mirrored] = entries, entries.T
        return float(change)


@dataclass(frozen=True, eq=False)
class _WideStep:
    """Columns R, of which the pairs `unknown` `(r, r)` are made independent given the others.

    `rest` are their places, `square` those of their own entries.
    """

    rest: np.ndarray
    square: tuple[np.ndarray, ...]
    unknown: np.ndarray

    @classmethod
    def of(cls, rest: np.ndarray, blocks: Sequence[np.ndarray]) -> _WideStep:
        """Return the step of columns `(d,)` in which blocks are independent of all besides."""
        cliques = np.zeros(len(rest), dtype=int)
        for number, block in enumerate(blocks, start=1):
            cliques[block] = number
        places = np.nonzero(rest)[0]
        own = cliques[places]
        return cls(places, np.ix_(places, places), own[:, None] != own)

    def replace(self, matrix: np.ndarray, inverse: np.ndarray) -> float:
        """Replace the unknown entries, and mend the inverse; return the greatest change."""
        square = inverse[self.square]
        given = np.linalg.inv(square)  # the covariance of R given N
        move = np.where(self.unknown, -(given + given.T) / 2, 0.0)
        matrix[self.square] += move
        columns = inverse[:, self.rest]
        inner = np.linalg.solve(np.eye(len(move)) + move @ square, move)
        inverse -= columns @ ((inner + inner.T) / 2) @ columns.T
        return float(np.abs(move).max())


class Completion:
    """The completion of matrices of which the same pairs are known.

    Args:
        known: symmetric bool `(d, d)`, True on the diagonal.
        tolerance: change of a correlation in a round at which the rounds end.
    """

    def __init__(self, known: np.ndarray, tolerance: float = 1e-11) -> None:
        """Group the columns by what they are known together with."""
        self._tolerance = tolerance
        rows, group = np.unique(known, axis=0, return_inverse=True)
        blocks = [(group.ravel() == index, together) for index, together in enumerate(rows)]
        blocks = [(block, together) for block, together in blocks if not together.all()]
        self._wide = len(known) >= _WIDE
        self._steps = _wide_steps(blocks) if self._wide else _steps(blocks)

    def __call__(self, covariance: np.ndarray) -> np.ndarray:
        """Return a covariance with its unknown entries replaced.

        Args:
            covariance: positive definite `(d, d)`.

        Raises:
            ArithmeticError: should the rounds not converge.
        """
        if not self._steps:
            return covariance
        std = np.sqrt(covariance.diagonal())
        scale = np.outer(std, std)
        matrix = np.ascontiguousarray(covariance / scale)
        inverse = np.linalg.inv(matrix) if self._wide else matrix
        change = np.inf
        for _ in range(_MAX_ROUNDS):
            change = max(step.replace(matrix, inverse) for step in self._steps)
            if change <= self._tolerance:
                return matrix * scale
        raise ArithmeticError(f"the completion changes by {change:.1e} after {_MAX_ROUNDS} rounds")


def _steps(blocks: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[_Step]:
    """Return the steps of blocks of columns and of the columns that are known with them."""
    return [_Step.of(block, together & ~block, ~together) for block, together in blocks]


def _wide_steps(blocks: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[_WideStep]:
    """Return likewise the steps of a wide matrix: blocks with the same R are in one."""
    rests: dict[bytes, list[np.ndarray]] = {}
    for block, together in blocks:
        rests.setdefault((block | ~together).tobytes(), []).append(block)
    return [_WideStep.of(np.frombuffer(rest, dtype=bool), own) for rest, own in rests.items()]
