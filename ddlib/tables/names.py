"""What names of columns say: of people, rows or groups, or of one another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import combinations

from ddlib.tables.faults import Findings, warning, yaml_word

# Names of people's numbers, of which each person has one.
_PERSON = r"id|key|mrn|pid|uuid|guid|patient|person|participant|subject|u?subjid|pat_?id|pat_?no"
_IS_PERSON = re.compile(rf"(.*[\W_])?({_PERSON})s?([\W_]?(id|no|nr|number|key))?", re.IGNORECASE)
_IS_CAMEL = re.compile(r".*[a-z](ID|Id)")
# Names of what may count the rows, and may be a measurement too.
_IS_ROW = re.compile(
    r"(.*[\W_])?(no|nr|number|index|row|record|case)|row[\W_]?(id|names?|number)|unnamed: 0",
    re.IGNORECASE,
)
# Numbers that only name a place or a group.
_GROUP = r"site|cent(er|re)|hospital|clinic|ward|region|country|race|ethnicity|ethnic|group|doctor"
_IS_GROUP = re.compile(rf"(.*[\W_])?({_GROUP})([\W_]?(id|no|nr|number|code))?", re.IGNORECASE)
_SHORTEST = 6
"""Letters of names that may be one in spite of a different letter."""
_ALIKE = 0.85
_MOST_NAMES = 200
"""Names beyond which only those that differ in capitals, blanks and signs are found, for time."""


def is_persons(name: str) -> bool:
    """Whether a name is that of people's numbers.

    Args:
        name: of a column.
    """
    named = bool(_IS_PERSON.fullmatch(name) or _IS_CAMEL.fullmatch(name))
    return named and not is_groups(name)


def is_rows(name: str) -> bool:
    """Whether a name may be that of the numbers of rows.

    Args:
        name: of a column.
    """
    return bool(_IS_ROW.fullmatch(name))


def is_groups(name: str) -> bool:
    """Whether a name is that of places or groups of people, whose numbers have no order.

    Args:
        name: of a column.
    """
    return bool(_IS_GROUP.fullmatch(name))


def compare_names(names: Mapping[str, Sequence[str]], found: Findings) -> None:
    """Warn of names that differ in capitals, blanks and signs, or in a letter of many.

    Args:
        names: label -> the names of its columns.
        found: gets the warnings.
    """
    where: dict[str, list[str]] = {}
    for label, own in names.items():
        for name in own:
            where.setdefault(name, []).append(label)
    plain = {name: _plain(name) for name in where}
    few = len(where) <= _MOST_NAMES
    for first, second in combinations(where, 2):
        same = plain[first] == plain[second]
        if not (same or few):
            continue
        apart = not set(where[first]) & set(where[second])
        if same or (apart and _nearly(plain[first], plain[second])):
            told = f"{first!r} ({', '.join(where[first])}) and {second!r} "
            told += f"({', '.join(where[second])})"
            line = f"columns {told}: names that are nearly equal, taken as different columns"
            if apart:
                new = f"{yaml_word(second)}: {yaml_word(first)}"
                line += f"; if they are one, set rename: {{{new}}}"
            labels = dict.fromkeys([*where[first], *where[second]])
            found.notes.append(warning(line, [first, second], list(labels)))


def _plain(name: str) -> str:
    """Return a name without capitals, blanks and signs."""
    return re.sub(r"[\W_]+", "", name.casefold()) or name


def _nearly(first: str, second: str) -> bool:
    """Whether two plain names differ in few letters, and in no digit."""
    # Words that begin otherwise have another sense: weight and height, ldl and hdl.
    if min(len(first), len(second)) < _SHORTEST or first[0] != second[0]:
        return False
    if re.sub(r"\D", "", first) != re.sub(r"\D", "", second):
        return False
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE
