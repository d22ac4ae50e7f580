"""What was found on the claims, as tables: all claims on one screen, and the settings of one."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import pandas as pd

from ddlib.claims.judged import FAILS, HOLDS, OPEN, Judged


def summary(judged: Mapping[str, Judged], *, width: int) -> str:
    """Return a line per claim, with further ones for where it holds if that is long.

    Args:
        judged: all claims, by name.
        width: characters that a line may have; as many as names and verdicts take at least.

    Returns:
        Lines of the claims' names, verdicts, and the settings in which they hold in part.
    """
    first = max(map(len, judged)) + 2
    second = max(len(one.verdict) for one in judged.values()) + 2
    lines = []
    for name, one in judged.items():
        head = f"{name:{first}}{one.verdict:{second}}"
        indent = " " * len(head)
        room = max(width, len(head) + 20)
        lines += textwrap.wrap(head + one.condition, room, subsequent_indent=indent)
    return "\n".join(lines) + "\n"


def settings(judged: Judged) -> pd.DataFrame:
    """Return a line per setting of each reading of a claim.

    Args:
        judged: one that is tested; of another one the table is empty.

    Returns:
        Columns `reading`, `setting`, `median`, `low`, `high`, `passed` (data sets on the claim's
        side of the threshold, of how many), `tied` (data sets at it) and `word`.
    """
    lines = [
        (
            found.reading.name + " (beside)" * found.reading.beside,
            s.label,
            *ends,
            f"{s.passed} of {s.seeds}",
            s.tied,
            s.word,
        )
        for found in judged.readings
        for s in found.settings
        for ends in [(s.median, s.low, s.high)]
    ]
    columns = ["reading", "setting", "median", "low", "high", "passed", "tied", "word"]
    return pd.DataFrame(lines, columns=columns)


def summary_markdown(judged: Mapping[str, Judged]) -> str:
    """Return the claims as a table in Markdown, each with a reference to its card.

    Below each verdict stands in how many settings of the paper's readings it is true. Of a claim
    that asks for any setting, the condition has these counts.

    Args:
        judged: all claims, by name; the card of one has the label `claim-name`.
    """
    lines = ["| claim, and where it stands | verdict, and in how many settings |", "| --- | --- |"]
    for name, one in judged.items():
        title = f"{{ref}}`{one.claim.title} <claim-{name}>` ({one.claim.place})"
        lines.append(f"| {title} | **{one.verdict}**{_told(one)} |")
    return "\n".join(lines) + "\n"


def _told(judged: Judged) -> str:
    """Return what stands behind a verdict in the table of all claims."""
    condition = f": {judged.condition}" if judged.condition else ""
    words = [setting.word for reading in judged.own for setting in reading.settings]
    if judged.claim.rule == "any" or not words:
        return condition
    of = f"of {len(words)} setting{'s' * (len(words) > 1)}"
    counted = [(HOLDS, "true"), (OPEN, "not told apart"), (FAILS, "not true")]
    if len({*words}) == 1 < len(words) and not condition:
        return f" (in all {len(words)} settings)"
    found = ", ".join(f"{words.count(word)} {name}" for word, name in counted if word in words)
    if judged.condition == f"{words.count(HOLDS)} {of}":  # the counts say so themselves
        return f": {of}, {found}"
    return f" ({of}, {found}){condition}"
