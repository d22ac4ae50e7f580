"""Groups of methods by what they keep of the task: its learner, its criterion, or neither.

`departs` says what a method replaces. Of those that replace both, some bring a learner and a
criterion of their own; the others look at rows and their distribution alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from ddlib.benchmark.tables import TRIVIAL
from ddlib.distillers import DISTILLERS, FRePo, KernelInducingPoints

KEEP, REPLACE, OWN, NEITHER = "keep", "replace", "own", "neither"
GROUPS = {
    KEEP: "keep learner and criterion",
    REPLACE: "replace one of them",
    OWN: "bring both of their own",
    NEITHER: "see neither",
}
"""The groups, with what is said of their methods."""
OWN_LEARNERS = (KernelInducingPoints, FRePo)
"""Methods that bring a kernel regression and its error."""


def group_of(method: str) -> str:
    """Return the group of a method of the library.

    Args:
        method: its name in `DISTILLERS`.

    Raises:
        ValueError: for another name.
    """
    if method not in DISTILLERS:
        known = ", ".join(DISTILLERS)
        raise ValueError(f"method = {method!r}: must be one of {known}")
    distiller = DISTILLERS[method]
    replaced = {"learner", "criterion"} & {*distiller.departs}
    if not replaced:
        return KEEP
    if len(replaced) == 1:
        return REPLACE
    return OWN if isinstance(distiller, OWN_LEARNERS) else NEITHER


def of_group(group: str, methods: Iterable[str]) -> list[str]:
    """Return those of a group, in their order, without random rows and the best of random sets.

    Args:
        group: one of `GROUPS`.
        methods: names.

    Raises:
        ValueError: for another group, and as `group_of` does.
    """
    if group not in GROUPS:
        raise ValueError(f"group = {group!r}: must be one of {', '.join(GROUPS)}")
    return [name for name in methods if name not in TRIVIAL and group_of(name) == group]
