"""How many rows were enough in the first case study, told from stored rows."""

from __future__ import annotations

import math

import pandas as pd

from ddlib.claims.claim import Rows
from ddlib.claims.evidence import SEED, values_of
from ddlib.experiments.descent_ways import CHANGES
from ddlib.experiments.references import CLEAN, EXACT, SUBSET_CHOSEN
from ddlib.plots.numbers import number
from ddlib.runs.store import Store

CHAPTER = "../notebooks/merging.ipynb"
WAYS = {
    "descents_first": "distilled by a descent along the exact gradient",
    "descents_all": "distilled by a descent without gradients that learns from all parts "
    f"({{ref}}`{len(CHANGES)} changes of Algorithm 1 <checks-gains>`)",
    "descents": "distilled by Algorithm 1, as in the caption of the paper's Fig. 2",
}
"""Grid of a way to distil -> the way in words."""


def enough(*, store: Store) -> str:
    """Return in Markdown how far a few rows are from all clean rows, and how few are enough.

    Args:
        store: has the rows of the first case study.

    Raises:
        ValueError: for rows that are not stored.
    """
    clean = _references(CLEAN, store)
    sources, per = int(clean["sources"].min()), int(_descent("descents_first", store)["per"].min())
    lines = [(rows, how, _missed(clean, part)) for rows, how, part in _sets(sources * per, store)]
    near, far, total = lines[0], lines[-2], number(clean["rows"].min(), ".0f")
    each = number(clean["rows"].min() // sources, ".0f")
    told = (
        f"In the [first case study]({CHAPTER}) {sources} hospitals have {each} noisy "
        f"rows each, and each lacks columns. A network that predicts new patients learns from "
        f"{per} distilled rows for each hospital, {near[0]} in all. It comes within "
        f"{near[2]:.2f} nats of {total} clean and complete rows; {far[0]} clean rows miss by "
        f"{far[2]:.2f} nats. One nat less: a patient's record is {math.e:.1f} times less likely."
    )
    head = f"| rows | how they are made | nats below all {total} clean rows |"
    table = [f"| {number(rows, '.0f')} | {how} | {missed:.2f} |" for rows, how, missed in lines]
    of = f"Medians over {clean[SEED].nunique()} random networks."
    return "\n".join([told, "", head, "| --- | --- | --- |", *table, "", of, ""])


def _sets(rows: int, store: Store) -> list[tuple[int, str, pd.DataFrame]]:
    """Return what is compared: its rows, how they are made, and its values by network."""
    found = []
    for grid, how in WAYS.items():
        table = _descent(grid, store)
        found.append((rows, how, table[table["per"] == table["per"].min()]))
    exact, subset = _references(EXACT, store), _references(SUBSET_CHOSEN, store)
    for table, size, how in (
        (exact, int(exact["rows"].min()), "computed in one step from the moments that EM finds"),
        (subset, rows, "clean and complete rows"),
        (subset, int(subset["rows"].max()), "clean and complete rows"),
    ):
        found.append((size, how, table[table["rows"] == size]))
    return found


def _missed(clean: pd.DataFrame, table: pd.DataFrame) -> float:
    """Return the median over the networks of how far the values are below all clean rows."""
    return float((clean.set_index(SEED)["value"] - table.set_index(SEED)["value"]).median())


def _descent(grid: str, store: Store) -> pd.DataFrame:
    """Return what validation rows chose of each run of a descent, by its rows per source."""
    by = {"per": "rows_per_source"}
    terms = Rows(grids=(grid,), where="chosen", value="log_likelihood", by=by)
    return values_of(terms, store=store)


def _references(method: str, store: Store) -> pd.DataFrame:
    """Return the values of a reference, by its rows and the number of sources."""
    by, where = {"rows": "rows", "sources": "num_sources"}, f"method == {method!r}"
    terms = Rows(grids=("references",), where=where, value="log_likelihood", by=by)
    return values_of(terms, store=store)
