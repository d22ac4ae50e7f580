r"""Gradient matching (Zhao et al. 2021): rows whose loss has the gradient of the real rows'.

$$\hat F(S)=\sum_{c}\sum_{l}\sum_{u}\Bigl(1-
\cos\bigl(\nabla\ell(\theta;D_c)_{lu},\ \nabla\ell(\theta;S_c)_{lu}\bigr)\Bigr)$$

over classes $c$, layers $l$ and output units $u$, with $\theta$ on the way of a training on $S$.
Parameters of one dimension are left out, as in the authors' code. With `distance="squared"` the
summand is the squared distance of the two gradients.
"""

# torch has no types for norms.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

from torch import Generator, Tensor

from ddlib.distillers.descent import ADAM, Descent, MakeOptimizer, objective_gradients
from ddlib.distillers.needs import gradient_learner, training_rows
from ddlib.problem import DistillationProblem
from ddlib.problem.training import loss_gradient, train

# The least product of two lengths, so that the slope stays bounded where a gradient vanishes.
NO_DIRECTION = 1e-8


def cosine_distance(wanted: Tensor, had: Tensor) -> Tensor:
    r"""Return $\sum_u 1-\cos(a_u,b_u)$ over the columns (units) of two `(inputs, units)`.

    A unit whose gradient vanishes has no direction, and counts 1.

    Args:
        wanted: gradient of the real rows, $a$.
        had: gradient of the synthetic rows, $b$.
    """
    lengths = wanted.norm(dim=0) * had.norm(dim=0)
    return (1 - (wanted * had).sum(0) / lengths.clamp_min(NO_DIRECTION)).sum()


def squared_distance(wanted: Tensor, had: Tensor) -> Tensor:
    r"""Return $\sum_u\|a_u-b_u\|^2$ over the columns (units) of two `(inputs, units)`.

    Args:
        wanted: gradient of the real rows, $a$.
        had: gradient of the synthetic rows, $b$.
    """
    return (wanted - had).square().sum()


DISTANCES = {"cosine": cosine_distance, "squared": squared_distance}
Distance = Literal["cosine", "squared"]
"""How two gradients are compared."""


@dataclass(frozen=True)
class GradientMatching:
    """Match gradients along trainings on the rows, each from a new start.

    Attributes:
        distance: of two gradients, one of `DISTANCES`.
        inner_steps: steps of a training between two matches.
        restart: matches after which a training starts anew.
        optimizer: makes the step.

    Raises:
        ValueError: for another distance and for impossible counts.
    """

    distance: Distance = "cosine"
    inner_steps: int = 5
    restart: int = 10
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.distance not in DISTANCES:
            raise ValueError(f"distance = {self.distance!r}: must be one of {list(DISTANCES)}")
        if self.inner_steps < 0 or self.restart < 1:
            raise ValueError(
                f"inner_steps = {self.inner_steps}, restart = {self.restart}: must be at least 0 "
                "and at least 1"
            )

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end; each is a match.

        Args:
            problem: what to distil for.
            generator: draws where each training starts.

        Raises:
            NotApplicable: for a learner without a loss, and a problem without training rows.
        """
        return _Matches(problem, self, generator)


class _Matches(Descent):
    """Steps that match gradients at the parameters of a training, which goes on in between."""

    def __init__(
        self, problem: DistillationProblem, settings: GradientMatching, generator: Generator
    ) -> None:
        self._learner = gradient_learner(problem, "gradient matching")
        self._settings, self._generator = settings, generator
        training = training_rows(problem, "gradient matching")
        self._theta = self._learner.initial(problem.initial, generator=generator)
        self._num_matches = 0

        def objective(rows: Tensor) -> Tensor:
            return gradient_distance(
                problem, self._theta, training, rows, distance=settings.distance
            )

        gradients = partial(objective_gradients, problem, objective)
        super().__init__(problem, gradients, settings.optimizer)

    def __next__(self) -> Tensor:
        rows = super().__next__()
        self._num_matches += 1
        if self._num_matches % self._settings.restart:
            steps = self._settings.inner_steps
            self._theta = train(self._learner, self._theta, rows, num_steps=steps)
        else:
            self._theta = self._learner.initial(rows, generator=self._generator)
        return rows

    def state_dict(self) -> dict[str, Any]:
        own = {"theta": self._theta, "num_matches": self._num_matches}
        return super().state_dict() | own

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self._theta, self._num_matches = state["theta"], state["num_matches"]


def gradient_distance(
    problem: DistillationProblem, theta: Tensor, real: Tensor, rows: Tensor, *, distance: Distance
) -> Tensor:
    r"""Return the distance of the loss gradients at `theta` of `real` and of synthetic `rows`.

    A scalar; differentiable in `rows`. Where the rows are the real ones it is 0 and least, the
    cosine but for units whose gradient vanishes.

    Args:
        problem: has the learner, and initial rows that tell the classes apart.
        theta: parameters of the learner.
        real: training rows `(n, …)`.
        rows: synthetic rows `(m, …)`.
        distance: one of `DISTANCES`.

    Raises:
        NotApplicable: for a learner without a loss.
    """
    learner = gradient_learner(problem, "gradient matching")
    # Labels are fixed while classes are matched, so the initial set tells the classes apart.
    groups = zip(problem.layout.groups(real), problem.layout.groups(problem.initial), strict=True)
    total = rows.new_zeros(())
    for theirs, ours in groups:
        wanted = learner.layers(loss_gradient(learner, theta, real[theirs]))
        had = learner.layers(loss_gradient(learner, theta, rows[ours], differentiable=True))
        for a, b in zip(wanted, had, strict=True):
            total = total + DISTANCES[distance](a, b)
    return total
