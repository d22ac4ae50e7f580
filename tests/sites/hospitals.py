"""Summaries of small hospitals, for tests."""

import numpy as np
import pandas as pd

from ddlib.sites.scale import Scale
from ddlib.sites.summary import Summary, summarise
from ddlib.tables import Sources, read_sources
from tests.merge.people import hospitals

TABLES = hospitals(num_rows=400)


def summary_of(table: pd.DataFrame, scale: Scale | None = None, min_count: int = 10) -> Summary:
    """The summary of one table."""
    sources = read_sources({"site": table}, alone=True)
    codes = sources.codes()[0]
    return summarise(sources.schema.without_keys(), codes, scale=scale, min_count=min_count)


def on_one_scale(sources: Sources, min_count: int = 10) -> dict[str, Summary]:
    """Summaries of tables that were read together, on one scale."""
    schema = sources.schema.without_keys()
    scale = Scale.of_codes(schema, sources.codes()[0], min_count=min_count)
    return {
        label: summarise(schema, schema.encode(table), scale=scale, min_count=min_count)
        for label, table in sources.tables.items()
    }


def moments_of(summary: Summary) -> dict[tuple[bool, ...], tuple[int, np.ndarray, np.ndarray]]:
    """What a summary tells of each pattern."""
    patterns = summary.moments.patterns
    return {tuple(p.seen.tolist()): (p.rows, p.sums, p.products) for p in patterns}
