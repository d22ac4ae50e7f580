"""Small claims over the tiny experiment: the rows to plant, and the terms that read them."""

import json
from pathlib import Path

import pandas as pd

from ddlib.claims.claim import Claim, Reading, Rows
from ddlib.claims.evidence import configs_of
from ddlib.runs.store import Store
from tests.shared.tiny import TINY
from tests.shared.tiny_store import ORIGIN

SEEDS = range(20)  # the fewest with which something is said


def term(grid="one", **settings):
    return Rows(**{"grids": (grid,), "value": "value", **settings})


def reading(**settings):
    known = {"name": "first", "text": "one less two", "unit": "nats", "threshold": 0.0}
    terms = {"plus": (term("one"),), "minus": (term("two"),)}
    return Reading(**{**known, **terms, **settings})


def claim(*readings, **settings):
    texts = {"title": "A lead", "place": "abstract", "says": "One leads.", "because": "It must."}
    rest = {"chapter": "notebooks/tasks", "otherwise": "Two leads.", "readings": readings}
    return Claim(**{**texts, **rest, **settings})


def series(values):
    return pd.Series(values, dtype=float)


def wins(count, of=20):
    """Return differences of which so many are above 0, and all others below."""
    return series([1] * count + [-1] * (of - count))


class Planted:
    """A folder of grids over the tiny experiment, and a store of rows that were made up."""

    def __init__(self, folder: Path):
        self.folder = folder / "grids"
        self.folder.mkdir()
        self.store = Store((folder / "results",))

    def grid(self, name, *, seeds=range(4), **parameters):
        """Write a grid, whose configs have its name as label; return them."""
        points = {"seed": [*seeds], "label": name, **parameters}
        path = self.folder / f"{name}.yml"
        path.write_text(f"experiment: tiny\nparameters: {json.dumps(points)}\n")
        return configs_of(name, self.folder)[1]

    def plant(self, name, rows, *, seconds=lambda config: 1.0, **points):
        """Write a grid, and store for each config the columns that `rows` makes of it."""
        for config in self.grid(name, **points):
            origin = ORIGIN | {"seconds": seconds(config)}
            self.store.save(TINY, config, pd.DataFrame(rows(config)), origin)
