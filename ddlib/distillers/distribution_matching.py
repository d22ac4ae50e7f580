r"""Distribution matching (Zhao & Bilen 2023): rows with the mean embedding of the real rows.

$$\hat F(S)=\mathbb E_\psi\sum_c\Bigl\|\frac1{|D_c|}\sum_{x\in D_c}\psi(x)
-\frac1{|S_c|}\sum_{x\in S_c}\psi(x)\Bigr\|^2$$

over classes $c$ and random embeddings $\psi(x)=\max(W^\top x+b,0)$. First moments of the embedding
only, and neither the learner nor the criterion has a say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.distillers.descent import ADAM, MakeOptimizer, descend
from ddlib.distillers.needs import training_rows
from ddlib.problem import DistillationProblem
from ddlib.problem.rows import Layout

Embedding = Callable[[Tensor], Tensor]
"""Maps rows `(m, d)` to features `(m, f)`."""


@dataclass(frozen=True)
class DistributionMatching:
    """Match mean embeddings, a new embedding each step.

    Attributes:
        width: units of an embedding.
        optimizer: makes the step.

    Raises:
        ValueError: for a width below 1.
    """

    width: int = 128
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.width < 1:
            raise ValueError(f"width = {self.width}: must be at least 1")

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end.

        Args:
            problem: what to distil for.
            generator: draws the embeddings.

        Raises:
            NotApplicable: for a problem without training rows.
        """
        real = training_rows(problem, "distribution matching")
        layout, classes = problem.layout, problem.layout.groups(problem.initial)

        standardise = layout.standardiser(real)

        def objective(rows: Tensor) -> Tensor:
            layer = random_layer(layout.features(real), self.width, generator=generator)
            return embedding_distance(
                layout, lambda features: layer(standardise(features)), real, rows, classes
            )

        return descend(problem, objective, self.optimizer)


def embedding_distance(
    layout: Layout, embedding: Embedding, real: Tensor, rows: Tensor, classes: list[Tensor]
) -> Tensor:
    """Return the squared distance of mean embeddings, summed over classes, a scalar.

    At least 0, and 0 where the rows are the real ones; differentiable in `rows`.

    Args:
        layout: tells features and classes apart.
        embedding: maps features `(n, d)` to `(n, width)`.
        real: training rows `(n, …)`.
        rows: synthetic rows `(m, …)`.
        classes: indices of the synthetic rows of each class.
    """
    total = rows.new_zeros(())
    for theirs, ours in zip(layout.groups(real), classes, strict=True):
        if len(ours) == 0:  # a set may have fewer rows than there are classes
            continue
        wanted = embedding(layout.features(real[theirs])).mean(0)
        had = embedding(layout.features(rows[ours])).mean(0)
        total = total + (wanted - had).square().sum()
    return total


def random_layer(features: Tensor, width: int, *, generator: Generator) -> Embedding:
    r"""Return one random layer $x\mapsto\max(W^\top x+b,0)$, of standardised features.

    $W$ and $b$ have unit normal entries, $W$ divided by $\sqrt d$.

    Args:
        features: `(n, d)`, whose width and type the layer takes.
        width: number of units.
        generator: draws $W$ and $b$.
    """
    dim = features.shape[1]
    weights = torch.randn(dim, width, dtype=features.dtype, generator=generator) / dim**0.5
    bias = torch.randn(width, dtype=features.dtype, generator=generator)
    weights, bias = weights.to(features.device), bias.to(features.device)
    return lambda x: (x @ weights + bias).relu()
