"""Where merged rows stand among their rivals on rows that were kept aside."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ddlib.html.intervals import Scored
from ddlib.html.svg import fixed
from ddlib.merge.formula import TableTask
from ddlib.merge.held_out import HeldOut
from ddlib.merge.rivals import MEAN_FILLING, MERGED

Entry = Mapping[Hashable, Any]
"""A line of `HeldOut.summary`."""


@dataclass(frozen=True)
class Standing:
    """Scores of a task on rows that were kept aside.

    Attributes:
        measure: what the score is; empty where there is none.
        lines: of the rivals; none where there are no scores.
        reason: why there are none, or what is to be said of them.
        verdict: whether merged rows do better than filling holes by means, in a sentence; empty
            where that is not known.
    """

    measure: str
    lines: Sequence[Scored]
    reason: str
    verdict: str = ""


def standing(held: HeldOut, task: TableTask) -> Standing:
    """Return where merged rows stand in a task.

    Args:
        held: scores of tasks.
        task: one of them.
    """
    text = task.text
    found = held.scores[held.scores["task"] == text]
    if found.empty:
        reasons = [note.text for note in held.notes if note.text.startswith(f"{text}:")]
        return Standing("", [], "; ".join(reasons) or "no part of the rows could be held out.")
    merged = found[found["rival"] == MERGED].set_index("split")["score"].dropna()
    if merged.empty:
        reason = "the rows that a split leaves are too few to make merged rows of."
        return Standing("", [], reason)
    own, measure = float(merged.mean()), str(found["measure"].iloc[0])
    entries = replace(held, scores=found).summary().to_dict("records")
    lost = found["split"].nunique() - len(merged)
    reason = f"{_about(len(merged), lost, held.test_share)} {_filled(task)}"
    lines = [_scored(entry, own) for entry in entries]
    return Standing(measure, lines, reason, _verdict(entries, measure))


def _about(splits: int, lost: int, share: float) -> str:
    """Return the words on splits, and on those in which no merged rows could be made."""
    many = f"Mean over {splits} random splits, which each hold" if splits > 1 else "One split holds"
    told = f"{many} {100 * share:.0f} % of the rows out"
    if lost:
        told += f" (in {lost} more the rows left were too few)"
    told += "; all that is below was made anew from the others. Small numbers are differences from "
    if splits == 1:
        return f"{told}the merged rows. More splits give intervals (--splits)."
    return (
        f"{told}the merged rows, paired by split, with 95 % intervals: where one holds 0, the two "
        "are not told apart."
    )


def _filled(task: TableTask) -> str:
    """Return the words on how rows that lack some cells are scored."""
    if task.learned == "density":
        return "A row is scored on the cells that it shows."
    return (
        "A row that lacks some predictors is scored with their mean in the rows trained on, or "
        "their most common level, in their place, for all lines alike; one that lacks the target "
        "is not scored."
    )


def _verdict(entries: Sequence[Entry], measure: str) -> str:
    """Return whether merged rows do better than filling holes by means."""
    filling = next((entry for entry in entries if entry["rival"] == MEAN_FILLING), None)
    if filling is None:
        return ""
    found, low, high = (float(filling[key]) for key in ("difference", "low", "high"))
    if not math.isfinite(found):
        return ""
    if not math.isfinite(low + high):
        return (
            f"Whether merged rows do better than {MEAN_FILLING} one split does not tell; more of "
            "them do (--splits 5)."
        )
    words = "better than" if low > 0 else "worse than" if high < 0 else "not told apart from"
    return (
        f"On rows kept aside the merged rows are {words} {MEAN_FILLING}: their {measure} less that "
        f"of the other is {fixed(found, 3)} (95 % interval {fixed(low, 3)} to {fixed(high, 3)})."
    )


def _scored(entry: Entry, own: float) -> Scored:
    """Return the line of one rival, at its paired distance from the merged rows."""
    rival = str(entry["rival"])
    if rival == MERGED:
        return Scored(rival, own, own=True)
    # The interval is of how far merged rows lie above.
    place, high, low = (own - float(entry[key]) for key in ("difference", "low", "high"))
    return Scored(rival, place, low, high)
