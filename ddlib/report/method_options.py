"""The options of the commands that run methods: `ddlib distil` and `ddlib benchmark`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from ddlib.arguments import whole
from ddlib.report.options import force


def distil(parser: argparse.ArgumentParser) -> None:
    """Add what one table is distilled for, by which methods, and where its rows go.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "tables", type=Path, nargs=1, metavar="table", help="CSV, TSV or Parquet, also compressed"
    )
    parser.add_argument(
        "--target", required=True, help="column that is predicted; to the letter in backquotes"
    )
    parser.add_argument("--rows", type=whole, required=True, help="how many rows are made")
    parser.add_argument(
        "--learner",
        help="what the rows are made for: logistic, ridge, kernel ridge or network; of classes "
        "logistic, of numbers ridge, unless told",
    )
    parser.add_argument(
        "--method",
        action="append",
        help="auto for all that apply, or a method, or the place of one of your own, "
        "my_module:MyMethod, also beside auto; may be repeated (auto)",
    )
    parser.add_argument(
        "--measure",
        help="what judges: error, balanced error or log loss of classes; rmse or mae of numbers",
    )
    parser.add_argument("--steps", type=whole, default=300, help="steps of each method (300)")
    parser.add_argument(
        "--looks", type=whole, default=30, help="looks of each method at validation rows (30)"
    )
    parser.add_argument(
        "--shares",
        choices=("equal", "proportional"),
        default="equal",
        help="whether classes get equally many rows, or in proportion to the table (equal)",
    )
    parser.add_argument("--split", help="column that says training, validation or test")
    parser.add_argument(
        "--encode", choices=("one-hot",), help="how inputs of text are coded; else they are refused"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="file of the rows: .csv, .tsv or .parquet"
    )
    parser.add_argument("--report", type=Path, help="file of the report, HTML")
    parser.add_argument(
        "--seed", type=whole, default=0, help="decides splits and what is drawn (0)"
    )
    parser.set_defaults(settings=None)
    force(parser)


def benchmark(parser: argparse.ArgumentParser) -> None:
    """Add which methods are compared on which tasks, at which budgets, and where tables go.

    Args:
        parser: of the command.
    """

    def several(option: str, kind: Callable[[str], object], summary: str) -> None:
        parser.add_argument(option, action="append", type=kind, help=f"{summary}; may be repeated")

    several("--family", str, "family of tasks (wine)")
    several("--task", str, "task of the families that sets are made for (all)")
    several("--rows", whole, "synthetic rows (30)")
    several("--method", str, "name, or place my_module:MyMethod (all)")
    parser.add_argument("--draws", type=whole, default=3, help="draws of the data (3)")
    parser.add_argument(
        "--steps", type=whole, default=100, help="steps of each method in all (100)"
    )
    parser.add_argument(
        "--looks",
        type=whole,
        default=20,
        help="looks of each at validation rows in all, a multiple of 10 that divides --steps (20)",
    )
    parser.add_argument(
        "--labels",
        choices=("fixed", "free"),
        default="fixed",
        help="whether classes of synthetic rows stay as they are, or may be learnt (fixed)",
    )
    parser.add_argument("--csv", type=Path, help="file of the standings along the budget")
    parser.add_argument("--transfer", type=Path, help="file of sets on tasks of others, CSV")
    parser.add_argument("--ranks", type=Path, help="file of rank correlations of tasks, CSV")
    parser.add_argument("--latex", type=Path, help="file of the table for LaTeX, with booktabs")
    parser.add_argument(
        "--record", type=Path, help="file of the rows with provenance and SHA-256, JSON"
    )
    parser.add_argument(
        "--check",
        type=Path,
        metavar="RECORD",
        help="say whether the digests of a record fit its rows, and do nothing else",
    )
    force(parser)
