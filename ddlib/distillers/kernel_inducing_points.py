r"""Kernel inducing points (Nguyen et al. 2021): distil for kernel ridge regression, in closed form.

$$\hat F(S)=\frac1n\bigl\|y_D-K_{DS}(K_{SS}+m\lambda I)^{-1}y_S\bigr\|^2$$

The learner is replaced by kernel ridge regression and the criterion by its squared error, unless
they are these. For a network the kernel may be its own neural tangent kernel, of its width and at
its start, where the authors take the limit of infinite width. Label solve: for given inputs the
best $y_S$ is a least-squares solution; as it minimises $\hat F$, the gradient in the inputs needs
no derivative of it (envelope theorem).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, raise_faults
from ddlib.distillers.descent import ADAM, MakeOptimizer, descend
from ddlib.distillers.needs import network_learner, training_rows
from ddlib.learners.kernel_ridge import (
    RBF,
    Kernel,
    KernelMethod,
    KernelRidge,
    best_labels,
    prediction_error,
)
from ddlib.learners.ntk import NTK
from ddlib.problem import DistillationProblem, NotApplicable
from ddlib.problem.rows import Layout

MOST_NUMBERS = 2**27
"""Numbers that the derivatives of the training rows may have, 1 GiB in double precision."""


@dataclass(frozen=True)
class KernelInducingPoints:
    r"""Descend the error of kernel ridge regression learnt from the rows.

    Attributes:
        kernel: None for the learner's where it is a `KernelMethod`, else for a Gaussian kernel of
            median bandwidth; "NTK" for the neural tangent kernel of the learner's network.
        penalty: $\lambda$ per row, in the units of the kernel; None for the learner's where it is
            a `KernelMethod`, else for 1e-3.
        label_solve: whether to set responses to the best ones after each step; classes keep their
            labels.
        num_starts: starts of the network over which its tangent kernel is the mean.
        optimizer: makes the step.

    Raises:
        ValueError: for a penalty that is not above 0, no start, and a kernel of another name.
    """

    kernel: Kernel | Literal["NTK"] | None = None
    penalty: float | None = None
    label_solve: bool = True
    num_starts: int = 1
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.penalty is not None and not self.penalty > 0:
            raise ValueError(f"penalty = {self.penalty}: must be above 0, or None")
        raise_faults(count_faults("num_starts", self.num_starts, 1))
        if isinstance(self.kernel, str) and self.kernel != "NTK":
            raise ValueError(f"kernel = {self.kernel!r}: must be 'NTK', a function, or None")

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end.

        Args:
            problem: what to distil for.
            generator: draws the starts of the network, for its kernel.

        Raises:
            NotApplicable: for rows without responses, and a problem without training rows; with
                the kernel of a network for another learner, and for more derivatives than fit
                into the memory.
        """
        layout = problem.layout
        if layout.num_responses == 0:
            raise NotApplicable(
                "layout: num_responses = 0; kernel inducing points predict responses, at least 1"
            )
        real = training_rows(problem, "kernel inducing points")
        training = centred(layout, real)
        learner = self._surrogate(problem, real, generator)
        solve = self.label_solve and not layout.categorical

        def with_labels(rows: Tensor) -> Tensor:
            if not solve:
                return centred(layout, rows)
            inputs = layout.inputs(rows)
            return torch.cat([inputs, best_labels(learner, inputs.detach(), training)], dim=1)

        def objective(rows: Tensor) -> Tensor:
            return kernel_error(learner, training, with_labels(rows))

        complete = with_labels if solve else None
        return descend(problem, objective, self.optimizer, complete=complete)

    def _surrogate(
        self, problem: DistillationProblem, real: Tensor, generator: Generator
    ) -> KernelRidge:
        """Return the kernel ridge regression that stands in for the problem's learner."""
        own = problem.learner if isinstance(problem.learner, KernelMethod) else None
        kernel, penalty = self.kernel, self.penalty
        if kernel == "NTK":
            kernel = self._tangent_kernel(problem, real, generator)
        elif kernel is None:
            kernel = own.kernel if own else RBF.median(problem.layout.inputs(real))
        if penalty is None:
            penalty = own.penalty if own else 1e-3
        return KernelRidge(problem.layout.num_responses, kernel, penalty)

    def _tangent_kernel(
        self, problem: DistillationProblem, real: Tensor, generator: Generator
    ) -> NTK:
        """Return the neural tangent kernel of the problem's network."""
        learner = network_learner(problem, "the neural tangent kernel")
        size = sum(parameter.numel() for parameter in learner.module.parameters())
        numbers = len(real) * self.num_starts * learner.num_responses * size
        if numbers > MOST_NUMBERS:
            raise NotApplicable(
                f"learner: {learner.num_responses} outputs of {size} parameters for {len(real)} "
                f"training rows make {numbers:.1e} derivatives; the neural tangent kernel takes "
                f"at most {MOST_NUMBERS:.1e}"
            )
        return NTK.drawn(learner, real, num_starts=self.num_starts, generator=generator)


def kernel_error(learner: KernelRidge, training: Tensor, rows: Tensor) -> Tensor:
    """Return the mean squared error on `training` of the model learnt from `rows`, a scalar.

    Args:
        learner: stands in for the problem's.
        training: rows `(n, d + k)`.
        rows: synthetic rows `(m, d + k)`.
    """
    weights = training.new_ones(learner.num_responses)
    return prediction_error(training, learner(rows), weights)


def centred(layout: Layout, rows: Tensor) -> Tensor:
    """Return rows whose class probabilities are centred, so that a regression predicts them.

    Args:
        layout: tells classes from other responses, which stay as they are.
        rows: `(m, d + k)`.
    """
    if not layout.categorical:
        return rows
    share = 1 / layout.num_responses
    return torch.cat([layout.inputs(rows), layout.responses(rows) - share], dim=1)
