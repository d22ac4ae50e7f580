"""A pool of networks of every age, each trained on the synthetic rows while these move."""

# torch has no types for what is drawn.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor

from ddlib.distillers.descent import Descent, MakeOptimizer, objective_gradients
from ddlib.learners.network import NetworkLearner
from ddlib.problem import DistillationProblem
from ddlib.problem.training import train


class PoolDescent(Descent):
    """Steps down an objective of the rows and of one network of a pool, drawn anew for each step.

    After its step the network is trained on the rows for one step more; at `max_age` steps it
    starts anew. At first the networks are of equally spaced ages.

    Args:
        problem: as in `Descent`.
        learner: starts and trains the networks.
        objective: maps parameters `(P,)` and rows `(m, …)` to a scalar.
        size: number of networks.
        max_age: steps of training after which a network starts anew.
        optimizer: as in `Descent`.
        generator: draws the starts, and the network of each step.
        also: as in `Descent`.
    """

    def __init__(
        self,
        problem: DistillationProblem,
        learner: NetworkLearner,
        objective: Callable[[Tensor, Tensor], Tensor],
        *,
        size: int,
        max_age: int,
        optimizer: MakeOptimizer,
        generator: Generator,
        also: Sequence[Tensor] = (),
    ) -> None:
        """Train the networks of the first pool."""
        self._learner, self._max_age, self._generator = learner, max_age, generator
        rows = problem.initial
        self._ages = [place * max_age // size for place in range(size)]
        starts = [learner.initial(rows, generator=generator) for _ in self._ages]
        self._networks = [
            train(learner, theta, rows, num_steps=age)
            for theta, age in zip(starts, self._ages, strict=True)
        ]
        self._theta = self._networks[0]
        gradients = partial(objective_gradients, problem, lambda rows: objective(self._theta, rows))
        super().__init__(problem, gradients, optimizer, also=also)

    def __next__(self) -> Tensor:
        """Take a step, and train its network; `FloatingPointError` when the descent diverges."""
        which = int(torch.randint(len(self._networks), (), generator=self._generator))
        self._theta = self._networks[which]
        rows = super().__next__()
        age = self._ages[which] + 1
        if age < self._max_age:
            theta = train(self._learner, self._theta, rows, num_steps=1)
        else:
            age, theta = 0, self._learner.initial(rows, generator=self._generator)
        self._ages[which], self._networks[which] = age, theta
        return rows

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the descent, and the pool."""
        return super().state_dict() | {"networks": [*self._networks], "ages": [*self._ages]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go to where `state` was returned by `state_dict`.

        Args:
            state: taken over without a copy.
        """
        super().load_state_dict(state)
        self._networks, self._ages = state["networks"], state["ages"]
