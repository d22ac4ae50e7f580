"""From a merge to what its report tells: privacy, held-out scores, how to use the rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ddlib.copula.order import canonical_order, dense_ranks
from ddlib.merge import Merged, TooFewRows, made_for
from ddlib.merge.held_out import HeldOut, held_out
from ddlib.merge.model import Model, numpy_seed
from ddlib.merge.rivals import MERGED
from ddlib.report.charts.intervals import Scored
from ddlib.report.charts.network import by_column, partial_correlations
from ddlib.report.comparison import Comparison
from ddlib.report.document import Report
from ddlib.report.privacy import Nearness, copies, nearness
from ddlib.report.sections.privacy import told
from ddlib.report.sections.rerun import Input
from ddlib.report.sections.task import TaskReport
from ddlib.report.usage import usage
from ddlib.tables import Note, Sources

LEAST_HALF = 40  # rows of each half, for a figure on nearness
_LEARNERS = {
    "logistic": "logistic regression",
    "multinomial": "multinomial logistic regression",
    "linear": "linear regression",
    "density": "the joint law of all columns",
}


@dataclass(frozen=True)
class Origin:
    """Where a merge came from and went to.

    Attributes:
        inputs: the tables as they were read.
        output: name of the file of merged rows.
        command: that makes it all again.
        made: when.
        least: rows that a figure may tell of, at least.
    """

    inputs: Sequence[Input]
    output: str
    command: str
    made: date
    least: int


def report_of(
    sources: Sources, merged: Merged, held: HeldOut, near: Nearness | str, origin: Origin
) -> Report:
    """Return what is told of a merge.

    Args:
        sources: the tables.
        merged: the rows made of them.
        held: scores of the tasks on held-out rows.
        near: as `nearness_of` returns it.
        origin: where it came from.
    """
    copula, columns = merged.copula, merged.schema.columns
    sites = {label: merged.schema.encode(table) for label, table in sources.tables.items()}
    compared = Comparison(columns, sites, merged.codes, merged.weights, origin.least)
    return Report(
        compared=compared,
        notes=[*sources.notes, *merged.notes, *held.notes, *_privacy_notes(near, origin.least)],
        tasks=[_task(merged, held, place, origin.output) for place in range(len(merged.tasks))],
        correlation=by_column(copula.correlation, copula.places),
        partial=_partial(merged),
        bounds=copula.bounds,
        num_draws=len(copula.draws),
        weighted=merged.weight_column is not None,
        nearness=near,
        copied=copies(merged.codes, compared.real),
        inputs=origin.inputs,
        output=origin.output,
        command=origin.command,
        made=origin.made,
    )


def nearness_of(merged: Merged, *, num_rows: int, weights: bool) -> Nearness | str:
    """Return how near rows come to real ones that are made of half of these, or why it is not told.

    Args:
        merged: the merge; its recipe is run anew on half of the rows.
        num_rows: of it.
        weights: of it.
    """
    model = merged.model
    kinds = [column.kind for column in model.schema.columns]
    # The order in which rows came must change nothing.
    order = canonical_order(dense_ranks(model.codes), kinds)[0]
    order = order[~np.isnan(model.codes[order]).all(axis=1)]
    if len(order) < 2 * LEAST_HALF:
        return f"it takes {2 * LEAST_HALF} rows, and there are {len(order)}"
    drawn = order[np.random.default_rng(numpy_seed(model.seed, "halves")).permutation(len(order))]
    half = len(order) // 2
    members, others = model.codes[drawn[:half]], model.codes[drawn[half:]]
    try:
        own = Model.fitted(model.schema, members, num_draws=len(model.draws), seed=model.seed)
        made = made_for(own, merged.tasks, num_rows=num_rows, weights=weights)
    except (TooFewRows, ValueError) as error:
        return f"half of the rows are too few for the recipe ({error})"
    return nearness(made.codes, members, others, kinds)


def held_out_of(
    sources: Sources, merged: Merged, *, num_splits: int, progress: Callable[[int], object]
) -> HeldOut:
    """Return the scores of a merge's tasks on held-out rows of its tables.

    Args:
        sources: the tables.
        merged: the merge.
        num_splits: into rows to train on and rows to test on; none are scored with 0.
        progress: is called with the number of splits done.
    """
    texts = [task.text for task in merged.tasks]
    if not num_splits:
        notes = [Note("note", f"{text}: no split was asked for (--splits 0)") for text in texts]
        columns = ["split", "task", "measure", "rival", "score"]
        return HeldOut(pd.DataFrame(columns=columns), 0.0, tuple(notes))
    return held_out(
        sources,
        texts,
        num_rows=len(merged.rows),
        num_splits=num_splits,
        num_draws=len(merged.model.draws),
        seed=merged.model.seed,
        progress=progress,
    )


def coefficients_of(merged: Merged) -> pd.DataFrame | None:
    """Return the pooled coefficients of all tasks that have some, None where none has.

    Args:
        merged: the merge.
    """
    tables = [pooled.table().assign(task=text) for text, pooled in merged.pooled.items()]
    if not tables:
        return None
    whole = pd.concat(tables, ignore_index=True)
    return whole[["task", *(name for name in whole.columns if name != "task")]]


def _task(merged: Merged, held: HeldOut, place: int, output: str) -> TaskReport:
    """Return what is told of one task."""
    task = merged.tasks[place]
    lines, measure, reason = _scores(held, task.text)
    pooled = merged.pooled.get(task.text)
    return TaskReport(
        text=task.text,
        learner=_LEARNERS[task.learned],
        score=measure,
        lines=lines,
        reason=reason,
        coefficients=None if pooled is None else pooled.table(),
        worth=merged.worth[task.text],
        num_real=merged.questions[task.text].num_rows,
        usage=usage(task, merged.schema, output, merged.weight_column),
    )


def _scores(held: HeldOut, text: str) -> tuple[list[Scored], str, str]:
    """Return the lines of the scores of a task, what they measure, and what is to be said."""
    found = held.scores[held.scores["task"] == text]
    if found.empty:
        reasons = [note.text for note in held.notes if note.text.startswith(f"{text}:")]
        return [], "", "; ".join(reasons) or "no part of the rows could be held out."
    merged = found[found["rival"] == MERGED].set_index("split")["score"].dropna()
    if merged.empty:
        return [], "", "the rows that a split leaves are too few to make merged rows of."
    # A split in which no merged rows could be made compares nothing.
    paired = replace(held, scores=found[found["split"].isin(merged.index)])
    own = float(merged.mean())
    lines = [_scored(entry, own) for entry in paired.summary().to_dict("records")]
    all_splits = found["split"].nunique()
    splits = f"{len(merged)} random splits"
    if len(merged) < all_splits:
        splits = f"{splits} (in {all_splits - len(merged)} more the rows left were too few)"
    reason = (
        f"Mean over {splits} that each hold {100 * held.test_share:.0f} % of the rows out; all "
        "that is below was made anew from the others. Small numbers are differences from the "
        "merged rows, paired by split, with 95 % intervals: where one holds 0, the two are not "
        "told apart."
    )
    return lines, str(found["measure"].iloc[0]), reason


def _scored(entry: Mapping[Hashable, Any], own: float) -> Scored:
    """Return the line of one rival, at its paired distance from the merged rows."""
    rival = str(entry["rival"])
    if rival == MERGED:
        return Scored(rival, own, own=True)
    # The interval is of how far merged rows lie above.
    place, high, low = (own - float(entry[key]) for key in ("difference", "low", "high"))
    return Scored(rival, place, low, high)


def _partial(merged: Merged) -> np.ndarray:
    """Return the partial correlations of columns, 0 where the draws do not agree on their sign."""
    copula = merged.copula
    drawn = [partial_correlations(each) for each in copula.correlations]
    signs = np.sign(drawn)
    sure = np.abs(signs.sum(axis=0)) == len(drawn)
    return by_column(np.where(sure, partial_correlations(copula.correlation), 0.0), copula.places)


def _privacy_notes(near: Nearness | str, least: int) -> list[Note]:
    """Return warnings on privacy."""
    notes = []
    if least <= 1:
        text = "the protection of small counts is off (minimum count 1): do not pass this on"
        notes.append(Note("warning", text))
    if isinstance(near, Nearness) and told(near):
        text = (
            "an attack by distance tells better than chance who was among the real rows "
            f"({near.membership:.2f}, where 0.50 is chance): see Privacy before you pass rows on"
        )
        notes.append(Note("warning", text))
    return notes
