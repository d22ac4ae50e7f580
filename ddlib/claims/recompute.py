"""A sceptic's sample: stored rows that decide a claim, computed again and compared."""

from __future__ import annotations

import random

from ddlib.arguments import raise_faults
from ddlib.claims.claim import Claim
from ddlib.claims.evidence import EvidenceError, stored_for
from ddlib.runs.store import Store
from ddlib.runs.stored import Stored


def grids_of(claim: Claim) -> list[str]:
    """Return the names of the grids whose rows decide a claim, in order of their first use.

    Args:
        claim: one that is tested, or not.
    """
    terms = [term for reading in claim.readings for term in (*reading.plus, *reading.minus)]
    return list(dict.fromkeys(grid for term in terms for grid in term.grids))


def sample(
    claim: Claim, *, count: int, seconds: float, seed: int, store: Store
) -> tuple[list[Stored], int]:
    """Return some of the stored rows that decide a claim, and how many configs there are.

    Those that cost more than their share of the time are left out.

    Args:
        claim: what they decide.
        count: configs, at most.
        seconds: about what they may cost together, by their recorded costs.
        seed: decides which.
        store: has them.

    Raises:
        ValueError: for impossible numbers, and for a claim that no rows decide.
        EvidenceError: for a config that is not stored, and where all cost too much.
    """
    faults = [f"recompute = {count}: must be at least 1"] if count < 1 else []
    faults += [] if seconds > 0 else [f"seconds = {seconds}: must be above 0"]
    raise_faults(faults)
    if not claim.readings:
        raise ValueError(f"{claim.title}: is not tested; no stored rows decide it")
    terms = [term for reading in claim.readings for term in (*reading.plus, *reading.minus)]
    stored = [one for term in terms for one in stored_for(term, store=store)]
    records = list({(one.experiment, one.hash): one for one in stored}.values())
    cheap = [one for one in records if one.provenance["seconds"] <= seconds / count]
    if not cheap:
        raise EvidenceError(
            f"recompute = {count}: each config costs more than {seconds:g} s over {count}; must be "
            "less"
        )
    return random.Random(seed).sample(cheap, min(count, len(cheap))), len(records)
