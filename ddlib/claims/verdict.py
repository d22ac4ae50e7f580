"""From differences to a verdict, by rules that are written down.

In each setting the sign test tells whether the median lies on the claim's side of its threshold.
All settings of all claims are adjusted together (Holm 1979): the probability of one wrong word on
the whole page is at most 5 %. The verdicts follow from these words alone, so that no verdict is
wrong where no word is: a claim "holds" where its rule is met in each of its readings, "fails" where
it is met in none, and "holds in part" where it is met in some readings or settings, which are
named. A rule that asks for all settings is not met where one setting fails. Where a claim asks for
more than a lead, all claims are judged once more with that claim at factor 1, adjusted together in
the same way: this tells where there is a lead, and decides no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from ddlib.claims.claim import Claim, Reading
from ddlib.claims.evidence import EvidenceError, differences, labels
from ddlib.claims.judged import (
    FAILS,
    HOLDS,
    OPEN,
    PART,
    SETTING,
    UNTESTABLE,
    Judged,
    JudgedReading,
    Setting,
    Word,
)
from ddlib.comparisons import LEVEL, Comparison, compare, holm
from ddlib.runs.store import Store

FEWEST_SEEDS = 20
"""Data sets without which nothing is said about a claim."""

Evidence = Mapping[tuple[str, str], Mapping[str, pd.Series]]
"""Names of claim and reading -> by the name of each setting, its differences by data set."""


def judge(claims: Mapping[str, Claim], *, store: Store) -> dict[str, Judged]:
    """Return the claims with their verdicts.

    Args:
        claims: all that are judged together; more of them make each word harder to earn.
        store: has the rows that they read.

    Raises:
        EvidenceError: as `evidence_of` and `judge_by` do.
    """
    return judge_by(evidence_of(claims, store=store), claims)


def evidence_of(claims: Mapping[str, Claim], *, store: Store) -> Evidence:
    """Return the differences that decide claims, whatever their thresholds are.

    Args:
        claims: with readings.
        store: has the rows that they read.

    Raises:
        EvidenceError: for rows that are lacking, and for another number of settings than a
            reading says.
    """
    return {
        (name, reading.name): _evidence_of(name, reading, store)
        for name, claim in claims.items()
        for reading in claim.readings
    }


def judge_by(evidence: Evidence, claims: Mapping[str, Claim]) -> dict[str, Judged]:
    """Return claims with their verdicts from their evidence.

    Args:
        evidence: of each reading.
        claims: all that are judged together, as `judge` takes them.

    Raises:
        EvidenceError: for a setting with too few data sets.
    """
    found = _settings(evidence, claims)
    asking = {name for name, claim in claims.items() if claim.factor}
    milder = {n: claim.with_factor(1.0) if n in asking else claim for n, claim in claims.items()}
    leads = _settings(evidence, milder) if asking else found
    return {
        name: _judged(name, claim, found, leads if name in asking else {})
        for name, claim in claims.items()
    }


def _settings(
    evidence: Evidence, claims: Mapping[str, Claim]
) -> dict[tuple[str, str], tuple[Setting, ...]]:
    """Return the settings of all readings of claims, judged together."""
    return settings_of(
        (name, reading, evidence[name, reading.name])
        for name, claim in claims.items()
        for reading in claim.readings
    )


def settings_of(
    evidence: Iterable[tuple[str, Reading, Mapping[str, pd.Series]]],
) -> dict[tuple[str, str], tuple[Setting, ...]]:
    """Return the settings of all readings with their words, adjusted for their number.

    Args:
        evidence: name of a claim, a reading of it, and by the name of each setting its differences
            by data set, or the logarithms of its ratios.

    Returns:
        Names of claim and reading -> settings.

    Raises:
        EvidenceError: for a setting with fewer than 20 data sets.
    """
    readings, values = {}, {}
    for claim, reading, series in evidence:
        readings[claim, reading.name] = reading
        values |= {(claim, reading.name, label): value for label, value in series.items()}
    for place, value in values.items():
        if len(value) < FEWEST_SEEDS:
            found = f"{': '.join(place)}: {len(value)} data sets"
            raise EvidenceError(f"{found}; must be at least {FEWEST_SEEDS}")
    tested = {
        place: compare(value, 0 * value + threshold_of(readings[place[:2]]))
        for place, value in values.items()
    }
    adjusted = holm({place: _p_value(found, len(values[place])) for place, found in tested.items()})
    settings: dict[tuple[str, str], tuple[Setting, ...]] = dict.fromkeys(readings, ())
    for place, value in values.items():
        key, certain = place[:2], adjusted[place] <= LEVEL
        setting = _setting(readings[key], place[2], value, tested[place], certain=certain)
        settings[key] = (*settings[key], setting)
    return settings


def reading_verdict(words: Iterable[Word], rule: str) -> str:
    """Return the verdict that the words of all settings make by a rule.

    Args:
        words: of all settings.
        rule: that of the claim: "all" settings must hold, "any" of them, or "some" and not all.
    """
    counted = list(words)
    held, failed = counted.count(HOLDS), counted.count(FAILS)
    if rule == "any":
        return HOLDS if held else FAILS if failed == len(counted) else OPEN
    if rule == "some":
        one_sided = len(counted) in (held, failed)
        return HOLDS if held and failed else FAILS if one_sided else OPEN
    if held:
        return HOLDS if held == len(counted) else PART
    return FAILS if failed else OPEN


def claim_verdict(verdicts: Iterable[str]) -> str:
    """Return the verdict of a claim from those of its readings.

    Args:
        verdicts: of the readings that are the paper's; one that holds among others makes it hold
            in part, and one that is not told apart keeps it from failing.
    """
    counted = list(verdicts)
    if len({*counted}) == 1:
        return counted[0]
    return PART if {HOLDS, PART} & {*counted} else OPEN


def _evidence_of(name: str, reading: Reading, store: Store) -> dict[str, pd.Series]:
    """Return the differences of each setting, or raise `EvidenceError` in the reading's name."""
    logarithm = reading.statistic == "ratio"
    try:
        found = differences(reading.plus, reading.minus, logarithm=logarithm, store=store)
    except ValueError as error:
        raise EvidenceError(f"{name}: {reading.name}: {error}") from None
    named = list(labels(found))
    series = dict(named)
    if len(series) < len(named) or reading.settings not in (None, len(named)):
        told = "; ".join(label for label, _ in named)
        wanted = reading.settings or "settings of different names"
        message = f"{name}: {reading.name}: {len(named)} settings ({told}); must be {wanted}"
        raise EvidenceError(message)
    return series


