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

    The last column counts the settings of the paper's readings by their words.

    Args:
        judged: all claims, by name; the card of one has the label `claim-name`.
    """
    lines = [
        f"| claim | place | verdict | {HOLDS} / {OPEN} / {FAILS} |",
        "| --- | --- | --- | --- |",
    ]
    for name, one in judged.items():
        where = f": {one.condition}" if one.condition else ""
        title = f"{{ref}}`{one.claim.title} <claim-{name}>`"
        words = [s.word for r in one.readings if not r.reading.beside for s in r.settings]
        counts = " / ".join(str(words.count(word)) for word in (HOLDS, OPEN, FAILS))
        settled = counts if words else ""
        lines.append(f"| {title} | {one.claim.place} | **{one.verdict}**{where} | {settled} |")
    return "\n".join(lines) + "\n"
