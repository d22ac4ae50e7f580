r"""What a claim of the paper says, how it can be read, and which stored rows decide each reading.

A reading compares two sums of stored values, data set by data set:

$$d_j=\sum_{r\in\text{plus}}v_{rj}-\sum_{r\in\text{minus}}v_{rj}.$$

The claim says on which side of a threshold the median of the $d_j$ lies, in each of its settings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictStr, model_validator

from ddlib.config import Config, Count, ParameterError
from ddlib.runs.places import ROOT
from ddlib.settings import SettingsError, fault, mapping, parse_file, value_of

CLAIMS = ROOT / "book" / "claims.yml"

Text = Annotated[StrictStr, Field(min_length=1)]
"""A text that says something."""

Names = Annotated[tuple[Annotated[StrictStr, Field(pattern=r"^\w+$")], ...], Field(min_length=1)]
"""Names of files without folder and ending, at least one."""

RESERVED = ("seed", "value", "chosen_on")
"""Columns that each term has, or may have, beside its settings."""


OWN_UNITS = "units of the criterion"
"""Unit of a reading whose settings have units of their own, which are not put on one axis."""


class Rows(Config):
    """One value per setting and data set, from the stored rows of some grids.

    Attributes:
        grids: names of files in `grids/`, all over one experiment.
        where: the rows that count, as pandas' `query` reads it; all unless told.
        value: what is compared, as pandas' `eval` reads it.
        by: name of a setting -> its value, likewise. The seed is always one of them.
        reduce: what is taken of several rows with the same setting and seed; none may share them
            unless told.
        choose: column of methods, of which the best is chosen, see `ddlib.claims.choice`.
        keep: the rows that count after the choice.
    """

    grids: Names
    where: str = ""
    value: Text
    by: Mapping[str, str] = Field(default_factory=dict)
    reduce: Literal["", "median"] = ""
    choose: str = ""
    keep: str = ""

    @model_validator(mode="after")
    def _a_choice_has_one_task(self) -> Self:
        if self.choose and len(self.by) != 1:
            raise ValueError(f"by = {[*self.by]}: must be one name, of the task, to choose for it")
        if self.keep and not self.choose:
            raise ValueError(f"keep = {self.keep!r}: must be given with choose, and only there")
        if taken := [name for name in self.by if name in RESERVED]:
            raise ValueError(f"by = {taken}: must have other names than {', '.join(RESERVED)}")
        return self


Terms = Annotated[tuple[Rows, ...], Field(min_length=1)]
"""Values that are added, or taken away."""


class Worlds(Config):
    """The same comparison under other free choices of ours.

    Attributes:
        name: of a choice that is no setting of the rows, such as what a set speaks for.
        plus: values that are added; the names in their `by` are the other choices.
        minus: values that are taken away.
    """

    name: Text
    plus: Terms
    minus: Terms


class Reading(Config):
    """One way to read a claim, and the evidence on it.

    Attributes:
        name: a few words.
        text: what is compared with what.
        plus: values that are added.
        minus: values that are taken away.
        statistic: whether the values' difference counts, or their ratio.
        side: on which side of the threshold the claim says that the median lies.
        threshold: in the unit of the difference, or a ratio.
        unit: of the difference, or what the ratio is of.
        beside: whether it is shown beside the claim and decides nothing: not what the paper says.
        worlds: in which it is asked again.
        settings: how many it has, so that a join cannot lose one in silence; any number unless
            told.
        shows: what a data set on the claim's side shows, a sentence without its end.
        tally: what settings that hold are, in a claim that asks for any of them.
        evidence: label of the section that looks at it, where that is not in the claim's chapter.
    """

    name: Text
    text: Text
    plus: Terms
    minus: Terms
    statistic: Literal["difference", "ratio"] = "difference"
    side: Literal["above", "below"] = "above"
    threshold: Annotated[float, Field(strict=True, allow_inf_nan=False)]
    unit: Text
    beside: StrictBool = False
    worlds: tuple[Worlds, ...] = ()
    settings: Count | None = None
    shows: str = ""
    tally: str = ""
    evidence: str = ""

    @model_validator(mode="after")
    def _the_sums_are_possible(self) -> Self:
        if self.statistic == "ratio" and not self.threshold > 0:
            raise ValueError(f"threshold = {self.threshold}: must be above 0, as a ratio")
        if self.statistic == "ratio" and (len(self.plus), len(self.minus)) != (1, 1):
            raise ValueError("statistic = 'ratio': must be of one value over another")
        return self

    @property
    def factor(self) -> float:
        """How many times better the claim says that a side is; 1 where any lead counts.

        A difference of log-likelihoods is the logarithm of a factor.
        """
        factor = self.threshold if self.statistic == "ratio" else math.exp(self.threshold)
        return 1 / factor if self.side == "below" else factor

    def with_factor(self, factor: float) -> Self:
        """Return the reading with another factor.

        Args:
            factor: above 0.
        """
        limit = 1 / factor if self.side == "below" else factor
        threshold = limit if self.statistic == "ratio" else math.log(limit)
        return self.model_copy(update={"threshold": threshold})


class Claim(Config):
    """A sentence of the paper.

    Attributes:
        title: what it says, in a few words.
        place: where it stands in the paper.
        says: what it says, in our words.
        chapter: the page that looks at it, without its ending.
        kind: whether it can be tested with what is stored, is a setting and no claim, or cannot be
            tested.
        rule: what it takes to hold: the threshold is passed in all settings; in any; or in some
            and not in others.
        because: why this threshold and this rule; for what is not tested, why not.
        otherwise: what would change the verdict.
        readings: the ways to read it, the closest to the text first.
        data_sets: what its data sets are, in the plural.
    """

    title: Text
    place: Text
    says: Text
    chapter: Text
    kind: Literal["tested", "setting", "untestable"] = "tested"
    rule: Literal["all", "any", "some"] = "all"
    because: Text
    otherwise: str = ""
    readings: tuple[Reading, ...] = ()
    data_sets: Text = "data sets"

    @model_validator(mode="after")
    def _what_is_tested_has_evidence(self) -> Self:
        tested = self.kind == "tested"
        own = [reading for reading in self.readings if not reading.beside]
        if not (bool(own) == bool(self.readings) == tested):
            raise ValueError("readings: must be given where the claim is tested, and only there")
        if tested and not self.otherwise:
            raise ValueError("otherwise: missing; must say what would change the verdict")
        names = [reading.name for reading in self.readings]
        if len({*names}) < len(names):
            raise ValueError(f"readings: {names}; must have names of their own")
        return self

    def with_factor(self, factor: float) -> Self:
        """Return the claim with another factor in all readings.

        Args:
            factor: above 0; 1 asks only for a lead.
        """
        readings = tuple(reading.with_factor(factor) for reading in self.readings)
        return self.model_copy(update={"readings": readings})

    @property
    def factor(self) -> float | None:
        """How many times better a side must be; None where no reading asks for more than a lead."""
        most = max((one.factor for one in self.readings if not one.beside), default=1.0)
        return most if most > 1 else None


def read_claims(path: Path = CLAIMS) -> dict[str, Claim]:
    """Return the checked claims of a file, by name, in its order.

    Args:
        path: a file of YAML.

    Raises:
        SettingsError: for the first fault, with file and line.
    """
    claims = {}
    for name, (key, node) in mapping(path, parse_file(path), "the claims").items():
        values = value_of(path, node)
        if not isinstance(values, dict):
            raise fault(path, key, f"{name}: must be a mapping of names to values")
        try:
            claims[name] = Claim(**{str(field): value for field, value in values.items()})
        except ParameterError as error:
            raise fault(path, key, f"{name}: {error}") from None
    if not claims:
        raise SettingsError(f"{path}:1: has no claims; must have at least one")
    return claims
