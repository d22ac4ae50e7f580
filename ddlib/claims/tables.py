"""What was found on the claims, as tables: all claims on one screen, and the settings of one."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ddlib.claims.verdict import Judged


def summary(judged: Mapping[str, Judged]) -> pd.DataFrame:
    """Return a line per claim.

    Args:
        judged: all claims, by name.

    Returns:
        Columns `verdict` and `where`, in which settings it holds if it does so in part, the claims'
        names in the index.
    """
    lines = {name: {"verdict": j.verdict, "where": j.condition} for name, j in judged.items()}
    return pd.DataFrame.from_dict(lines, orient="index")


def settings(judged: Judged) -> pd.DataFrame:
    """Return a line per setting of each reading of a claim.

    Args:
        judged: one that is tested; of another one the table is empty.

    Returns:
        Columns `reading`, `setting`, `median`, `low`, `high`, `passed` (data sets on the claim's
        side of the threshold, of how many), `tied` (data sets at it) and `word`.
    """
    lines = [
        (found.reading.name, s.label, *ends, f"{s.passed} of {s.seeds}", s.tied, s.word)
        for found in judged.readings
        for s in found.settings
        for ends in [(s.median, s.low, s.high)]
    ]
    columns = ["reading", "setting", "median", "low", "high", "passed", "tied", "word"]
    return pd.DataFrame(lines, columns=columns)


def summary_markdown(judged: Mapping[str, Judged]) -> str:
    """Return the claims as a table in Markdown, each with a reference to its card.

    Args:
        judged: all claims, by name; the card of one has the label `claim-name`.
    """
    lines = ["| claim | place | verdict |", "| --- | --- | --- |"]
    for name, one in judged.items():
        where = f": {one.condition}" if one.condition else ""
        title = f"{{ref}}`{one.claim.title} <claim-{name}>`"
        lines.append(f"| {title} | {one.claim.place} | **{one.verdict}**{where} |")
    return "\n".join(lines) + "\n"
