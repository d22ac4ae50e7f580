"""The report of `ddlib distil`, one HTML page: which rows, for what, and what others are worth."""

from __future__ import annotations

from collections.abc import Sequence

from ddlib.benchmark.judging import Judged
from ddlib.benchmark.standings import RANDOM_SETS, Standing, Standings
from ddlib.html.intervals import Scored, scores
from ddlib.html.markup import Html, element, name
from ddlib.html.page import Row, Section, bullets, page, paragraph, table
from ddlib.html.svg import number
from ddlib.problem import carry
from ddlib.report.lost_classes import lost_classes
from ddlib.tables import Note
from ddlib.tables.faults import number_of
from ddlib.tasks.frame import FrameTask

MOST_ROWS = 60  # of the distilled rows that the page shows


def distil_page(task: FrameTask, found: Standings, command: str, notes: Sequence[Note] = ()) -> str:
    """Return the page.

    Args:
        task: what rows were made for.
        found: how methods stand on it.
        command: that makes it again.
        notes: on the table.
    """
    sections = [
        *([_notes_section(notes)] if notes else []),
        _standings_section(task, found),
        _methods_section(found),
        _rows_section(task, found),
        Section("rerun", "Make it again", (element("pre", command),)),
    ]
    chosen = found.chosen.entry
    title = f"{number_of(len(chosen.rows), 'row')} for {task.encoding.target.name}"
    return page(title, _lead(task, found), sections)


def _lead(task: FrameTask, found: Standings) -> Html:
    """Return the sentence under the title."""
    sizes = ", ".join(f"{len(rows)} {split}" for split, rows in task.splits.items())
    entry = found.chosen.entry
    learner = carry(task.learner, entry.carried)
    lost = lost_classes(task.encoding, entry.rows)
    return paragraph(
        f"Made by {entry.method} for {learner}, from a table of {sizes} rows. "
        "Validation rows chose the method and its step; test rows were looked at once, at the end. "
        "Rows are made for this learner and this target; another may learn less from them."
        + (f" {lost}." if lost else "")
    )


def _notes_section(notes: Sequence[Note]) -> Section:
    """Return what is worth knowing about the table."""
    return Section("notes", "Notes on the table", (bullets([note.text for note in notes]),))


def _standings_section(task: FrameTask, found: Standings) -> Section:
    """Return the figure of the methods' values on test rows."""
    own = found.chosen.entry.method
    lines = [
        Scored("all training rows", *_ends(found.all_rows)),
        Scored(f"random rows, mean of {RANDOM_SETS}", *_ends(found.random)),
        *(Scored(p.entry.method, *_ends(p.test), own=p.entry.method == own) for p in found.places),
    ]
    measure = task.measure.name
    caption = (
        f"{measure} on test rows, lower is better, with 95 % intervals as other test rows would "
        "give; of random rows, where most sets lie. The line with a dark dot is the choice of the "
        "validation rows, and methods stand in their order."
    )
    figure = scores(lines, head="method", score=measure, caption=caption, value="value")
    return Section("standings", "How the methods stand", (figure,))


def _ends(judged: Judged) -> tuple[float, float, float]:
    """Return a value and the ends of its interval."""
    return judged.value, judged.low, judged.high


def _methods_section(found: Standings) -> Section:
    """Return the table of what each method spent, and why others have no place."""
    budget = found.budget
    head = ["method", "validation", "test", "best step", "gradients", "looks", "seconds"]
    rows = [Row(name(place.entry.method), _spent(place)) for place in found.places]
    caption = (
        f"Each method had at most {budget.num_steps} steps and {budget.num_looks} looks at "
        "validation rows after that at the start; step 0 is the start, random training rows. On "
        "validation rows the loss decides between sets of equal error."
    )
    parts: list[object] = [table(head, rows, caption=caption)]
    entries = [place.entry for place in found.places]
    if early := [f"{entry.method}: {entry.note}" for entry in entries if entry.note]:
        parts += [paragraph("Methods that ended before their budget was spent:"), bullets(early)]
    if found.refusals:
        told = [f"{method}: {why}" for method, why in found.refusals.items()]
        parts += [paragraph("Methods that do not apply to this task:"), bullets(told)]
    return Section("methods", "What each method spent", tuple(parts))


def _spent(place: Standing) -> tuple[object, ...]:
    """Return the cells of a method."""
    entry = place.entry
    gradients = entry.cost.gradients + entry.cost.training_steps
    return (
        number(entry.validation),
        number(place.test.value),
        entry.step,
        gradients,
        entry.cost.looks,
        f"{entry.seconds:.1f}",
    )


def _rows_section(task: FrameTask, found: Standings) -> Section:
    """Return the rows themselves."""
    rows = task.to_table(found.chosen.entry.rows)
    shown = rows.head(MOST_ROWS)
    body = [
        Row(place + 1, tuple(_cell(cell) for cell in cells))
        for place, cells in enumerate(shown.itertuples(index=False))
    ]
    caption = f"The first {len(shown)} of {len(rows)} rows." if len(rows) > len(shown) else None
    return Section(
        "rows", "The rows", (table(["", *map(str, rows.columns)], body, caption=caption),)
    )


def _cell(cell: object) -> object:
    """Return what a cell shows."""
    return number(cell) if isinstance(cell, float) else cell
