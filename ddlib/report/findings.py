"""From a merge to what its report tells: privacy, held-out scores, how to use the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from ddlib.html.network import by_column, partial_correlations
from ddlib.merge.alone import alone_notes, each_alone
from ddlib.merge.held_out import HeldOut
from ddlib.merge.merged import Merged
from ddlib.merge.refit import refit
from ddlib.report.comparison import Comparison
from ddlib.report.document import Report
from ddlib.report.privacy import Nearness
from ddlib.report.rerun_section import Input
from ddlib.report.standing import standing
from ddlib.report.task_section import TaskReport
from ddlib.report.twins import Twins
from ddlib.report.usage import usage
from ddlib.tables import Note, Sources

LEARNERS = {
    "logistic": "logistic regression",
    "multinomial": "multinomial logistic regression",
    "linear": "linear regression",
    "density": "the joint law of all columns",
}
"""The words for what learns a task."""


@dataclass(frozen=True)
class Origin:
    """Where a merge came from and went to.

    Attributes:
        inputs: the tables as they were read.
        output: name of the file of merged rows.
        command: that makes it all again.
        made: when.
        version: of ddlib.
        least: rows that a figure may tell of, at least.
    """

    inputs: Sequence[Input]
    output: str
    command: str
    made: date
    version: str
    least: int


def report_of(
    sources: Sources, merged: Merged, held: HeldOut, near: Nearness | str, origin: Origin
) -> Report:
    """Return what is told of a merge.

    Args:
        sources: the tables.
        merged: the rows made of them.
        held: scores of the tasks on held-out rows, as `judge` returns them.
        near: figures on privacy, or why there are none.
        origin: where it came from.
    """
    copula, columns = merged.copula, merged.schema.columns
    sites = {label: merged.schema.encode(table) for label, table in sources.tables.items()}
    rows = copula.draws, merged.codes, merged.weights
    compared = Comparison(columns, sites, *rows, origin.least, merged.model.seed)
    twins = Twins.of(merged.codes, compared.real, copula.draws[0])
    privacy = privacy_notes(near, twins, origin.least)
    alone = {
        task.text: each_alone(task, merged.schema, sites, copula.draws)
        for task in merged.tasks
        if task.text in merged.pooled
    }
    differ = [note for task in merged.tasks for note in alone_notes(task, alone.get(task.text, ()))]
    return Report(
        compared=compared,
        notes=[*sources.notes, *merged.notes, *held.notes, *differ, *privacy],
        tasks=[
            replace(task_report(merged, held, place, origin.output), alone=alone.get(task.text, ()))
            for place, task in enumerate(merged.tasks)
        ],
        correlation=by_column(copula.correlation, copula.places),
        partial=partial_of(merged),
        bounds=copula.bounds,
        num_draws=len(copula.draws),
        prior_rows=copula.prior_rows,
        weighted=merged.weight_column is not None,
        nearness=near,
        twins=twins,
        inputs=origin.inputs,
        output=origin.output,
        command=origin.command,
        made=origin.made,
        version=origin.version,
    )


def task_report(merged: Merged, held: HeldOut, place: int, output: str) -> TaskReport:
    """Return what is told of one task.

    Args:
        merged: the merge.
        held: scores of its tasks on held-out rows, or why there are none.
        place: of the task, from 0.
        output: name of the file of merged rows.
    """
    task = merged.tasks[place]
    found = standing(held, task)
    pooled = merged.pooled.get(task.text)
    return TaskReport(
        text=task.text,
        learner=LEARNERS[task.learned],
        score=found.measure,
        lines=found.lines,
        reason=found.reason,
        verdict=found.verdict,
        coefficients=None if pooled is None else pooled.table(),
        worth=merged.worth[task.text],
        refit="" if pooled is None else refit(pooled, merged.codes, merged.weights).told,
        num_real=merged.questions[task.text].num_rows,
        usage=usage(task, merged.schema, output, merged.weight_column),
        inputs=task.inputs if task.takes_others else (),
    )


def partial_of(merged: Merged) -> np.ndarray:
    """Return the partial correlations of columns, 0 where the draws do not agree on their sign.

    Args:
        merged: the merge.
    """
    copula = merged.copula
    drawn = [partial_correlations(each) for each in copula.correlations]
    signs = np.sign(drawn)
    sure = np.abs(signs.sum(axis=0)) == len(drawn)
    return by_column(np.where(sure, partial_correlations(copula.correlation), 0.0), copula.places)


def privacy_notes(near: Nearness | str, twins: Twins, least: int) -> list[Note]:
    """Return warnings on privacy.

    Args:
        near: figures on nearness, or why there are none.
        twins: rows that equal a real row.
        least: rows that a figure may tell of, at least.
    """
    notes = []
    if least <= 1:
        text = "the protection of small counts is off (minimum count 1): do not pass this on"
        notes.append(Note("warning", text))
    if isinstance(near, Nearness) and near.tells:
        text = (
            "an attack by distance tells better than chance who was among the real rows: "
            f"{near.told}, where 0.5 is chance; fewer columns, or a higher --min-count, lower it; "
            "see Privacy in the report before you pass rows on"
        )
        notes.append(Note("warning", text))
    if twins.more:
        text = (
            f"{twins.merged} of {twins.num_merged} merged rows equal a real row in all that it "
            "shows, a larger share than of the real rows among themselves; try another --seed, or "
            "leave out discrete columns"
        )
        notes.append(Note("warning", text))
    return notes
