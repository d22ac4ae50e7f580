"""Families on the tables that scikit-learn ships: wine, breast cancer and diabetes."""

# scikit-learn has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from torch import Generator

from ddlib.tasks.family import (
    CLASSIFIERS,
    REGRESSORS,
    Family,
    classifiers,
    regressors,
    table_tasks,
)
from ddlib.tasks.task import Task

OVERLAP = 1 / 3  # a fifth of the rows tests, three fifths train


def _drawn(
    load: Callable[..., Any], learners: Callable[[int, int], dict[str, Any]]
) -> Callable[[Generator], dict[str, Task]]:
    """Return what draws the tasks on a table of scikit-learn."""
    return lambda generator: table_tasks(
        load(as_frame=True).frame, "target", learners, generator=generator
    )


WINE = Family(
    1,
    "178 Italian wines, 13 chemical measurements, three growers (scikit-learn)",
    CLASSIFIERS,
    _drawn(load_wine, classifiers),
    OVERLAP,
)
"""Wines by their grower."""

BREAST_CANCER = Family(
    1,
    "569 breast tumours, 30 measurements of cell nuclei, benign or malignant (scikit-learn)",
    CLASSIFIERS,
    _drawn(load_breast_cancer, classifiers),
    OVERLAP,
)
"""Tumours by whether they are malignant."""

DIABETES = Family(
    1,
    "442 patients with diabetes, 10 measurements, progression after a year (scikit-learn)",
    REGRESSORS,
    _drawn(load_diabetes, regressors),
    OVERLAP,
)
"""Patients and how far their disease went on, a number."""
