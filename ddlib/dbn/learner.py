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

    Attributes:
        ridge: as in `learn_dbn`, in pseudo-rows.
        effective_size: number of rows that a set speaks for; its own unless told.
        structure: known arcs, as there; searched for unless told.
        patience: as in `hill_climb`.
        num_slices: T of the rows that `rows_for` makes; learning takes that of its rows.
        batched: it learns from many sets at once.
    """

    ridge: float = 0.0
    effective_size: int | None = None
    structure: Structure | None = None
    patience: int = 0
    num_slices: int | None = None

    batched: ClassVar[bool] = True

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> LinearGaussianDBN:
        """Return the network learnt from rows.

        Args:
            rows: `(m, T, p)`, or a batch `(B, m, T, p)`, which gives a batch of networks.
            generator: not used: nothing is random.

        Raises:
            ValueError: as `learn_dbn` does.
        """
        return learn_dbn(
            rows,
            effective_size=self.effective_size,
            ridge=self.ridge,
            structure=self.structure,
            patience=self.patience,
        )

    def rows_for(
        self,
        model: LinearGaussianDBN,
        num_rows: int,
        num_slices: int | None = None,
        *,
        generator: Generator,
    ) -> Tensor:
        """Return rows `(m, T, p)` from which `model` is learnt, with no `ridge`.

        That holds to rounding, where the search finds the model's structure or it is given.

        Args:
            model: what is to be learnt.
            num_rows: m.
            num_slices: T; the learner's unless told.
            generator: of the directions that the moments leave open.

        Raises:
            ValueError: as `exact_rows` does, and for no number of slices.
            TypeError: for no generator.
        """
        num_slices = self.num_slices if num_slices is None else num_slices
        if num_slices is None:
            raise ValueError("num_slices = None: must be given, here or to the learner")
        return exact_rows(model, num_rows, num_slices, generator=generator)
