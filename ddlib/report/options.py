"""The options of `ddlib check`, `merge`, `summarize` and `scale`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ddlib.arguments import number, whole


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
        type=whole,
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
        type=number,
        help="add noise: (ε, δ)-differential privacy of one row added or removed",
    )
    parser.add_argument(
        "--delta", type=number, help="the δ of --epsilon, far below 1 in the number of rows: 1e-6"
    )
    parser.add_argument(
        "--bounds", type=Path, help="YAML with columns, bounds and levels, none read off the rows"
    )
    parser.add_argument(
        "--ledger",
        type=Path,
        help="file of all releases about these people: by default TABLE.ledger.json beside the "
        "TABLE whose name comes first",
    )
    parser.add_argument(
        "--budget", type=number, help="the most that ε may be of all releases together"
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
    force(parser)


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
    force(parser)


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
        "'next(bili) ~ .' or 'within(died, futime, 365) ~ .'; a name in backquotes is taken to the "
        "letter; may be repeated",
    )
    parser.add_argument(
        "--rows", type=whole, default=100, help="how many rows (100); of visits, how many people"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="file of the rows: .csv, .tsv or .parquet"
    )
    parser.add_argument("--report", type=Path, help="file of the report, HTML")
    parser.add_argument(
        "--draws", type=whole, default=10, help="draws of what is missing, for standard errors (10)"
    )
    parser.add_argument(
        "--no-weights",
        dest="weights",
        action="store_false",
        help="make rows without weights, for tools that take none; they are worth less",
    )
    parser.add_argument(
        "--splits",
        type=whole,
        help="splits for the report's scores on rows kept aside: 5, of large tables fewer, unless "
        "told; 0 for none",
    )
    parser.add_argument("--seed", type=whole, default=0, help="decides what is drawn (0)")
    force(parser)


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


def force(parser: argparse.ArgumentParser) -> None:
    """Add whether files that are there are in the way.

    Args:
        parser: of the command.
    """
    parser.add_argument("--force", action="store_true", help="replace files that are there")
