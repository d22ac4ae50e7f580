"""The family on two moons: points in the plane whose classes no line parts."""

from __future__ import annotations

from functools import partial

import pandas as pd
from torch import Generator

from ddlib.tasks.digits import two_moons
from ddlib.tasks.family import CLASSIFIERS, Family, classifiers, table_tasks
from ddlib.tasks.splits import SPLITS
from ddlib.tasks.task import Task

SIZES = dict(zip(SPLITS, (200, 200, 1000), strict=True))
NOISE_STD = 0.2
# More than on the tables, or the network's boundary stays a line.
LEARNERS = partial(classifiers, num_steps=40, step_size=2.0)


def moons_tasks(*, generator: Generator) -> dict[str, Task]:
    """Return the tasks of telling the moons apart on new points, by name.

    Args:
        generator: draws the points.
    """
    parts = []
    for split, size in SIZES.items():
        points = two_moons(size, noise_std=NOISE_STD, generator=generator).double().numpy()
        columns = {"x": points[:, 0], "y": points[:, 1], "moon": points[:, 3].astype(int)}
        parts.append(pd.DataFrame(columns).assign(split=split))
    table = pd.concat(parts, ignore_index=True)
    return table_tasks(table, "moon", LEARNERS, generator=generator, split="split")


MOONS = Family(
    1,
    "points on two interleaved half circles with noise, 200 training rows, new at each draw",
    CLASSIFIERS,
    lambda generator: moons_tasks(generator=generator),
)
"""Points by their moon."""
