"""All tasks, in families: the tasks of one family take the same rows."""

from __future__ import annotations

from collections.abc import Callable

from torch import Generator

from ddlib.config import check_name
from ddlib.streams import check_generator
from ddlib.tasks.digits import digits_tasks
from ddlib.tasks.task import Task
from ddlib.tasks.transitions import draw_transitions

FAMILIES: dict[str, Callable[[Generator], dict[str, Task]]] = {
    "transitions": lambda generator: draw_transitions(generator=generator).tasks(),
    "digits": lambda generator: digits_tasks(generator=generator),
}
"""Families of tasks by name, each a function that draws its tasks."""


def draw_tasks(family: str, *, generator: Generator) -> dict[str, Task]:
    """Return the tasks of a family on new data, by name.

    Args:
        family: one of `FAMILIES`: "transitions" of a linear system, or "digits".
        generator: draws the data.

    Raises:
        ValueError: for an unknown family.
        TypeError: for no generator.
    """
    check_generator("generator", generator)
    check_name("family", family, FAMILIES)
    return FAMILIES[family](generator)
