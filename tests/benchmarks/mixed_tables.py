"""Three tables of mixed columns, for timing: `python tests/benchmarks/mixed_tables.py FOLDER`.

Twenty columns in all: numbers, counts, levels without and with an order, and 0/1. Each table lacks
a block of four of its own. All follow from a few factors, so that columns tell of one another.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

LABELS = ("north", "south", "west")
BLOCK = 4  # columns that a table lacks
FACTORS = 4
AREAS = np.array(["heart", "liver", "lung", "skin", "bone"])


def mixed_tables(num_rows: int, seed: int) -> dict[str, pd.DataFrame]:
    """Return tables of `num_rows` rows each, by label; the column `died` is in all of them."""
    generator = np.random.default_rng(seed)
    tables = {}
    loadings = generator.standard_normal((FACTORS, 20))
    for number, label in enumerate(LABELS):
        common = generator.standard_normal((num_rows, FACTORS)) @ loadings
        whole = as_columns((common + generator.standard_normal(common.shape)) / FACTORS**0.5)
        lacked = whole.columns[BLOCK * number : BLOCK * (number + 1)]
        tables[label] = whole.drop(columns=lacked)
    return tables


def as_columns(scores: np.ndarray) -> pd.DataFrame:
    """Return a table of twenty columns of mixed kinds, the kinds in turn."""
    columns = {}
    for place, score in enumerate(scores.T[:19]):
        kind = ("number", "count", "flag", "area", "grade")[place % 5]
        columns[f"{kind}_{place}"] = {
            "number": lambda z=score: np.round(50 + 12 * z, 2),
            "count": lambda z=score: np.floor(np.exp(1 + z / 2)).astype(int),
            "flag": lambda z=score: (z > 0.4).astype(int),
            "area": lambda z=score: AREAS[np.digitize(z, (-1, 0, 0.8, 1.6))],
            "grade": lambda z=score: np.digitize(z, (-1.2, 0, 1.2)) + 1,
        }[kind]()
    return pd.DataFrame({**columns, "died": (scores[:, 19] > 0.6).astype(int)})


def main() -> None:
    """Write the tables as CSV files to a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for label, table in mixed_tables(1000, seed=0).items():
        table.to_csv(folder / f"{label}.csv", index=False)


if __name__ == "__main__":
    main()