def threshold_of(reading: Reading) -> float:
    """Return the threshold on the scale of the differences.

    Args:
        reading: whose statistic is a ratio, or not.
    """
    return float(np.log(reading.threshold)) if reading.statistic == "ratio" else reading.threshold


def _p_value(tested: Comparison, seeds: int) -> float:
    """Return that of the two-sided sign test of a median at the threshold.

    A data set that lies at the threshold is on neither side, but it counts: where half of them do,
    the median does too.
    """
    most = max(tested.wins, tested.losses)
    return min(1.0, 2 * float(stats.binom.sf(most - 1, seeds, 0.5)))


def _setting(
    reading: Reading, label: str, values: pd.Series, tested: Comparison, *, certain: bool
) -> Setting:
    """Return one setting with its word, which is not told apart unless `certain`."""
    passed, missed = tested.wins, tested.losses
    if reading.side == "below":
        passed, missed = missed, passed
    side = HOLDS if passed > missed else FAILS
    shown = compare(values, 0 * values)
    ends = [shown.median, shown.low, shown.high]
    median, low, high = np.exp(ends).tolist() if reading.statistic == "ratio" else ends
    tied, word = len(values) - passed - missed, side if certain else OPEN
    return Setting(label, median, low, high, len(values), passed, tied, word)


def _judged(
    name: str,
    claim: Claim,
    settings: Mapping[tuple[str, str], tuple[Setting, ...]],
    leads: Mapping[tuple[str, str], tuple[Setting, ...]],
) -> Judged:
    """Return one claim with its verdict, and with the leads of its settings where it has them."""
    if claim.kind != "tested":
        return Judged(claim, (), SETTING if claim.kind == "setting" else UNTESTABLE)
    judged = tuple(
        JudgedReading(
            reading,
            found,
            reading_verdict([s.word for s in found], claim.rule),
            leads.get((name, reading.name), ()),
        )
        for reading in claim.readings
        for found in [settings[name, reading.name]]
    )
    own = [one.verdict for one in judged if not one.reading.beside]
    return Judged(claim, judged, claim_verdict(own))
