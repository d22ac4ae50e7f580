"""What was found on one claim: the verdict in a card, and below its figure the rest in a fold."""

from __future__ import annotations

from ddlib.claims.claim import Claim, Reading
from ddlib.claims.judged import FAILS, HOLDS, OPEN, PART, Judged, JudgedReading
from ddlib.claims.recompute import grids_of

LOOKS = {HOLDS: "holds", PART: "in-part", OPEN: "open", FAILS: "fails"}
"""Verdict -> how the style sheet names the colour at the edge of its card; others have none."""


def verdict_markdown(judged: Judged) -> str:
    """Return the card of a claim in MyST Markdown.

    It has the verdict with its condition, what the paper says, and what was found in plain
    sentences.

    Args:
        judged: what was found on the claim.
    """
    where = f": {judged.condition}" if judged.condition else ""
    told = [judged.sentences, ""] if judged.sentences else []
    return "\n".join(
        [
            f"````{{container}} claim-card {LOOKS.get(judged.verdict, 'untested')}",
            f"**{judged.verdict}**{where}",
            "",
            *told,
            f"*The {judged.claim.place} says:* {judged.claim.says}",
            "````",
        ]
    )


def reasons_markdown(name: str, judged: Judged) -> str:
    """Return a fold in MyST Markdown: the readings, the reasons, and the command that asks again.

    Args:
        name: the claim's, in `book/claims.yml`.
        judged: what was found on it.
    """
    title = "Each reading, why so, and how to ask again" if judged.readings else "Why so"
    return "\n".join(
        [
            f"````{{dropdown}} {title}",
            *(_reading(found) for found in judged.readings),
            "",
            *_reasons(name, judged.claim),
            "````",
        ]
    )


def _reading(found: JudgedReading) -> str:
    """Return what one reading compares, and its verdict, as an item of a list."""
    beside = " (beside the claim)" if found.reading.beside else ""
    where = f": {found.condition}" if found.condition else ""
    counts = f" ({found.counts})" if len(found.settings) > 1 else ""
    return (
        f"- *{found.reading.name}*{beside}. {found.reading.text} **{found.verdict}**{where}{counts}"
    )


def _reasons(name: str, claim: Claim) -> list[str]:
    """Return what stands behind the fold, each under its own head."""
    lines = ["Why so", f": {claim.because}", ""]
    if claim.readings:
        grids = ", ".join(f"`grids/{grid}.yml`" for grid in grids_of(claim))
        pages = [
            f"{{doc}}`/{claim.chapter}`",
            *(_elsewhere(r) for r in claim.readings if r.evidence),
        ]
        lines += ["What would change the verdict", f": {claim.otherwise}", ""]
        lines += ["Where the rows come from", f": {', '.join(pages)}; {grids}", ""]
        lines += [
            "Ask again, and compute three of the configs in these grids again",
            f": `.venv/bin/ddlib claim {name}`, `.venv/bin/ddlib claim {name} --recompute 3`",
        ]
    return lines


def _elsewhere(reading: Reading) -> str:
    """Return a link to the section that looks at a reading outside the claim's chapter."""
    return f"{{ref}}`{reading.evidence}` ({reading.name})"
