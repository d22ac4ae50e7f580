"""Summaries of small hospitals, for tests."""

import numpy as np
import pandas as pd

from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale
from ddlib.sites.summary import Summary, summarise
from ddlib.tables import Schema, Sources, read_sources
from ddlib.tables.columns import WITH_LEVELS
from tests.merge.people import hospitals

TABLES = hospitals(num_rows=400)


def scale_of(schema: Schema, codes: np.ndarray, *, min_count: int) -> Scale:
    """The scale that rows have of their own."""
    columns = schema.without_keys().columns
    laws = [
        None if c.kind in WITH_LEVELS else Quantiles.of(v[~np.isnan(v)], group=min_count)
        for c, v in zip(columns, codes.T, strict=True)
    ]
    return Scale.of(columns, laws)


def summary_of(table: pd.DataFrame, scale: Scale | None = None, min_count: int = 10) -> Summary:
    """The summary of one table."""
    sources = read_sources({"site": table}, alone=True)
    codes = sources.codes()[0]
    return summarise(sources.schema.without_keys(), codes, scale=scale, min_count=min_count)


def on_one_scale(sources: Sources, min_count: int = 10) -> dict[str, Summary]:
    """Summaries of tables that were read together, on one scale."""
    schema = sources.schema.without_keys()
    scale = scale_of(schema, sources.codes()[0], min_count=min_count)
    return {
        label: summarise(schema, schema.encode(table), scale=scale, min_count=min_count)
        for label, table in sources.tables.items()
    }


def moments_of(summary: Summary) -> dict[tuple[bool, ...], tuple[int, np.ndarray, np.ndarray]]:
    """What a summary tells of each pattern."""
    patterns = summary.moments.patterns
    return {tuple(p.seen.tolist()): (p.rows, p.sums, p.products) for p in patterns}
