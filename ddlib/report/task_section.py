"""What the rows are worth for one task: real rows that they equal, scores, coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ddlib.html.intervals import Scored, scores
from ddlib.html.markup import Html, element, join, name
from ddlib.html.page import Row, Section, paragraph, table
from ddlib.html.svg import number
from ddlib.merge.alone import Alone
from ddlib.merge.design import INTERCEPT
from ddlib.merge.worth import about
from ddlib.report.comparison import ABSENT

MOST_COEFFICIENTS = 60  # that are shown; all are in the file
LEAST_MISSING = 0.01  # share of the information on a coefficient that is worth a word


@dataclass(frozen=True)
class TaskReport:
    """What is told of one task.

    Attributes:
        text: of the task, as it was written.
        learner: the words for what learns it.
        score: name of the held-out score, of which more is better.
        lines: the scores; none where they could not be measured.
        reason: why there are none, or what is to be said of them.
        verdict: whether merged rows do better than filling holes by means; empty where that is not
            known.
        coefficients: columns `outcome`, `term`, `estimate`, `standard error`, `low`, `high` and
            `missing information`; None where the task has none.
        worth: complete real rows that would answer the task as well.
        refit: what a fit to the merged rows finds, in words; empty where nothing is fitted.
        num_real: real rows of all tables.
        usage: code that learns the task from the merged rows.
        inputs: the columns that a `.` in the text stands for; none where there is no `.`.
        alone: what each table alone tells of the coefficients; None where that was not looked at.
    """

    text: str
    learner: str
    score: str
    lines: Sequence[Scored]
    reason: str
    verdict: str
    coefficients: pd.DataFrame | None
    worth: float
    refit: str
    num_real: int
    usage: str
    inputs: Sequence[str] = ()
    alone: Sequence[Alone] | None = None


def task_section(task: TaskReport, place: int) -> Section:
    """Return the section on one task.

    Args:
        task: what is told of it.
        place: among the tasks, from 0.
    """
    parts: list[object] = [
        paragraph("Learner: ", task.learner, "."),
        *_inputs(task.inputs),
        paragraph(
            "For this task the merged rows are worth ",
            element("b", f"about {about(task.worth, task.num_real)} complete real rows"),
            f" of the {task.num_real} that were read: so many rows without a missing cell, drawn "
            "anew, would put its answer as far from the truth, on average over its coefficients. "
            "It is an estimate: it rests on what was assumed, and on how much of the answer is "
            "missing, which a few draws tell only roughly. It is for this task alone: another "
            "question to the same rows may find much less.",
        ),
    ]
    if task.coefficients is not None:
        parts += _least_known(task.coefficients, task.num_real)
    if task.refit:
        parts.append(f"{task.refit[:1].upper()}{task.refit[1:]}.")
    parts += [element("h3", "Held-out score")]
    if task.lines:
        score = task.score[:1].upper() + task.score[1:]
        if task.verdict:
            parts.append(element("p", element("b", task.verdict)))
        caption = f"{score}, higher is better. {task.reason}"
        parts.append(scores(task.lines, head="learnt from", score=score, caption=caption))
    else:
        parts.append(f"Not measured: {task.reason}")
    if task.coefficients is not None:
        parts += _coefficients(task.coefficients)
        if task.alone is not None:
            parts += _alone(task.alone)
    if task.usage:
        parts += [element("h3", "To learn it from the merged rows"), element("pre", task.usage)]
    return Section(f"task-{place + 1}", f"Task: {task.text}", tuple(parts))


def _inputs(inputs: Sequence[str]) -> list[Html]:
    """Return the sentence on what a `.` stands for."""
    if not inputs:
        return []
    listed = join(map(name, inputs), ", ")
    told = f" takes these {len(inputs)} columns: " if len(inputs) > 1 else " takes this column: "
    return [paragraph("The ", element("code", "."), told, listed, ".")]


def _alone(tables: Sequence[Alone]) -> list[object]:
    """Return the table of what each table alone tells of the coefficients."""
    parts: list[object] = [element("h3", "Each table alone")]
    if not tables:
        return [*parts, "No table alone has enough complete rows with the target to compare with."]
    several = len({outcome for one in tables for outcome in one.own.design.outcomes}) > 1
    cells: dict[str, dict[str, Html]] = {}
    for one in tables:
        design = one.own.design
        for place, value in np.ndenumerate(one.own.estimate):
            term = design.terms[place[1]]
            head = f"{design.outcomes[place[0]]}: {term}" if several else term
            own = f"{number(float(value))} ± {number(float(one.own.standard_error[place]))}"
            every = f"{number(float(one.every.estimate[place]))} in all"
            cells.setdefault(head, {})[one.label] = join([own, element("small", every)], " ")
    rows = [
        Row(head, tuple(own.get(one.label, ABSENT) for one in tables))
        for head, own in [*cells.items()][:MOST_COEFFICIENTS]
    ]
    caption = (
        "Coefficients, ± standard error, that the complete rows of one table tell, with the inputs "
        "that it has; behind each, what all tables tell of the same inputs. Where they differ by "
        f"more than chance, a warning stands at the top. {ABSENT}: the table lacks the column."
    )
    heads = ["term", *(name(f"{one.label} ({one.num_rows} rows)") for one in tables)]
    return [*parts, table(heads, rows, caption=caption, class_="wraps")]


def _least_known(found: pd.DataFrame, num_real: int) -> list[str]:
    """Return the sentence on the coefficient of which most is missing, if anything is."""
    slopes = found[found["term"] != INTERCEPT].to_dict("records")
    worst = max(slopes, key=lambda entry: float(entry["missing information"]), default={})
    missing = float(worst.get("missing information", 0.0))
    if missing <= LEAST_MISSING:
        return []
    several = found["outcome"].nunique() > 1
    term = f"{worst['outcome']}: {worst['term']}" if several else str(worst["term"])
    rows = about(max(num_real * (1 - missing), 1.0))
    return [
        f"Least is known of the coefficient of {term}: {100 * missing:.0f} % of the information on "
        f"it is missing, so that for it alone the rows are worth about {rows}."
    ]


def _coefficients(found: pd.DataFrame) -> list[object]:
    """Return the table of pooled coefficients."""
    several = found["outcome"].nunique() > 1
    rows = []
    for values in found.head(MOST_COEFFICIENTS).to_dict("records"):
        head = f"{values['outcome']}: {values['term']}" if several else str(values["term"])
        numbers = (values[key] for key in ("estimate", "standard error", "low", "high"))
        missing = f"{100 * float(values['missing information']):.0f} %"
        rows.append(Row(head, (*(number(float(value)) for value in numbers), missing)))
    heads = ["term", "estimate", "standard error", "low", "high", "missing information"]
    caption = (
        "Coefficients in the columns' own units, pooled over the draws by Rubin's rules, with 95 % "
        "intervals. Use these standard errors: those of a fit to the merged rows know nothing of "
        "how many real rows stand behind them. They know of chance and of what is missing, not of "
        "a model that does not fit: where a column is computed from others, such as a score, they "
        "may be smaller than those of complete rows, and an estimate many of them off. An ordered "
        "column enters as one slope: per unit where its levels are numbers, else per level; as a "
        "category (kinds in the settings) each of its levels would have a coefficient."
    )
    parts: list[object] = [element("h3", "Coefficients"), table(heads, rows, caption=caption)]
    if len(found) > MOST_COEFFICIENTS:
        parts.append(f"The first {MOST_COEFFICIENTS} of {len(found)}; the file has all of them.")
    return parts
