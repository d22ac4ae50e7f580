"""The report of a merge of summaries: what the sites told, and what that cannot tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from ddlib.html.markup import element, join, name
from ddlib.html.page import Row, Section, page, table
from ddlib.merge.merged import Merged
from ddlib.report.dependence_section import network_section
from ddlib.report.findings import partial_of, task_report
from ddlib.report.judging import unscored
from ddlib.report.lost_columns import lost_columns
from ddlib.report.notes_section import warnings_section
from ddlib.report.rerun_section import Input, rerun_section
from ddlib.report.task_section import task_section
from ddlib.report.typed import Command
from ddlib.sites.summary import Summary
from ddlib.sites.units import scale_numbers
from ddlib.tables import Note
from ddlib.tables.load import file_labels

CANNOT = (
    "Scores on rows that were kept aside, how near merged rows come to people, and whether a "
    "merged row equals a real one take the rows, which the sites keep. Dependences are those of "
    "a Gaussian copula: where a real one bends otherwise, coefficients differ from those that the "
    "rows would give, most of all of skewed columns."
)


def told_page(
    command: Command,
    summaries: Mapping[str, Summary],
    merged: Merged,
    notes: Sequence[Note],
    *,
    why_unscored: str,
) -> str:
    """Return the report.

    Args:
        command: what was typed.
        summaries: label -> what a site told.
        merged: what was made of them.
        notes: in any order; warnings come first.
        why_unscored: why there are no scores on rows kept aside.
    """
    arguments = command.arguments
    output, held = arguments.out.name, unscored(merged.tasks, why_unscored)
    ordered = sorted(notes, key=lambda note: note.level != "warning")
    inputs = [
        Input.of(label, summaries[label].rows, path)
        for path, label in file_labels(arguments.tables)[0].items()
    ]
    tasks = [task_report(merged, held, place, output) for place in range(len(merged.tasks))]
    sections = [
        warnings_section(ordered),
        _told_section(summaries),
        network_section(merged.schema.columns, partial_of(merged)),
        *(task_section(task, place) for place, task in enumerate(tasks)),
        Section("lacking", "What summaries cannot tell", (CANNOT,)),
        rerun_section(command.line, inputs, date.today(), command.version),
    ]
    lead = join(
        [
            f"{len(merged.rows)} synthetic rows of {len(merged.schema.columns)} columns, from what "
            f"{len(summaries)} sites tell of {merged.model.real_rows} rows, made for ",
            join([element("code", task.text) for task in merged.tasks], ", "),
            ". For another task they may be worth much less.",
        ]
    )
    return page(f"Merged rows: {output}", lead, sections)


def _told_section(summaries: Mapping[str, Summary]) -> Section:
    """Return the section on what each site told."""
    numbers = scale_numbers(summaries)
    heads = ["site", "rows", "columns", "patterns", "rows in them", "minimum count", "scale"]
    rows = [
        Row(
            name(label),
            (
                f"{each.rows}",
                f"{sum(margin.seen > 0 for margin in each.margins)}",
                f"{len(each.moments.patterns)}",
                f"{each.moments.rows}",
                f"{each.min_count or 'not used'}",
                _scale_word(label, numbers),
            ),
        )
        for label, each in summaries.items()
    ]
    parts = (table(heads, rows, caption="What the sites told in place of their rows"),)
    return Section("told", "What was told", (*parts, *lost_columns(summaries)))


def _scale_word(label: str, numbers: Mapping[str, int]) -> str:
    """Return on which scale a site's moments are."""
    if not numbers[label]:
        return "its own"
    return "shared" if max(numbers.values()) == 1 else f"shared, number {numbers[label]}"
