"""The family on the liver trial: who of its patients died, from what was measured at entry.

Of the 312 patients of `pbc.csv` 36 lack a value and are left out. Complete cases are no random
sample of all, so the values hold for such patients alone.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from torch import Generator

from ddlib.tasks.family import CLASSIFIERS, Family, classifiers, table_tasks
from ddlib.tasks.tables import OVERLAP
from ddlib.tasks.task import Task

TABLE = Path(__file__).parents[2] / "book" / "data" / "pbc.csv"
"""The table of the book; an installed library has none."""


def liver_tasks(*, generator: Generator) -> dict[str, Task]:
    """Return the tasks of telling who died, by name.

    Args:
        generator: draws the splits.

    Raises:
        ValueError: where the book's table is not at hand.
    """
    if not TABLE.exists():
        raise ValueError(f"family = 'liver trial': needs {TABLE}; must be run in a checkout")
    patients = pd.read_csv(TABLE).dropna().reset_index(drop=True)
    return table_tasks(patients, "died", classifiers, generator=generator)


LIVER = Family(
    1,
    "276 patients of a liver trial without missing values, 16 columns, whether they died (pbc.csv)",
    CLASSIFIERS,
    lambda generator: liver_tasks(generator=generator),
    OVERLAP,
)
"""Patients by whether they died."""
