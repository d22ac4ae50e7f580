"""The command `ddlib claim`: what was found on a claim, and a sample of its rows computed again."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from collections.abc import Mapping

from ddlib.arguments import count_faults, raise_faults
from ddlib.claims.claim import CLAIMS, Claim, read_claims
from ddlib.config import check_name
from ddlib.runs.places import CHECKOUT, FolderError

SECONDS = 100.0  # that a sample may cost by the recorded costs: a reader waits for it


def claim(arguments: argparse.Namespace) -> int:
    """Print all claims with their verdicts, or one with its settings; recompute some of its rows.

    Args:
        arguments: `name`, or None for all; `recompute`, a number of configs, or None; `seed`.

    Returns:
        The exit code: 1 where a row came out other, 2, with one line on stderr, when the command
        is refused.
    """
    try:
        claims = _claims(arguments)
        if arguments.recompute is not None:
            return _recompute(claims[arguments.name], arguments.recompute, arguments.seed or 0)
        _print(claims, arguments.name)
    except (FolderError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _claims(arguments: argparse.Namespace) -> dict[str, Claim]:
    """Return all claims, or raise for arguments that are not possible."""
    if not CHECKOUT:
        raise FolderError("claim: needs the stored rows; must be run in a checkout of the project")
    claims, faults = read_claims(CLAIMS), []
    if arguments.recompute is not None:
        faults += count_faults("--recompute", arguments.recompute, 1)
        faults += [] if arguments.name else ["name: missing; must be given with --recompute"]
    elif arguments.seed is not None:
        faults.append("--recompute: missing; must be given with --seed")
    if arguments.seed is not None:
        faults += count_faults("--seed", arguments.seed, 0)
    raise_faults(faults)
    if arguments.name is not None:
        check_name("name", arguments.name, claims)
    return claims


def _print(claims: Mapping[str, Claim], name: str | None) -> None:
    """Print the verdicts of all claims, or all that was found on one."""
    # Brings pandas and the experiments; a wrong name is told without.
    from ddlib.claims.tables import settings, summary
    from ddlib.claims.verdict import judge
    from ddlib.runs.store import Store

    judged = judge(claims, store=Store())
    if name is None:
        width = shutil.get_terminal_size().columns
        print(summary(judged, width=width), end="")
        return
    one = judged[name]
    _tell(f"{one.claim.title} ({one.claim.place}): {one.claim.says}\n\n{one.claim.because}\n")
    for found in one.readings:
        asked, beside = found.reading, " (beside the claim)" if found.reading.beside else ""
        limit = f"{asked.side} {asked.threshold:.3g} ({asked.unit})"
        where = f": {found.condition}" if found.condition else ""
        _tell(f"{asked.name}{beside}: {asked.text}")
        _tell(f"must be {limit}: {found.verdict}{where} ({found.counts})", indent="  ")
    if one.readings:
        print(f"\n{settings(one).to_string(index=False, float_format='{:.3g}'.format)}\n")
        _tell(f"what would change the verdict: {one.claim.otherwise}\n")
    _tell(f"verdict: {one.verdict}{f': {one.condition}' if one.condition else ''}")


def _tell(text: str, indent: str = "") -> None:
    """Print a text of the page for a terminal: without its marks, in lines that fit."""
    width = shutil.get_terminal_size().columns
    for line in text.replace("$", "").replace("`", "").split("\n"):
        print(textwrap.fill(line, width, initial_indent=indent, subsequent_indent=indent))


def _recompute(claim: Claim, count: int, seed: int) -> int:
    """Recompute some of the rows that decide a claim; 1 where one came out other."""
    from ddlib.claims.recompute import sample
    from ddlib.runs.audit import recompute_all
    from ddlib.runs.store import Store

    chosen, total = sample(claim, count=count, seconds=SECONDS, seed=seed, store=Store())
    cost = sum(float(stored.provenance["seconds"]) for stored in chosen)
    told = f"{len(chosen)} of the {total} configs whose rows decide the claim"
    print(f"recomputes {told}, in about {cost:.0f} s", flush=True)
    changed = recompute_all(chosen)
    print(f"{len(chosen) - changed} same, {changed} changed")
    return 1 if changed else 0
