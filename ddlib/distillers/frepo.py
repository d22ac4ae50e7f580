r"""FRePo (Zhou, Nezhadarya & Ba 2022): neural feature regression with a pool of networks.

$$\hat F(S)=\mathbb E_\theta\frac1n\bigl\|Y_D-\phi_\theta(X_D)\phi_\theta(X_S)^\top
\bigl(K_\theta+\lambda\tfrac{\operatorname{tr}K_\theta}mI\bigr)^{-1}Y_S\bigr\|^2,\qquad
K_\theta=\phi_\theta(X_S)\phi_\theta(X_S)^\top$$

with $\phi_\theta$ the last hidden layer of a network of a pool: the last layer is learnt in closed
form, and the gradient does not run back through the training of the others. These are trained on
the rows by the learner's own loss and step, one step after each time that they are looked at, so
that the pool has networks of every age. The labels of classes are centred.
"""

# torch has no types for its linear algebra.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, fault, is_finite, raise_faults
from ddlib.distillers.descent import ADAM, MakeOptimizer
from ddlib.distillers.kernel_inducing_points import centred
from ddlib.distillers.needs import network_learner, training_rows
from ddlib.distillers.pool import PoolDescent
from ddlib.learners.features import hidden_features
from ddlib.learners.network import NetworkLearner
from ddlib.problem import DistillationProblem, NotApplicable
from ddlib.problem.rows import Layout


@dataclass(frozen=True)
class FRePo:
    r"""Descend the error of a regression on the last hidden layer of networks of a pool.

    The authors' penalty, 1e-6, is for wide networks that fit the rows to the end. One that is
    trained for few steps learns as a regression with a larger penalty does.

    Attributes:
        pool_size: number of networks.
        max_age: steps of training after which one starts anew; the learner's where it has fewer.
        penalty: $\lambda$, in units of the mean square of the features of a row.
        optimizer: makes the step.

    Raises:
        ValueError: for counts below 1, and for a penalty that is not above 0.
    """

    pool_size: int = 10
    max_age: int = 100
    penalty: float = 0.1
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        faults = count_faults("pool_size", self.pool_size, 1)
        faults += count_faults("max_age", self.max_age, 1)
        if not (is_finite(self.penalty) and self.penalty > 0):
            faults.append(fault("penalty", self.penalty, "a finite number above 0"))
        raise_faults(faults)

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end, after training the networks of the first pool.

        Args:
            problem: what to distil for.
            generator: draws where networks start, and the one that each step looks at.

        Raises:
            NotApplicable: for a learner that is no network or one without a linear last layer,
                and a problem without training rows.
        """
        real = training_rows(problem, "FRePo")
        learner = network_learner(problem, "FRePo")
        return PoolDescent(
            problem,
            learner,
            partial(feature_error, learner, training=real, penalty=self.penalty),
            size=self.pool_size,
            max_age=min(self.max_age, learner.num_steps),
            optimizer=self.optimizer,
            generator=generator,
        )


def feature_error(
    learner: NetworkLearner, theta: Tensor, rows: Tensor, *, training: Tensor, penalty: float
) -> Tensor:
    r"""Return the mean squared error on `training` of the regression learnt from `rows`, a scalar.

    Differentiable in `rows`. It is solved in double precision, which a small penalty asks for.

    Args:
        learner: has the network.
        theta: its parameters `(P,)`.
        rows: synthetic rows `(m, d + k)`.
        training: rows `(n, d + k)`.
        penalty: $\lambda$, in units of the mean square of the features of a row.

    Raises:
        NotApplicable: for a network without a linear last layer.
    """
    layout = Layout(learner.num_responses, learner.categorical)
    ours, theirs = (
        hidden_features(learner, theta, layout.inputs(each)) for each in (rows, training)
    )
    if ours is None or theirs is None:
        raise NotApplicable(
            "learner: its network does not end in a torch.nn.Linear; FRePo learns that layer in "
            "closed form"
        )
    wanted, had = (layout.responses(centred(layout, each)).double() for each in (training, rows))
    kernel = ours.double() @ ours.double().T
    ridge = penalty * kernel.trace() / len(rows)
    identity = torch.eye(len(rows), dtype=kernel.dtype, device=kernel.device)
    coefficients = torch.linalg.solve(kernel + ridge * identity, had)
    predicted = theirs.double() @ (ours.double().T @ coefficients)
    return (wanted - predicted).square().sum(1).mean()
