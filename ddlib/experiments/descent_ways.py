"""The descents of case study 1 by name: the caption's, those that change one thing, and two more.

Each way is a few settings of `DescentsConfig`. The grids of the sweep repeat them, and a test holds
the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ddlib.arguments import count_faults, raise_faults
from ddlib.config import check_name
from ddlib.experiments.descents import DescentsConfig

CAPTION, ALL, FIRST, LITERAL, NO_PRIOR = (
    "Algorithm 1 (caption)",
    "learning from all",
    "first-order",
    "Algorithm 1 (to the letter)",
    "first-order, no prior",
)
OTHER_OPTIMIZER, MANY_DIRECTIONS, OTHER_START, WHOLE = (
    "Adam in place of SGD",
    "16 directions, both sides",
    "drawn start",
    "learning from all rows",
)
CHANGES = (OTHER_OPTIMIZER, MANY_DIRECTIONS, OTHER_START, WHOLE)
"""The ways that differ from the caption's in one thing."""

_FIRST = {"method": "first-order", "optimizer": "Adam", "start": "drawn", "step_size": 0.05}
_DIRECTIONS = {"num_directions": 16, "antithetic": True}
WAYS: Mapping[str, Mapping[str, Any]] = {
    CAPTION: {"step_size": 0.003},
    OTHER_OPTIMIZER: {"optimizer": "Adam"},
    MANY_DIRECTIONS: {**_DIRECTIONS, "step_size": 0.1},
    OTHER_START: {"start": "drawn", "step_size": 0.003},
    WHOLE: {"learn_from": "all", "step_size": 0.03},
    LITERAL: {"method": "to the letter", "step_size": 0.003},
    ALL: {
        **_DIRECTIONS,
        "optimizer": "Adam",
        "learn_from": "all",
        "start": "drawn",
        "step_size": 0.03,
    },
    FIRST: _FIRST,
    NO_PRIOR: {**_FIRST, "criterion_ridge": 0.0},
}
"""Name -> settings; the step size is the one that the grid starts around."""


def descent_config(way: str, *, evaluations: int, gradients: int, **others: Any) -> DescentsConfig:
    """Return the config of a way, with as many steps as the budget of its kind allows.

    Args:
        way: one of `WAYS`.
        evaluations: that a zeroth-order descent may spend, in networks.
        gradients: that a first-order descent may spend.
        others: settings of the network, its sources and the set.

    Raises:
        ValueError: for an unknown way, and for a budget below one step.
        ParameterError: for settings that the config refuses.
    """
    check_name("way", way, WAYS)
    config = DescentsConfig(**{**WAYS[way], **others})
    least = {"evaluations": config.sets_per_step, "gradients": 1}
    budget = {"evaluations": evaluations, "gradients": gradients}
    kind = "gradients" if config.method == "first-order" else "evaluations"
    raise_faults(count_faults(kind, budget[kind], least[kind]))
    return config.model_copy(update={"num_steps": budget[kind] // least[kind]})
