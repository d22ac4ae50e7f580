"""The whole report: what was found out about a merge, as one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ddlib.html.markup import Html, element, join, name
from ddlib.html.page import Section, page
from ddlib.html.svg import fixed
from ddlib.merge.worth import about
from ddlib.report.columns_section import columns_section
from ddlib.report.comparison import Comparison
from ddlib.report.coverage_section import assumptions_section, coverage_section, unseen_pairs
from ddlib.report.dependence_section import correlations_section, network_section
from ddlib.report.notes_section import warnings_section
from ddlib.report.privacy import Nearness
from ddlib.report.privacy_section import privacy_section
from ddlib.report.rerun_section import Input, rerun_section
from ddlib.report.task_section import TaskReport, task_section
from ddlib.report.twins import Twins
from ddlib.tables import Note


@dataclass(frozen=True, eq=False)
class Report:
    """What a report tells.

    Attributes:
        compared: the tables and the merged rows.
        notes: of the tables and of the merge.
        tasks: that the rows were made for.
        correlation: of the model's scores for each pair of columns, `(p, p)`.
        partial: their partial correlations, `(p, p)`.
        bounds: the least and the greatest correlation of an unseen pair that the tables allow.
        num_draws: times that what is missing was drawn.
        prior_rows: rows that say that columns are independent, by which correlations are shrunk.
        weighted: whether the rows have weights.
        nearness: figures on privacy, or why there are none.
        twins: rows that equal a real one.
        inputs: the tables as they were read.
        output: name of the file of merged rows.
        command: that makes it all again.
        made: when.
        version: of ddlib.
    """

    compared: Comparison
    notes: Sequence[Note]
    tasks: Sequence[TaskReport]
    correlation: np.ndarray
    partial: np.ndarray
    bounds: Callable[[int, int], tuple[float, float]]
    num_draws: int
    prior_rows: float
    weighted: bool
    nearness: Nearness | str
    twins: Twins
    inputs: Sequence[Input]
    output: str
    command: str
    made: date
    version: str


def report_page(report: Report) -> str:
    """Return the report as one HTML file.

    Args:
        report: what it tells.
    """
    compared = report.compared
    sections = [
        _with_tiles(warnings_section(report.notes), report),
        coverage_section(compared),
        assumptions_section(
            compared,
            report.correlation,
            report.bounds,
            num_draws=report.num_draws,
            prior_rows=report.prior_rows,
        ),
        columns_section(compared),
        correlations_section(compared),
        network_section(compared.columns, report.partial),
        *(task_section(task, place) for place, task in enumerate(report.tasks)),
        privacy_section(report.nearness, report.twins, least=compared.least),
        rerun_section(report.command, report.inputs, report.made, report.version),
    ]
    return page(f"Merged rows: {report.output}", _lead(report), sections)


def _lead(report: Report) -> Html:
    """Return the sentence under the title."""
    compared = report.compared
    tasks = join([element("code", task.text) for task in report.tasks], ", ")
    sites = join([name(site) for site in compared.sites], ", ")
    weighted = " with weights" if report.weighted else ""
    return join(
        [
            f"{len(compared.merged)} synthetic rows of {len(compared.columns)} columns{weighted}, "
            f"from {len(compared.real)} real rows of {len(compared.sites)} tables (",
            sites,
            "), made for ",
            tasks,
            " (for another task they may be worth much less).",
        ]
    )


def _with_tiles(section: Section, report: Report) -> Section:
    """Return the first section with the report's main numbers behind what is in it."""
    return Section(
        section.key, section.title, (*section.parts, element("h3", "In brief"), _tiles(report))
    )


def _tiles(report: Report) -> Html:
    """Return the main numbers."""
    compared = report.compared
    tiles: list[tuple[object, object, str]] = []
    for task in report.tasks:
        own = next((line for line in task.lines if line.own), None)
        if own is not None:
            told = f"{task.text}, on rows that were held out"
            tiles.append((task.score[:1].upper() + task.score[1:], fixed(own.mean, 3), told))
        told = f"complete real rows, of {task.num_real} read; for this task alone"
        tiles.append((f"Worth for {task.text}", f"about {about(task.worth, task.num_real)}", told))
    p = len(compared.columns)
    told = f"of {p * (p - 1) // 2}: there the rows show an assumption"
    tiles.append(("Pairs never seen together", str(len(unseen_pairs(compared))), told))
    if isinstance(report.nearness, Nearness):
        low, high = report.nearness.interval
        told = (
            f"{fixed(low, 3)} to {fixed(high, 3)} (95 %); 0.5 tells nothing of who was in the "
            "tables, 1 everything"
        )
        tiles.append(("Membership inference", fixed(report.nearness.membership, 3), told))
    shown = [
        element("div", element("dt", head), element("dd", value, " ", element("small", told)))
        for head, value, told in tiles
    ]
    return element("dl", *shown, class_="tiles")
