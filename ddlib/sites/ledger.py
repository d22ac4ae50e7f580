"""The ledger of a site: what it released about its people, and what all of it loses together.

A ledger is a JSON file that the site keeps to itself. It holds the loss ρ of each release. Losses
of all releases about the same people add up, whichever columns they were about.
"""

# Entries may be anything before they are checked.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ddlib.arguments import is_finite
from ddlib.sites.loss import epsilon_of, privacy_faults, rho_for
from ddlib.tables import TablesError

FORMAT, VERSION = "ddlib privacy ledger", 1


@dataclass(frozen=True)
class Release:
    """What was released.

    Attributes:
        name: of the file.
        made: the day, as 2026-01-31.
        rho: its loss in zCDP.
        epsilon: that was asked for.
        delta: that was asked for.
    """

    name: str
    made: str
    rho: float
    epsilon: float
    delta: float


@dataclass(frozen=True)
class Ledger:
    """All releases about the same people, in order."""

    releases: tuple[Release, ...] = ()

    @property
    def rho(self) -> float:
        """The loss of all releases together."""
        return sum(release.rho for release in self.releases)

    def epsilon(self, delta: float) -> float:
        """Return the ε of all releases together.

        Args:
            delta: what δ is.
        """
        return epsilon_of(self.rho, delta)

    def after(self, release: Release) -> Ledger:
        """Return the ledger with one release more.

        Args:
            release: that is made.
        """
        return replace(self, releases=(*self.releases, release))

    def budget_faults(self, epsilon: float, delta: float, budget: float) -> list[str]:
        """Return why a release would go beyond a budget, none where it does not.

        Args:
            epsilon: of the release.
            delta: of the release.
            budget: the most that ε may be of all releases together, at the smallest δ of them.
        """
        rho = self.rho + rho_for(epsilon, delta)
        # A greater δ makes ε less: that of one release must not loosen the budget of all.
        least_delta = min([delta, *(release.delta for release in self.releases)])
        total = epsilon_of(rho, least_delta)
        if total <= budget * (1 + 1e-9):  # one release may be the whole budget
            return []
        left = rho_for(budget, least_delta) - self.rho
        least = epsilon_of(left, delta) if left > 0 else 0.0
        told = f"at most {least:.3g} is left at δ = {delta:g}" if least > 0 else "nothing is left"
        return [
            f"--budget = {budget:g}: with this release, ε would be {total:.3g} at "
            f"δ = {least_delta:g}, after {len(self.releases)} before it; "
            f"must be at most the budget: {told}"
        ]

    def text(self) -> str:
        """Return the ledger as JSON, a line a release."""
        lines = [json.dumps(vars(release), ensure_ascii=False) for release in self.releases]
        head = f'{{\n "format": "{FORMAT}",\n "version": {VERSION},\n "releases": ['
        return head + ",".join(f"\n  {line}" for line in lines) + "\n ]\n}\n"


def read_ledger(path: Path) -> Ledger:
    """Return the ledger in a file, an empty one where there is no file yet.

    Args:
        path: of the file.

    Raises:
        TablesError: in one line, for what is no ledger: what was released before is then unknown.
    """
    if not path.exists():
        return Ledger()
    try:
        entry: Any = json.loads(path.read_text("utf-8"), object_pairs_hook=_once)
    except OSError as error:
        raise TablesError([f"{path}: cannot be read: {error.strerror or error}"]) from None
    except (ValueError, RecursionError) as error:  # of a number of thousands of digits too
        raise TablesError([f"{path}: is no JSON ({error}); must be a {FORMAT}"]) from None
    if not isinstance(entry, dict) or entry.get("format") != FORMAT:
        raise TablesError([f"{path}: is no {FORMAT}; must have format: {FORMAT}"])
    if entry.get("version") != VERSION:
        told = f"version = {entry.get('version')!r}: must be {VERSION}"
        raise TablesError([f"{path}: {told}, the one that this ddlib reads"])
    releases: Any = entry.get("releases")
    if not isinstance(releases, list):
        raise TablesError([f"{path}: releases: must be a list"])
    return Ledger(tuple(_release(each, n, path) for n, each in enumerate(releases, start=1)))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of an object, or raise `ValueError` for one that stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for place, (name, _) in enumerate(pairs) if name in dict(pairs[:place]))
        raise ValueError(f"{twice!r} stands twice")
    return found


def _release(entry: Any, place: int, path: Path) -> Release:
    """Return a release of a ledger."""
    names, losses = ("name", "made"), ("rho", "epsilon", "delta")
    if not isinstance(entry, dict) or {*entry} != {*names, *losses}:
        wanted = f"must have {', '.join((*names, *losses))}"
        raise TablesError([f"{path}: release {place}: {wanted}"])
    for name in losses:
        if not (is_finite(entry[name]) and entry[name] > 0):
            told = f"{name} = {str(entry[name])[:40]}: must be a number above 0"
            raise TablesError([f"{path}: release {place}: {told}"])
    rho, epsilon, delta = (float(entry[name]) for name in losses)
    faults = privacy_faults(epsilon, delta, ("epsilon", "delta"))
    # Another version of OpenDP may prove a slightly other loss.
    if not faults and not math.isclose(rho, rho_for(epsilon, delta), rel_tol=1e-6):
        faults = [f"rho = {rho:g}: must be {rho_for(epsilon, delta):.9g}, as of ε and δ"]
    if faults:
        raise TablesError([f"{path}: release {place}: {faults[0]}"])
    return Release(str(entry["name"]), str(entry["made"]), rho, epsilon, delta)
