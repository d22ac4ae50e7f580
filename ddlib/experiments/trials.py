"""Two real trials, each cut into hospitals that lack columns of one another.

The liver trial has no sites, so that its patients are dealt to three hospitals at random. The
endoscopy trial has four; the two small ones count as one. Which columns a hospital lacks is our
choice in both. Some patients are kept aside, with all columns, as the test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

DATA = Path(__file__).parents[2] / "book" / "data"
"""The tables of the book; an installed library has none."""


@dataclass(frozen=True)
class Trial:
    """A table of patients, and how it is cut.

    Attributes:
        file: of the table, in `DATA`.
        num_test: patients that are kept aside.
        lacks: hospital -> the columns that it lacks.
        sites: site -> hospital; empty where patients are dealt at random.
    """

    file: str
    num_test: int
    lacks: Mapping[str, tuple[str, ...]]
    sites: Mapping[str, str]


TRIALS = {
    "pbc": Trial(
        "pbc.csv",
        100,
        {
            "hospital_a": ("chol", "copper", "ascites"),
            "hospital_b": ("trig", "platelet", "spiders"),
            "hospital_c": ("albumin", "protime", "hepato"),
        },
        {},
    ),
    "indo_rct": Trial(
        "indo_rct.csv",
        150,
        {
            "Indiana": ("difcan", "sodsom", "gender"),
            "Michigan": ("recpanc", "type", "pdstent"),
            "others": ("risk", "pep", "paninj"),
        },
        {"2_IU": "Indiana", "1_UM": "Michigan", "3_UK": "others", "4_Case": "others"},
    ),
}
"""The trials of the book, by name."""


@dataclass(frozen=True)
class Cut:
    """The tables of the hospitals as their owners have them, and the patients kept aside.

    Attributes:
        tables: one per hospital, each without the columns that it lacks.
        whole: the patients of all hospitals with all columns, in the same order.
        held_out: the test, with all columns.
    """

    tables: dict[str, pd.DataFrame]
    whole: pd.DataFrame
    held_out: pd.DataFrame


def cut(name: str, seed: int) -> Cut:
    """Return one random split of a trial.

    Args:
        name: of the trial.
        seed: of the split.

    Raises:
        FileNotFoundError: where the book's tables are not at hand.
    """
    trial = TRIALS[name]
    patients = pd.read_csv(DATA / trial.file)
    patients = patients.sample(frac=1, random_state=seed, ignore_index=True)
    held_out, rest = patients.iloc[: trial.num_test], patients.iloc[trial.num_test :]
    names = [*trial.lacks]
    if trial.sites:
        hospital = rest.pop("site").map(dict(trial.sites))
        held_out = held_out.drop(columns="site")
    else:
        hospital = pd.Series(names * (len(rest) // len(names) + 1), dtype=str)[: len(rest)]
        hospital.index = rest.index
    parts = {label: rest[hospital == label].reset_index(drop=True) for label in names}
    tables = {label: parts[label].drop(columns=[*trial.lacks[label]]) for label in names}
    whole = pd.concat(parts.values(), ignore_index=True)
    return Cut(tables, whole, held_out.reset_index(drop=True))
