"""Each column, real by table against merged: a figure, and its mean and spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ddlib.html.histograms import histogram
from ddlib.html.levels import levels
from ddlib.html.markup import Html, element, name
from ddlib.html.page import Row, Section, table
from ddlib.html.protection import protected_counts
from ddlib.html.samples import Sample, legend
from ddlib.html.svg import day, fixed, number, shorten
from ddlib.report.chance import Apart, apart
from ddlib.report.comparison import ABSENT, HIDDEN, Comparison
from ddlib.report.moments import mean_and_spread
from ddlib.tables import Column
from ddlib.tables.faults import some

MOST_CARDS = 60  # columns that have a figure
_LISTED = 5  # columns that a sentence names
_FEW = 8  # values of a count that are shown one by one


def columns_section(compared: Comparison) -> Section:
    """Return the section with a figure for each column, and a table of all.

    Args:
        compared: tables and merged rows.
    """
    cards = [_card(compared, j) for j in range(len(compared.columns))[:MOST_CARDS]]
    parts: list[object] = [
        "Bars show the merged rows, with their weights where they have some; lines and marks show "
        "the real rows of each table. Each table is of other people, and merged rows stand for all "
        "of them: they should agree with the tables where these agree. Where a table lacks a "
        "column, compare with all real rows, of which what is missing was drawn.",
        legend(list(compared.sites)),
        element("div", *cards, class_="cards"),
    ]
    if len(compared.columns) > MOST_CARDS:
        parts.append(f"Figures of the first {MOST_CARDS} columns; the table has all of them.")
    found = [_apart(compared, j) for j in range(len(compared.columns))]
    parts.append(_beyond(compared, found))
    heads = ["column", "merged", "all, drawn", "apart", "by chance"]
    heads += [name(site) for site in compared.sites]
    rows = [_with_distance(_summary(compared, j), own) for j, own in enumerate(found)]
    caption = (
        "Mean ± standard deviation; of two levels the share of the second; of more levels the most "
        "common one and its share. All, drawn: all real rows, with what is missing drawn; merged "
        "rows should agree with it. Apart: the largest difference between the two in the share of "
        "the rows up to a value, or of a level without an order. By chance: within that, 95 % of "
        "samples of as many plain rows of all would be. "
        f"{ABSENT}: the table lacks the column."
    )
    if compared.least > 1:
        caption += (
            f" {HIDDEN}: too few rows show it, or one of its levels, to tell of them (fewer than "
            f"{compared.least})."
        )
    parts.append(table(heads, rows, caption=caption, class_="wraps"))
    return Section("columns", "Columns: real against merged", tuple(parts))


def _apart(compared: Comparison, place: int) -> Apart:
    """Return how far merged rows are from all real rows in a column."""
    merged = Sample(compared.merged[:, place], compared.weights)
    others = Sample(*compared.drawn(place))
    return apart(compared.columns[place], merged, others, seed=compared.seed)


def _beyond(compared: Comparison, found: Sequence[Apart]) -> str:
    """Return the sentence on columns in which merged rows are farther off than chance."""
    p, rows = len(found), len(compared.merged)
    names = [column.name for column, own in zip(compared.columns, found, strict=True) if own.beyond]
    told = "no column" if not names else f"{len(names)} of {p} columns ({some(names, _LISTED)})"
    return (
        f"In {told} merged rows are farther from all real rows than 95 % of samples of {rows} "
        f"plain real rows would be; by chance alone that is so in about {max(1, round(p / 20))} of "
        f"{p}. Merged rows are made for their tasks: what these do not ask of a column may be off."
    )


def _with_distance(row: Row, found: Apart) -> Row:
    """Return the row of a column with the distance of merged rows behind their cells."""
    *sites, drawn, merged = row.cells
    distance = fixed(found.found, 2)
    shown = element("b", distance) if found.beyond else distance
    return Row(row.head, (merged, drawn, shown, fixed(found.chance, 2), *sites))


def _card(compared: Comparison, place: int) -> Html:
    """Return the figure of one column with its heading, and the tables that lack it."""
    column, sites = compared.columns[place], compared.seen(place)
    merged = Sample(compared.merged[:, place], compared.weights)
    heading = element("h3", name(column.name), " ", element("small", column.kind))
    picture = "No table shows enough rows of it for a figure."
    if any(map(len, sites.values())):
        picture = _picture(column, sites, merged, compared.least)
    feet = [element("p", text, class_="soft") for text in _feet(compared, place)]
    return element("div", heading, picture, *feet, class_="card")


def _feet(compared: Comparison, place: int) -> list[str]:
    """Return what is said under the figure of a column that not all tables show."""
    lacking, hidden = compared.without(place)
    feet = [f"Not in {', '.join(lacking)}."] if lacking else []
    if hidden:
        feet.append(f"In too few rows of {', '.join(hidden)} to be shown.")
    if feet:
        cells = _summary(compared, place).cells
        feet.append(f"All, drawn: {cells[-2]}. Merged: {cells[-1]}.")
    return feet


def _picture(column: Column, sites: dict[str, np.ndarray], merged: Sample, least: int) -> Html:
    """Return the figure of one column."""
    if column.levels:
        return levels(
            column.name,
            sites,
            merged,
            names=column.level_texts,
            least=least,
        )
    values, counts = np.unique(np.concatenate(list(sites.values())), return_counts=True)
    single = len(values) <= _FEW and counts.min() >= least and np.isin(merged.values, values).all()
    if column.kind == "count" and single:
        numbered = {site: np.searchsorted(values, codes) for site, codes in sites.items()}
        places = Sample(np.searchsorted(values, merged.values), merged.weights)
        shown = [number(value) for value in values]
        return levels(column.name, numbered, places, names=shown, least=least)
    return histogram(column.name, sites, merged, kind=column.kind, least=least)


def _summary(compared: Comparison, place: int) -> Row:
    """Return the row of one column: a cell a table, and that of the merged rows."""
    column, sites = compared.columns[place], compared.seen(place)
    lacking, _ = compared.without(place)
    level = _level(column, *compared.drawn(place))
    cells = [
        ABSENT
        if site in lacking
        else _told(column, codes, np.ones(len(codes)), compared.least, level)
        for site, codes in sites.items()
    ]
    drawn = _told(column, *compared.drawn(place), compared.least, level)
    merged = _told(column, compared.merged[:, place], compared.weights, 0, level)
    return Row(name(column.name), (*cells, drawn, merged))


def _level(column: Column, codes: np.ndarray, weights: np.ndarray) -> int:
    """Return the level whose share is told: the second of two, else the commonest of all rows."""
    if len(column.levels) == 2:
        return 1
    return int(np.argmax(np.bincount(codes.astype(int), weights))) if column.levels else 0


def _told(column: Column, codes: np.ndarray, weights: np.ndarray, least: int, level: int) -> str:
    """Return mean and spread of a column in some rows, or the share of a level, or hide them."""
    if not len(codes):
        return HIDDEN
    if column.levels:
        counts = np.bincount(codes.astype(int), weights, len(column.levels))
        level_name = shorten(column.level_texts[level], 20)
        low, high = (100 * ends[level] / counts.sum() for ends in protected_counts(counts, least))
        if high - low == 100:  # too many levels in too few rows
            return HIDDEN
        told = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
        return f"{level_name}: {told} %"
    mean, spread = mean_and_spread(codes, weights)
    if column.kind == "date":
        return f"{day(mean)} ± {number(spread)} d"
    return f"{number(mean)} ± {number(spread)}"
