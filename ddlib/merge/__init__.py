"""Merging: sources with intersecting columns become one synthetic set.

Tables as people have them become rows made for a named task by `merge`. What follows the paper is
`merging_problem` and `merge_tables`; what a source is there, and what is wrong with one, stands in
`ddlib.merge.sources`.
"""

from ddlib.merge.channel import independent_hidden, random_hidden, split_sources
from ddlib.merge.columns import Columns
from ddlib.merge.coverage import Coverage
from ddlib.merge.formula import TableTask, TaskError, parse_task, parse_tasks
from ddlib.merge.merged import Merged, TooFewRows, made_for, merge
from ddlib.merge.problem import initial_rows, merging_problem
from ddlib.merge.sources import check_sources
from ddlib.merge.tables import merge_tables

__all__ = [
    "Columns",
    "Coverage",
    "Merged",
    "TableTask",
    "TaskError",
    "TooFewRows",
    "check_sources",
    "independent_hidden",
    "initial_rows",
    "made_for",
    "merge",
    "merge_tables",
    "merging_problem",
    "parse_task",
    "parse_tasks",
    "random_hidden",
    "split_sources",
]
