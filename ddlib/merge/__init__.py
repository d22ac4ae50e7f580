"""Merging: sources with intersecting columns become one synthetic set.

What follows the paper is `merging_problem` and `merge_tables`; what a source is there, and what is
wrong with one, stands in `ddlib.merge.sources`. Tables as people have them become rows made for a
named task by `ddlib.merge.merged.merge`, which brings the methods that it chooses by.
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
