"""Small long tables of visits, for tests."""

import numpy as np
import pandas as pd

from ddlib.tables import Settings, TablesError
from ddlib.visits import Said, Visits, read_visits

SAID = Said("id", "day")


def long_table(seed: int = 0, people: int = 40, most: int = 5) -> pd.DataFrame:
    """Visits with two static columns and three that change, a first-order process."""
    drawn = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        age, sex = round(float(drawn.normal(60, 9)), 1), "fm"[drawn.integers(2)]
        x, y, day = drawn.normal(), drawn.normal(), 0
        for _ in range(1 + int(drawn.integers(most))):
            rows.append((person + 1, day, age, sex, round(x, 4), round(y, 4), int(x + y > 0)))
            x = 0.8 * x + 0.6 * drawn.normal()
            y = 0.5 * y + 0.4 * x + 0.6 * drawn.normal()
            day += int(drawn.integers(20, 60))
    return pd.DataFrame(rows, columns=["id", "day", "age", "sex", "x", "y", "sign"])


def read(tables, said: Said = SAID, **settings) -> Visits:
    """Read tables, one or several, with settings."""
    tables = [tables] if isinstance(tables, pd.DataFrame) else tables
    return read_visits(tables, said, Settings(**{"min_count": 2, **settings}))


def refused(tables, said: Said = SAID, **settings) -> str:
    """The lines that refuse tables."""
    try:
        read(tables, said, **settings)
    except TablesError as error:
        return str(error)
    raise AssertionError("was not refused")


def notes(visits: Visits) -> str:
    """What is told of visits."""
    return "\n".join(note.text for note in visits.notes)
