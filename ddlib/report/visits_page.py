"""The report on merged visits: the sections that make sense of them, and what is not measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ddlib.html.markup import Html, element, join, name
from ddlib.html.page import Row, Section, bullets, page, paragraph, table
from ddlib.html.svg import number
from ddlib.merge.formula import TableTask
from ddlib.merge.held_out import HeldOut
from ddlib.merge.refit import refit
from ddlib.report.columns_section import columns_section
from ddlib.report.comparison import Comparison
from ddlib.report.coverage_section import coverage_section
from ddlib.report.dependence_section import correlations_section
from ddlib.report.findings import LEARNERS, Origin, privacy_notes
from ddlib.report.notes_section import warnings_section
from ddlib.report.privacy_section import privacy_section
from ddlib.report.rerun_section import rerun_section
from ddlib.report.standing import standing
from ddlib.report.task_section import TaskReport, task_section
from ddlib.report.twins import Twins
from ddlib.report.usage import usage
from ddlib.report.visits_far import far_notes, far_schedule
from ddlib.spreadsheets import safe_cell
from ddlib.tables import Note
from ddlib.visits import Visits
from ddlib.visits.merging import MergedVisits
from ddlib.visits.panel import ordered
from ddlib.visits.schedule import COUNT, LAST, schedules

NEAR = "the distance of people with several visits is not defined here"


def visits_page(merged: MergedVisits, held: HeldOut, origin: Origin) -> tuple[str, Sequence[Note]]:
    """Return the report as one HTML file, and the notes in it.

    Args:
        merged: the visits.
        held: scores of the tasks on people kept aside.
        origin: where the visits came from.
    """
    compared = _compared(merged, origin.least)
    twins = Twins.of(compared.merged, compared.real, compared.draws[0])
    notes = [*merged.notes, *held.notes, *privacy_notes(NEAR, twins, origin.least)]
    odd = far_schedule(merged.visits, merged.model.visits, merged.model.seed)
    notes = ordered([*notes, *far_notes(compared, merged.visits.num_people, odd)])
    sections = [
        warnings_section(notes),
        _schedule_section(merged, origin.least),
        coverage_section(compared),
        _assumed_section(merged),
        columns_section(compared),
        correlations_section(compared),
        *(
            task_section(_task(merged, held, task, origin.output), place)
            for place, task in enumerate(merged.tasks)
        ),
        privacy_section(NEAR, twins, least=origin.least),
        rerun_section(origin.command, origin.inputs, origin.made, origin.version),
    ]
    return page(f"Merged visits: {origin.output}", _lead(merged), sections), notes


def _compared(merged: MergedVisits, least: int) -> Comparison:
    """Return real and new visits as codes of the same columns."""
    real = merged.model.visits
    order = np.argsort(real.site, kind="stable")
    sites = {label: real.codes[real.site == k] for k, label in enumerate(real.labels)}
    columns = real.schema.columns
    draws = [codes[order, : len(columns)] for codes in merged.draws]
    new = merged.visits.codes, merged.weights
    least_visits = visits_of_people(real, least)
    return Comparison(columns, sites, draws, *new, least_visits, merged.model.seed)


def visits_of_people(visits: Visits, least: int) -> int:
    """Return how many visits are of `least` people for certain, whichever they are.

    Args:
        visits: of people who have some more often than others.
        least: number of people.
    """
    return int(np.sort(visits.counts)[::-1][: least - 1].sum()) + 1


def _lead(merged: MergedVisits) -> Html:
    """Return the sentence under the title."""
    real, new = merged.asked.visits, merged.visits
    tasks = join([element("code", task.text) for task in merged.tasks], ", ")
    sites = join([name(site) for site in real.rows], ", ")
    return join(
        [
            f"{len(new)} visits of {new.num_people} synthetic people, with weights, from "
            f"{len(real)} visits of {real.num_people} real people of {len(real.rows)} tables (",
            sites,
            "), made for ",
            tasks,
            ". For another task they may be worth much less. In what follows a row is a visit.",
        ]
    )


def _schedule_section(merged: MergedVisits, least: int) -> Section:
    """Return the section on numbers of visits and the times between them."""
    real, new = merged.asked.visits, merged.visits
    shares = (0.1, 0.25, 0.5, 0.75, 0.9)
    gap = f"time from a visit to the next, in {_unit(real)}"
    of_people = schedules(real), schedules(new)
    rows = [
        Row(f"{what}, {who}", tuple(told(float(q)) for q in np.quantile(values, shares)))
        for what, told, pair in (
            (COUNT, number, [each[COUNT] for each in of_people]),
            (LAST, lambda time: _when(real, time), [each[LAST] for each in of_people]),
            (gap, number, [each.gap[each.has_next] for each in (real, new)]),
        )
        for who, values in zip(("real", "merged"), pair, strict=True)
        if len(values) >= least
    ]
    heads = ["", *(f"{100 * share:.0f} %" for share in shares)]
    caption = "Quantiles over people, and over visits that another one follows, without weights."
    moving = join([name(one) for one in real.changing], ", ")
    static = [one for one in real.schema.names if one not in real.changing]
    parts = (
        paragraph("Columns that change between visits: ", moving, "."),
        paragraph("Static columns: ", join([name(one) for one in static], ", ") or "none", "."),
        *_binned(real),
        table(heads, rows, caption=caption),
        f"What would tell of fewer than {visits_of_people(real, least)} visits is not shown below: "
        f"any {visits_of_people(real, least)} visits are of at least {least} people, as those with "
        "the most visits have so many.",
    )
    return Section("schedule", "People and visits", parts)


def _when(visits: Visits, time: float) -> str:
    """Return a time as it is read: a date where visits have dates."""
    if visits.clock.kind != "date":
        return number(time)
    return str(np.datetime64(int(np.floor(time)), "D"))


def _unit(visits: Visits) -> str:
    """Return the unit of time."""
    return "days" if visits.clock.kind == "date" else f"units of {visits.clock.name}"


def _binned(visits: Visits) -> list[Html]:
    """Return what a visit is where it stands for a bin of time."""
    if visits.bins is None:
        return []
    line = f"A visit stands for a bin of {visits.bins:g} {_unit(visits)}, counted from a person's "
    return [paragraph(f"{line}first visit: the last value of each column in it counts.")]


def _assumed_section(merged: MergedVisits) -> Section:
    """Return the section on what was assumed."""
    items = [
        "The tables are samples of one population of people.",
        "Cells are missing by chance, given what the same visit and the next one show.",
        "What the next visit shows depends on this visit, on static columns, on the time, and on "
        "how many visits are to come; not on earlier visits beyond that.",
        "A task learns the next visit, or an event, from columns of this visit alone: neither its "
        "time nor the time to the next visit is an input.",
        "Where an event is one of several levels, any other one counts as censored: the person was "
        "followed up to then without the event.",
        "Columns keep their own margins, over all visits. Their dependence is that of a Gaussian "
        "copula: each column follows scores that are jointly normal.",
        "Columns that are never seen together, in a visit or in one and the next, are independent "
        "given all the others. No row can confirm or refute this, and the intervals that the "
        "tables allow are not computed where rows are visits.",
        f"What is missing was drawn {len(merged.draws)} times, and standard errors know of it "
        "(Rubin's rules). They are clustered by person, as visits of a person depend on one "
        "another; but the draws take them as independent, so that standard errors may be a fifth "
        "too small where much of a column is missing.",
    ]
    return Section("assumed", "What was assumed", (bullets(items),))


def _task(merged: MergedVisits, held: HeldOut, task: TableTask, output: str) -> TaskReport:
    """Return what is told of one task."""
    pooled, found = merged.pooled[task.text], standing(held, task)
    return TaskReport(
        text=task.text,
        learner=LEARNERS[task.learned],
        score=found.measure,
        lines=found.lines,
        reason=found.reason,
        verdict=found.verdict,
        coefficients=pooled.table(),
        worth=merged.worth[task.text],
        refit=refit(pooled, *merged.pairs(task)).told,
        num_real=merged.questions[task.text].num_rows,
        usage=_usage(merged, task, output),
    )


def _usage(merged: MergedVisits, task: TableTask, output: str) -> str:
    """Return lines of Python that learn a task from the file of merged visits."""
    keys = merged.visits.name, merged.visits.clock.name
    lines = usage(task, merged.schema, output, merged.weight_column, keys).splitlines()
    if merged.asked.is_of_next(task):
        plain = output.lower().endswith(".parquet")
        person, target, column = (
            one if plain else safe_cell(one)
            for one in (merged.visits.name, task.target, _column(merged, task))
        )
        after = 1 + next(k for k, line in enumerate(lines) if line.startswith("rows = "))
        lines[after:after] = [
            f"rows[{target!r}] = rows.groupby({person!r})[{column!r}].shift(-1)",
            f"rows = rows.dropna(subset=[{target!r}])  # last visits have no next one",
        ]
    return "\n".join(lines)


def _column(merged: MergedVisits, task: TableTask) -> str:
    """Return the column of which a task predicts the next value."""
    ahead = merged.schema.names[-len(merged.asked.later) :]
    return merged.visits.schema.names[merged.asked.later[ahead.index(task.target)]]
