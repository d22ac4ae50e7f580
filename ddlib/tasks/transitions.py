r"""One data set, many tasks: transitions of a linear system, and what one may want of them.

A row is $(x, u, x', u')$: states and inputs at one time and at the next, drawn while the inputs
explore. Each task below takes the same rows. Some share the learner and differ in the criterion
(predict all states, one of them, under another law of the inputs, control the system), some have
another learner (a density, a posterior, a kernel regression, a dynamic Bayesian network). Tests are
expectations by the law, so that no value is below its bound by chance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Generator, Tensor

from ddlib.learners.gaussian import Gaussian, GaussianMLE
from ddlib.learners.ridge import LinearLaw, Ridge
from ddlib.problem import TestCriterion, TrainingCriterion, ValidationCriterion
from ddlib.tasks.control import QuadraticCost
from ddlib.tasks.other_learners import (
    ALL_STATES,
    LAYOUT,
    NOISE_STD,
    NUM_INPUTS,
    NUM_STATES,
    NUM_VARIABLES,
    bayesian_network,
    held_out_posterior,
    kernel_regression,
    posterior,
)
from ddlib.tasks.systems import LinearSystem, random_system
from ddlib.tasks.task import Task

TASKS = {
    "density": "cross-entropy, in nats per row",
    "prediction": "squared error",
    "one state": "squared error",
    "covariate shift": "squared error",
    "control": "cost",
    "posterior": "divergence, in nats",
    "kernel regression": "squared error",
    "Bayesian network": "cross-entropy, in nats per row",
}
"""The tasks, and what their values are."""
HELD_OUT_TASKS = TASKS | {"posterior": "negative log predictive density, in nats per row"}
"""The tasks with a posterior that is judged on other rows."""
RADIUS = 0.8  # spectral radius of the system
HORIZON = 20  # steps over which a controller is judged
DEPLOYED_STD = (0.3, 0.3, 1.0, 3.0)  # of states and inputs where the model is used under shift

FIRST_STATE = torch.tensor([1.0, 0.0, 0.0, 0.0], dtype=torch.float64)


@dataclass(frozen=True)
class Transitions:
    """A system and three splits of its rows, float64.

    Attributes:
        system: what the rows are of.
        training: `(n, 2p)`.
        validation: rows of the same form.
        test: rows of the same form.
    """

    system: LinearSystem
    training: Tensor
    validation: Tensor
    test: Tensor

    @property
    def law(self) -> LinearLaw:
        """The law of the next states given the present ones, $P$ on the exploring inputs."""
        network = self.system.network()
        weights = network.lagged
        covariance = torch.diag(network.initial.variances)
        return LinearLaw(weights, covariance, self.system.noise_std)

    def tasks(self) -> dict[str, Task]:
        """Return all tasks on these rows, by name."""
        tasks = (
            _density(self),
            _prediction(self, self.law, ALL_STATES),
            _prediction(self, self.law, FIRST_STATE),
            _prediction(self, deployed(self.law), ALL_STATES),
            _control(self),
            posterior(self),
            kernel_regression(self),
            bayesian_network(self),
        )
        return dict(zip(TASKS, tasks, strict=True))

    def held_out_tasks(self) -> dict[str, Task]:
        """Return the same tasks, the posterior judged on rows that it has not seen, by name."""
        return self.tasks() | {"posterior": held_out_posterior(self)}


def draw_transitions(
    *, generator: Generator, num_training: int = 400, num_validation: int = 200
) -> Transitions:
    """Return a stable random system and its rows, 2 000 of them for the tests.

    Args:
        generator: draws system and rows.
        num_training: number of training rows.
        num_validation: number of validation rows.
    """
    system = random_system(
        NUM_STATES, NUM_INPUTS, noise_std=NOISE_STD, radius=RADIUS, generator=generator
    )
    network = system.network()
    splits = [
        network.sample(size, 2, generator=generator).flatten(1)
        for size in (num_training, num_validation, 2000)
    ]
    return Transitions(system, *splits)


def least_squares(rows: Tensor) -> Tensor:
    r"""Return $\hat\Theta$ `(p, p)`, the regression of the next slice on this one.

    Args:
        rows: `(n, 2p)`.
    """
    now, after = rows.tensor_split(2, dim=1)
    return torch.linalg.solve(now.T @ now, now.T @ after)


RIDGE = Ridge(NUM_VARIABLES, penalty=0.01)


def _density(data: Transitions) -> Task:
    """Model all columns by one Gaussian, judged by its cross-entropy, in nats per row."""
    learner, exact = GaussianMLE(pseudo_rows=1.0), GaussianMLE()
    mean, covariance = data.system.network().moments(2)
    law = Gaussian(mean, covariance)
    return Task(
        learner,
        data.training,
        # The cross-entropy of the empirical moments is the mean over the rows.
        TrainingCriterion(exact(data.training).cross_entropy),
        ValidationCriterion(exact(data.validation).cross_entropy),
        TestCriterion(law.cross_entropy),
        bound=lambda num_rows: law.entropy().item(),
    )


def _prediction(data: Transitions, deployed: LinearLaw, task: Tensor) -> Task:
    """Predict next states where `deployed` says they are used, judged by the squared error.

    Inputs from the deployment are known, their responses are not: the working criterion takes
    the responses from a regression on the training rows.
    """

    def estimated(rows: Tensor) -> LinearLaw:
        return replace(deployed, weights=least_squares(rows))

    return Task(
        RIDGE,
        data.training,
        TrainingCriterion(partial(estimated(data.training).risk, task=task)),
        ValidationCriterion(partial(estimated(data.validation).risk, task=task)),
        TestCriterion(partial(deployed.risk, task=task)),
        LAYOUT,
        lambda num_rows: deployed.risk(deployed.best_weights(task, num_rows), task).item(),
    )


def deployed(law: LinearLaw) -> LinearLaw:
    """Return the law under covariate shift: quiet states, large inputs, the same responses.

    Args:
        law: on the exploring inputs.
    """
    spread = torch.tensor(DEPLOYED_STD, dtype=torch.float64)
    return replace(law, covariance=torch.diag(spread.square()))


def _control(data: Transitions) -> Task:
    """Design a regulator on the learnt model, judged by its cost on the system.

    The bound is the least cost of any controller, one that changes from step to step included.
    """
    identity = torch.eye(NUM_VARIABLES, dtype=torch.float64)
    cost = QuadraticCost(
        identity[:NUM_STATES, :NUM_STATES], identity[:NUM_INPUTS, :NUM_INPUTS], HORIZON
    )

    def on(system: LinearSystem) -> partial[Tensor]:
        return partial(cost.cost_of_model, system)

    def estimated(rows: Tensor) -> LinearSystem:
        return LinearSystem.from_weights(least_squares(rows), NUM_STATES, data.system.noise_std)

    return Task(
        RIDGE,
        data.training,
        TrainingCriterion(on(estimated(data.training))),
        ValidationCriterion(on(estimated(data.validation))),
        TestCriterion(on(data.system)),
        LAYOUT,
        lambda num_rows: cost.least(data.system).item(),
    )
