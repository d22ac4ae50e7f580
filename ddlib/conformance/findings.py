"""What is found on a method: a verdict for each property."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from ddlib.conformance.on_problems import ON_PROBLEMS
from ddlib.conformance.problems import PROBLEMS
from ddlib.conformance.properties import OF_METHODS
from ddlib.conformance.subject import Advises, DoesNotApply, Fails, Refuses, Subject
from ddlib.distillers.foreign import told

Verdict = Literal["holds", "advice", "does not apply", "fails"]


@dataclass(frozen=True)
class Finding:
    """A verdict on a property.

    Attributes:
        name: what the property says of a method.
        verdict: on it.
        why: what was found or is advised, or why the property says nothing; empty where it holds.
    """

    name: str
    verdict: Verdict
    why: str = ""


def conform(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each property, when it has been looked at.

    Args:
        subject: a method; it runs on small problems, for a second or several.
    """
    for holds in OF_METHODS:
        yield Finding(name_of(holds), *_verdict(partial(holds, subject)))
    taken = [which for which in PROBLEMS if which not in subject.refusals]
    for holds in ON_PROBLEMS:
        found = {which: _verdict(partial(holds, subject, which)) for which in taken}
        yield _joined(name_of(holds), found)


def name_of(holds: Callable[..., None]) -> str:
    """Return what a property says of a method, in words.

    Args:
        holds: the property.
    """
    return holds.__name__.replace("_", " ")


def _verdict(look: Callable[[], Any]) -> tuple[Verdict, str]:
    """Return what came of a look at one property."""
    try:
        look()
    except Refuses as refusal:
        return "does not apply", f"refuses the problem, {refusal}"
    except DoesNotApply as reason:
        return "does not apply", str(reason)
    except Advises as advice:
        return "advice", str(advice)
    except Fails as found:
        return "fails", str(found)
    except (Exception, SystemExit) as error:
        return "fails", told(error)
    return "holds", ""


def _joined(name: str, found: dict[str, tuple[Verdict, str]]) -> Finding:
    """Return the finding on a property from those on each problem that is not refused."""
    verdicts = {verdict for verdict, _ in found.values()}
    held: Verdict = "holds" if "holds" in verdicts else "does not apply"
    worst: Verdict = "fails" if "fails" in verdicts else held
    places: dict[str, list[str]] = {}  # a reason -> where
    for which, (verdict, why) in found.items():
        if verdict == worst and why:
            places.setdefault(why, []).append(which)
    if worst == "does not apply":
        return Finding(name, worst, "; ".join(places) or "all problems are refused")
    return Finding(name, worst, "; ".join(f"{', '.join(p)}: {why}" for why, p in places.items()))
