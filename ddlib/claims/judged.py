"""What came out of claims: a word for each setting, a verdict for each reading and each claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        leads: where the claim asks for more than a lead, the same settings judged by a lead alone.
    """

    reading: Reading
    settings: tuple[Setting, ...]
    verdict: str
    leads: tuple[Setting, ...] = ()

    @property
    def condition(self) -> str:
        """The settings in which it holds, or how many; empty where it holds in all or in none."""
        return _where(self.settings)

    @property
    def lead(self) -> str:
        """The settings in which there is a lead, named or counted; empty where there is none."""
        if not any(setting.word == HOLDS for setting in self.leads):
            return ""
        return _where(self.leads) or "all settings"

    @property
    def sentence(self) -> str:
        """On how many data sets of a setting the claim's side comes out; empty where none says so.

        What a data set on that side shows is written in the reading, the counts are found.
        """
        if not self.reading.shows:
            return ""
        passed = _span(setting.passed for setting in self.settings)
        return f"{self.reading.shows} on {passed} of {_span(s.seeds for s in self.settings)}"

    @property
    def tally(self) -> str:
        """How many settings hold, and what these are."""
        counted = self.reading.tally or f"settings {self.reading.name}"
        return f"{_held(self.settings)} of {len(self.settings)} {counted}"

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
    def own(self) -> tuple[JudgedReading, ...]:
        """The readings that are the paper's."""
        return tuple(judged for judged in self.readings if not judged.reading.beside)

    @property
    def condition(self) -> str:
        """Where and how far the claim holds, in words; empty where the verdict says it all.

        Of a claim that asks for any setting the settings are counted. Of one that asks for a factor
        it is told, too, where there is a lead.
        """
        factor, parts = self.claim.factor, [self._part() if self.verdict == PART else ""]
        if self.claim.rule == "any":
            parts = [", ".join(judged.tally for judged in self.own)]
        parts += [f"at the factor {factor:g}", self._lead()] if factor else []
        return "; ".join(filter(None, parts))

    @property
    def sentences(self) -> str:
        """What the paper's readings show, in plain sentences; empty where none says so."""
        told = [
            f"{judged.sentence} {self.claim.data_sets}{_over(judged.settings)}."
            for judged in self.own
            if judged.sentence
        ]
        if told and any(s.tied for judged in self.own for s in judged.settings):
            told.append("Ties are on neither side.")
        return " ".join(told)

    def _part(self) -> str:
        """Return where a claim that holds in part does so."""
        held = [judged for judged in self.own if judged.verdict in (HOLDS, PART)]
        if len(self.own) == 1:
            return held[0].condition
        return ", ".join(f"{j.reading.name} ({j.condition or 'all settings'})" for j in held)

    def _lead(self) -> str:
        """Return in how many settings there is a lead, and in which."""
        held, total = (sum(count(judged.leads) for judged in self.own) for count in (_held, len))
        where = [f"{j.reading.name} ({j.lead})" for j in self.own if j.lead]
        told = f"better (factor 1) in {held} of {total} settings"
        return f"{told}: {', '.join(where)}" if where else told


def _span(counts: Iterable[int]) -> str:
    """Return the least and the most of some counts, or the one that all of them are."""
    known = sorted({*counts})
    return f"{known[0]}" if len(known) == 1 else f"{known[0]} to {known[-1]}"


def _over(settings: Sequence[Setting]) -> str:
    """Return over how many settings a sentence is, where there are several."""
    return f", over {len(settings)} settings" if len(settings) > 1 else ""


def _held(settings: Sequence[Setting]) -> int:
    """Return how many settings hold."""
    return sum(setting.word == HOLDS for setting in settings)


def _where(settings: Sequence[Setting]) -> str:
    """Return the settings that hold, or how many; empty where all hold, or none."""
    held = [setting.label for setting in settings if setting.word == HOLDS]
    if len(held) in (0, len(settings)):
        return ""
    many = f"{len(held)} of {len(settings)} settings"
    return _named(held) if len(held) <= MOST_NAMED else many


def _named(labels: Sequence[str]) -> str:
    """Return settings in a row; those that differ in a last number alone name it alone."""
    numbers: dict[str, list[str]] = {}
    for label in labels:
        first, _, last = label.rpartition(" ")
        if last.isdecimal():
            numbers.setdefault(f"{first} ", []).append(last)
        else:
            numbers[label] = []
    return "; ".join(first + _listed(values) for first, values in numbers.items())


def _listed(words: Sequence[str]) -> str:
    """Return words in a row, the last after "and"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
