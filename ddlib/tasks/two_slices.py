"""Rows of two slices as trajectories, and a learner of dynamic Bayesian networks from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Generator, Tensor

from ddlib.dbn import DBNLearner
from ddlib.dbn.exact_rows import exact_rows
from ddlib.dbn.network import LinearGaussianDBN


def slices(rows: Tensor) -> Tensor:
    """Return rows as trajectories of two slices, `(…, 2, p)`.

    Args:
        rows: `(…, 2p)`.
    """
    return rows.unflatten(-1, (2, rows.shape[-1] // 2))


@dataclass(frozen=True)
class TwoSlices:
    """A learner of networks, from rows `(m, 2p)` in place of trajectories `(m, 2, p)`.

    Attributes:
        learner: learns from the trajectories.
        batched: it learns from many sets at once.
    """

    learner: DBNLearner

    batched: ClassVar[bool] = True

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> LinearGaussianDBN:
        """Return the learnt network, or a batch of them.

        Args:
            rows: `(m, 2p)`, or a batch `(B, m, 2p)`.
            generator: not used, as nothing is random.
        """
        return self.learner(slices(rows), generator=generator)

    def rows_for(self, model: LinearGaussianDBN, num_rows: int, *, generator: Generator) -> Tensor:
        """Return rows `(num_rows, 2p)` from which `model` is learnt, as `exact_rows` makes them.

        Args:
            model: wanted network.
            num_rows: number of rows.
            generator: draws what the model leaves open.

        Raises:
            ValueError: for too few rows.
        """
        return exact_rows(model, num_rows, 2, generator=generator).flatten(1)
