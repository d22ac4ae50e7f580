"""All tasks, in families: the tasks of one family take the same rows."""

from __future__ import annotations

from torch import Generator

from ddlib.config import check_name
from ddlib.streams import check_generator
from ddlib.tasks.digits import DIGITS_TASKS, digits_tasks
from ddlib.tasks.family import Family
from ddlib.tasks.liver import LIVER
from ddlib.tasks.moons import MOONS
from ddlib.tasks.tables import BREAST_CANCER, DIABETES, WINE
from ddlib.tasks.task import Task
from ddlib.tasks.transitions import HELD_OUT_TASKS, TASKS, draw_transitions

FAMILIES = {
    "transitions": Family(
        2,
        "states and inputs of a linear system, now and next, 400 training rows, new at each draw",
        TASKS,
        lambda generator: draw_transitions(generator=generator).tasks(),
    ),
    # Version 2: the settings of its learners are chosen on the validation rows of each draw. Those
    # of version 1 were chosen on other draws of the same digits, so that test rows had a say.
    "digits": Family(
        2,
        "1797 handwritten digits of 8 x 8 pixels (scikit-learn), 1000 of them for training; "
        "learners with settings that validation rows choose",
        DIGITS_TASKS,
        lambda generator: digits_tasks(generator=generator),
        overlap=0.497,
    ),
    "transitions held out": Family(
        2,
        "as transitions, with a posterior that is judged on rows that it has not seen",
        HELD_OUT_TASKS,
        lambda generator: draw_transitions(generator=generator).held_out_tasks(),
    ),
    "wine": WINE,
    "breast cancer": BREAST_CANCER,
    "diabetes": DIABETES,
    "two moons": MOONS,
    "liver trial": LIVER,
}
"""Families of tasks by name."""


def draw_tasks(family: str, *, generator: Generator) -> dict[str, Task]:
    """Return the tasks of a family on new data, or on a new split of its table, by name.

    Args:
        family: one of `FAMILIES`: "transitions" of a linear system, "digits", the tables "wine",
            "breast cancer", "diabetes" and "liver trial", "two moons", or "transitions held out",
            whose posterior is judged on rows that it has not seen.
        generator: draws the data, or the split.

    Raises:
        ValueError: for an unknown family, and for the liver trial outside a checkout.
        TypeError: for no generator.
    """
    check_generator("generator", generator)
    check_name("family", family, FAMILIES)
    return FAMILIES[family].draw(generator)
