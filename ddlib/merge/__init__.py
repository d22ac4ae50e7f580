"""Merging: sources with intersecting columns become one synthetic set.

What a source is, and what is wrong with one, stands in `ddlib.merge.sources`.
"""

from ddlib.merge.channel import independent_hidden, random_hidden, split_sources
from ddlib.merge.columns import Columns
from ddlib.merge.coverage import Coverage
from ddlib.merge.problem import initial_rows, merging_problem
from ddlib.merge.sources import check_sources
from ddlib.merge.tables import merge_tables

__all__ = [
    "Columns",
    "Coverage",
    "check_sources",
    "independent_hidden",
    "initial_rows",
    "merge_tables",
    "merging_problem",
    "random_hidden",
    "split_sources",
]
