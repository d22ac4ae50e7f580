"""What a merge leaves behind: files of rows and coefficients, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ddlib.html.markup import printable
from ddlib.near import SHORT
from ddlib.report.writing import BESIDE, Write

if TYPE_CHECKING:
    import pandas as pd

    from ddlib.merge.merged import Merged
    from ddlib.merge.pooling import Pooled
    from ddlib.tables import Note
    from ddlib.visits.merging import MergedVisits


def files_of(
    outputs: Mapping[str, Path], rows: pd.DataFrame, pooled: Mapping[str, Pooled]
) -> dict[Path, Write]:
    """Return what writes the rows, and the coefficients of tasks that have some.

    Args:
        outputs: option -> file, whose suffix says its format.
        rows: that were made.
        pooled: task -> its coefficients.
    """
    from ddlib.merge.pooling import coefficients_of
    from ddlib.report.writing import write_table

    suffix = outputs["--out"].suffix.lower()
    files: dict[Path, Write] = {
        outputs["--out"]: lambda path: write_table(rows, path, suffix),
    }
    coefficients = coefficients_of(pooled)
    if coefficients is not None:
        files[outputs[BESIDE]] = lambda path: write_table(coefficients, path, suffix)
    return files


def written_text(
    merged: Merged | MergedVisits, real: str, notes: Sequence[Note], files: Sequence[Path]
) -> str:
    """Return what was written, what it is worth, and what asks for a decision.

    Args:
        merged: the merge.
        real: what its rows are worth, with braces for the number of real ones.
        notes: of the tables and of the merge.
        files: that were written.
    """
    from ddlib.merge.worth import about
    from ddlib.tables.faults import some

    lines = [str(path) for path in files]
    tasks = {task.text: task for task in merged.tasks}
    for text, worth in merged.worth.items():
        most = merged.questions[text].num_rows
        told = f"worth about {about(worth, most)} complete real {real.format(most)}"
        lines.append(f"{text}: {told}; for this task alone")
        if tasks[text].takes_others:
            lines.append(f"{text}: the dot takes in {some(tasks[text].inputs, SHORT)}")
    lines += [f"warning: {note.text}" for note in notes if note.level == "warning"]
    return "\n".join([*map(printable, lines), ""])
