"""Merging: sources with intersecting columns become one synthetic set.

What follows the paper is `merging_problem`; what a source is there, and what is wrong with one,
stands in `ddlib.merge.sources`. Tables as people have them become rows made for a named task by
`ddlib.merge_tables`, which brings the methods that it chooses by.
"""

from ddlib.merge.channel import independent_hidden, random_hidden, split_sources
from ddlib.merge.columns import Columns
from ddlib.merge.coverage import Coverage
from ddlib.merge.problem import initial_rows, merging_problem
from ddlib.merge.sources import check_sources

__all__ = [
    "Columns",
    "Coverage",
    "check_sources",
    "independent_hidden",
    "initial_rows",
    "merging_problem",
    "random_hidden",
    "split_sources",
]
