r"""Gradient matching (Zhao et al. 2021): rows whose loss has the gradient of the real rows'.

$$\hat F(S)=\sum_{c}\sum_{l}\sum_{u}\Bigl(1-
\cos\bigl(\nabla\ell(\theta;D_c)_{lu},\ \nabla\ell(\theta;S_c)_{lu}\bigr)\Bigr)$$

over classes $c$, layers $l$ and output units $u$, with $\theta$ on the way of a training on $S$.
Parameters of one dimension are left out, as in the authors' code. With `distance="squared"` the
summand is the squared distance of the two gradients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Generator, Tensor

from ddlib.distillers.descent import ADAM, MakeOptimizer, descend
from ddlib.distillers.needs import gradient_learner, training_rows
from ddlib.problem import DistillationProblem
from ddlib.training import GradientLearner, loss_gradient, train

# The least product of two lengths, so that the slope stays bounded where a gradient vanishes.
NO_DIRECTION = 1e-8


def cosine_distance(wanted: Tensor, had: Tensor) -> Tensor:
    r"""Return $\sum_u 1-\cos(a_u,b_u)$ over the columns (units) of two `(inputs, units)`.

    A unit whose gradient vanishes has no direction, and counts 1.
    """
    lengths = wanted.norm(dim=0) * had.norm(dim=0)
    return (1 - (wanted * had).sum(0) / lengths.clamp_min(NO_DIRECTION)).sum()


def squared_distance(wanted: Tensor, had: Tensor) -> Tensor:
    r"""Return $\sum_u\|a_u-b_u\|^2$ over the columns (units) of two `(inputs, units)`."""
    return (wanted - had).square().sum()


DISTANCES = {"cosine": cosine_distance, "squared": squared_distance}
Distance = Literal["cosine", "squared"]


@dataclass(frozen=True)
class GradientMatching:
    """Match gradients along trainings on the rows, each from a new start.

    A training takes `inner_steps` steps between two matches and starts anew after `restart`
    matches.
    """

    distance: Distance = "cosine"
    inner_steps: int = 5
    restart: int = 10
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings; raise `ValueError` with the one that is wrong."""
        if self.distance not in DISTANCES:
            raise ValueError(f"distance = {self.distance!r}: must be one of {list(DISTANCES)}")
        if self.inner_steps < 0 or self.restart < 1:
            raise ValueError(
                f"inner_steps = {self.inner_steps}, restart = {self.restart}: must be at least 0 "
                "and at least 1"
            )

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the rows after each match; `NotApplicable` for a learner without a loss."""
        learner = gradient_learner(problem, "gradient matching")
        training = training_rows(problem, "gradient matching")
        theta = learner.initial(problem.initial, generator=generator)

        def objective(rows: Tensor) -> Tensor:
            return gradient_distance(problem, theta, training, rows, distance=self.distance)

        for matches, rows in enumerate(descend(problem, objective, self.optimizer), start=1):
            if matches % self.restart:
                theta = train(learner, theta, rows, num_steps=self.inner_steps)
            else:
                theta = learner.initial(rows, generator=generator)
            yield rows


def gradient_distance(
    problem: DistillationProblem, theta: Tensor, real: Tensor, rows: Tensor, *, distance: Distance
) -> Tensor:
    r"""Return the distance of the loss gradients at `theta` of `real` and of synthetic `rows`.

    A scalar; differentiable in `rows`. Where the rows are the real ones it is 0 and least, the
    cosine but for units whose gradient vanishes.
    """
    learner: GradientLearner = problem.learner
    # Labels are fixed while classes are matched, so the initial set tells the classes apart.
    groups = zip(problem.layout.groups(real), problem.layout.groups(problem.initial), strict=True)
    total = rows.new_zeros(())
    for theirs, ours in groups:
        wanted = learner.layers(loss_gradient(learner, theta, real[theirs]))
        had = learner.layers(loss_gradient(learner, theta, rows[ours], differentiable=True))
        for a, b in zip(wanted, had, strict=True):
            total = total + (
                cosine_distance(a, b) if distance == "cosine" else (a - b).square().sum()
            )
    return total
