"""A learner that is one of several: rows made for it have to serve all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor

from ddlib.problem import Learner, learns_batches


@dataclass(frozen=True)
class OneOf:
    r"""The learner whose $\xi$ also draws which of several learners it is, each as likely.

    Its $F$ is the mean over the learners: rows that have to serve all of them.

    Attributes:
        learners: which it may be.
        batched: True, it learns from many sets at once, all with the same learner.

    Raises:
        ValueError: without a learner, and unless all learn from batches.
    """

    learners: tuple[Learner, ...]

    batched: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that there is a learner, and that all learn from batches."""
        if not self.learners or not all(learns_batches(learner) for learner in self.learners):
            raise ValueError(f"learners = {self.learners}: must be at least one, all batched")

    def __call__(self, rows: Tensor, *, generator: Generator) -> Any:
        """Return the model that the drawn learner makes of `rows`.

        Args:
            rows: one set `(m, …)`, or a batch of them `(B, m, …)`.
            generator: draws the learner, then its own randomness.
        """
        which = int(torch.randint(len(self.learners), (), generator=generator))
        return self.learners[which](rows, generator=generator)
