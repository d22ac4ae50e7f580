"""The command `ddlib conform`: what every method keeps to, looked at on one."""

from __future__ import annotations

import sys
from collections import Counter

from ddlib.conformance.findings import Finding, conform
from ddlib.conformance.subject import Subject
from ddlib.distillers import find_distiller, source_of
from ddlib.html.markup import printable

FAILS, REFUSED, STOPPED = 1, 2, 130
"""Exit codes: a property fails; there is no such method; stopped by its user."""


def execute(name: str) -> int:
    """Print a line for each property of a method, and for each problem that it refuses.

    Args:
        name: of a method, or its place, `my_module:MyMethod`.

    Returns:
        The exit code: 0; 1 where a property fails; 2, with one line on stderr, for what is no
        method; 130 where it was stopped.
    """
    try:
        subject = Subject(find_distiller(name))
    except ValueError as error:
        print(printable(error), file=sys.stderr)
        return REFUSED
    print(printable(f"{name}: {source_of(name)}"))
    counts: Counter[str] = Counter()
    try:
        for finding in conform(subject):
            counts[finding.verdict] += 1
            print(printable(_line(finding)), flush=True)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
    for which, why in subject.refusals.items():
        print(printable(f"refuses         {which}: {why}"))
    print(", ".join(f"{verdict}: {count}" for verdict, count in counts.items()))
    return FAILS if counts["fails"] else 0


def _line(finding: Finding) -> str:
    """Return a finding as it is printed."""
    why = f": {finding.why}" if finding.why else ""
    return f"{finding.verdict:<16}{finding.name}{why}"
