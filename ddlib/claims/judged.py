"""What came out of claims: a word for each setting, a verdict for each reading and each claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ddlib.claims.claim import Claim, Reading

Word = Literal["holds", "fails", "not told apart"]
"""What is said of one setting."""

MOST_NAMED = 4  # settings in a line of text: more are counted, and named in the figure

HOLDS: Word = "holds"
FAILS: Word = "fails"
OPEN: Word = "not told apart"
PART, SETTING, UNTESTABLE = "holds in part", "a setting, not a claim", "cannot be tested"


@dataclass(frozen=True)
class Setting:
    """One setting of a reading.

    Attributes:
        label: the setting in words.
        median: of the differences, or of the ratios.
        low: lower end of its 95 % interval.
        high: upper end.
        seeds: data sets.
        passed: data sets on the claim's side of the threshold.
        tied: data sets at the threshold.
        word: whether the median is there, after Holm's adjustment over all claims.
    """

    label: str
    median: float
    low: float
    high: float
    seeds: int
    passed: int
    tied: int
    word: Word


@dataclass(frozen=True)
class JudgedReading:
    """A reading with its verdict.

    Attributes:
        reading: what was compared.
        settings: what came out.
        verdict: by the claim's rule.
    """

    reading: Reading
    settings: tuple[Setting, ...]
    verdict: str

    @property
    def condition(self) -> str:
        """The settings in which it holds, or how many; empty where it holds in all or in none."""
        held = [setting.label for setting in self.settings if setting.word == HOLDS]
        if len(held) in (0, len(self.settings)):
            return ""
        many = f"{len(held)} of {len(self.settings)} settings"
        return "; ".join(held) if len(held) <= MOST_NAMED else many

    @property
    def counts(self) -> str:
        """How many settings hold, are not told apart and fail, in words."""
        words = [setting.word for setting in self.settings]
        told = [(HOLDS, "hold"), (OPEN, "not told apart"), (FAILS, "fail")]
        return ", ".join(f"{words.count(word)} {name}" for word, name in told)


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict.

    Attributes:
        claim: what the paper says.
        readings: what came out of each.
        verdict: of the readings that are the paper's.
    """

    claim: Claim
    readings: tuple[JudgedReading, ...]
    verdict: str

    @property
    def condition(self) -> str:
        """Where a claim that holds in part does so, in words; else empty."""
        if self.verdict != PART:
            return ""
        own = [judged for judged in self.readings if not judged.reading.beside]
        held = [judged for judged in own if judged.verdict in (HOLDS, PART)]
        if len(own) == 1:
            return held[0].condition
        return ", ".join(f"{j.reading.name} ({j.condition or 'all settings'})" for j in held)
