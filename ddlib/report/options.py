"""The options of `ddlib check`, `merge`, `summarize`, `scale`, `distil` and `benchmark`."""

from __future__ import annotations

import argparse
from pathlib import Path


def tables(parser: argparse.ArgumentParser) -> None:
    """Add tables, and what is said of them.

    Args:
        parser: of the command.
    """
    _files(parser, "a file per site: CSV, TSV or Parquet, also compressed")
    parser.add_argument(
        "--source-column",
        metavar="NAME",
        help="add a column NAME that says which table a row is of, so that levels that differ "
        "between tables are modelled; 'COLUMN ~ .' takes it in, 'COLUMN ~ . - NAME' does not",
    )


def min_count(parser: argparse.ArgumentParser) -> None:
    """Add how many rows make a number that may be told.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "--min-count",
        type=int,
        help="rows that a level, a column and a table must have, so that none shows single people: "
        "that of the settings, or 10, unless told; 1 switches the protection off",
    )


def site(parser: argparse.ArgumentParser) -> None:
    """Add the tables of one site, and what is said of them.

    Args:
        parser: of the command.
    """
    _files(parser, "files with the rows of one site: CSV, TSV or Parquet, also compressed")
    parser.add_argument(
        "--scale", type=Path, help="file of ddlib scale: with it moments add up exactly"
    )
    parser.set_defaults(source_column=None)


def private(parser: argparse.ArgumentParser) -> None:
    """Add what a private summary may lose, and where its site keeps account.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "--epsilon",
        type=float,
        help="add noise: (ε, δ)-differential privacy of one row added or removed",
    )
    parser.add_argument(
        "--delta", type=float, help="the δ of --epsilon, far below 1 in the number of rows: 1e-6"
    )
    parser.add_argument(
        "--bounds", type=Path, help="YAML with columns, bounds and levels, none read off the rows"
    )
    parser.add_argument(
        "--ledger",
        type=Path,
        help="file of all releases about these people: by default TABLE.ledger.json beside TABLE",
    )
    parser.add_argument(
        "--budget", type=float, help="the most that ε may be of all releases together"
    )


def summaries(parser: argparse.ArgumentParser) -> None:
    """Add summaries.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "summaries", type=Path, nargs="+", metavar="summary", help="a file of ddlib summarize"
    )


def out(parser: argparse.ArgumentParser) -> None:
    """Add where JSON goes.

    Args:
        parser: of the command.
    """
    parser.add_argument("--out", type=Path, required=True, help="file to write: .json")
    _force(parser)


def check(parser: argparse.ArgumentParser) -> None:
    """Add where what is found is written.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "--write-settings",
        type=Path,
        metavar="FILE",
        help="write a settings file, YAML, that says what the tables are taken for, to be changed",
    )
    _force(parser)


def merge(parser: argparse.ArgumentParser) -> None:
    """Add what rows are made for, how many, and where they go.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "--for",
        dest="tasks",
        action="append",
        required=True,
        metavar="TASK",
        help="what the rows are for: 'died ~ .', 'los ~ age + sex' or density; of visits "
        "'next(bili) ~ .' or 'within(died, futime, 365) ~ .'; may be repeated",
    )
    parser.add_argument(
        "--rows", type=int, default=100, help="how many rows (100); of visits, how many people"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="file of the rows: .csv, .tsv or .parquet"
    )
    parser.add_argument("--report", type=Path, help="file of the report, HTML")
    parser.add_argument(
        "--draws", type=int, default=10, help="draws of what is missing, for standard errors (10)"
    )
    parser.add_argument(
        "--no-weights",
        dest="weights",
        action="store_false",
        help="make rows without weights, for tools that take none; they are worth less",
    )
    parser.add_argument(
        "--splits",
        type=int,
        help="splits for the report's scores on rows kept aside: 5, of large tables fewer, unless "
        "told; 0 for none",
    )
    parser.add_argument("--seed", type=int, default=0, help="decides what is drawn (0)")
    _force(parser)


def distil(parser: argparse.ArgumentParser) -> None:
    """Add what one table is distilled for, by which methods, and where its rows go.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "tables", type=Path, nargs=1, metavar="table", help="CSV, TSV or Parquet, also compressed"
    )
    parser.add_argument("--target", required=True, help="column that is predicted")
    parser.add_argument("--rows", type=int, required=True, help="how many rows are made")
    parser.add_argument(
        "--learner",
        help="what the rows are made for: logistic, ridge, kernel ridge or network; of classes "
        "logistic, of numbers ridge, unless told",
    )
    parser.add_argument(
        "--method",
        action="append",
        help="auto for all that apply, or a method, or the place of one of your own, "
        "my_module:MyMethod; may be repeated (auto)",
    )
    parser.add_argument(
        "--measure",
        help="what judges: error, balanced error or log loss of classes; rmse or mae of numbers",
    )
    parser.add_argument("--steps", type=int, default=300, help="steps of each method (300)")
    parser.add_argument(
        "--looks", type=int, default=30, help="looks of each method at validation rows (30)"
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
    parser.add_argument("--seed", type=int, default=0, help="decides splits and what is drawn (0)")
    parser.set_defaults(settings=None)
    _force(parser)


def benchmark(parser: argparse.ArgumentParser) -> None:
    """Add which methods are compared on which tasks, at which budgets, and where tables go.

    Args:
        parser: of the command.
    """

    def several(option: str, kind: type, summary: str) -> None:
        parser.add_argument(option, action="append", type=kind, help=f"{summary}; may be repeated")

    several("--family", str, "family of tasks (wine)")
    several("--task", str, "task of the families that sets are made for (all)")
    several("--rows", int, "synthetic rows (30)")
    several("--method", str, "name, or place my_module:MyMethod (all)")
    parser.add_argument("--draws", type=int, default=3, help="draws of the data (3)")
    parser.add_argument("--steps", type=int, default=100, help="steps of each method in all (100)")
    parser.add_argument(
        "--looks",
        type=int,
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
    _force(parser)


def visits(parser: argparse.ArgumentParser) -> None:
    """Add what says that rows are visits of people, who may have several.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "--id",
        dest="person",
        metavar="COLUMN",
        help="rows are visits, of the people whom COLUMN names; takes --time too",
    )
    parser.add_argument(
        "--time", metavar="COLUMN", help="when a visit was: numbers, such as days, or dates"
    )
    parser.add_argument(
        "--slices",
        metavar="visits|WIDTH",
        default="visits",
        help="what follows what: each visit the one before (visits), or bins of time of a WIDTH, "
        "with the last value of each column in each bin; the next bin is that of the next visit, "
        "however far",
    )
    parser.add_argument(
        "--static",
        action="append",
        default=[],
        metavar="COLUMN",
        help="of a column that changes, have a person's first value count throughout; may be "
        "repeated (what changes in nobody is static anyway)",
    )
    parser.add_argument(
        "--link",
        metavar="COLUMN",
        help="rows with one value of COLUMN in several tables are of one person; of visits, the "
        "column of --id",
    )


def _files(parser: argparse.ArgumentParser, what: str) -> None:
    """Add tables, and the file of what is said of them."""
    parser.add_argument("tables", type=Path, nargs="+", metavar="table", help=what)
    parser.add_argument(
        "--settings", type=Path, help="YAML with kinds, codes for missing, names, units, levels"
    )


def _force(parser: argparse.ArgumentParser) -> None:
    """Add whether files that are there are in the way."""
    parser.add_argument("--force", action="store_true", help="replace files that are there")
