"""The learner of case study 1, as the formal problem wants it: from rows to a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Generator, Tensor

from ddlib.dbn.exact_rows import exact_rows
from ddlib.dbn.learn import learn_dbn
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.regressions import Structure


@dataclass(frozen=True)
class DBNLearner:
    r"""The learner $\mathcal A$ with `learn_dbn`: structure by BIC, then maximum likelihood.

    `ridge`, `effective_size`, `structure` and `patience` are as there; `effective_size` is the
    number of rows that a set speaks for, None for its own.
    """

    ridge: float = 0.0
    effective_size: int | None = None
    structure: Structure | None = None
    patience: int = 0

    batched: ClassVar[bool] = True  # learns from many sets at once

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> LinearGaussianDBN:
        """Return the network learnt from rows `(m, T, p)`, or a batch from `(B, m, T, p)`."""
        return learn_dbn(
            rows,
            effective_size=self.effective_size,
            ridge=self.ridge,
            structure=self.structure,
            patience=self.patience,
        )

    def rows_for(
        self, model: LinearGaussianDBN, num_rows: int, num_slices: int, *, generator: Generator
    ) -> Tensor:
        """Return rows `(num_rows, T, p)` from which `model` is learnt, with no `ridge`.

        To rounding, where the search finds the model's structure or it is given. Raises
        `ValueError` for too few rows, as `exact_rows` does.
        """
        return exact_rows(model, num_rows, num_slices, generator=generator)
