r"""A task as people write it: `died ~ .`, `los ~ age + sex`, `stage ~ . - id`, or `density`.

A name is any column's, blanks and signs included: where several begin at one place, the longest
counts, and one in backquotes is taken to the letter. Without them a name is refused that others
differ from in blanks and capitals alone. The kind of the target decides the learner.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ddlib.arguments import fault
from ddlib.near import SHORT, ambiguous, exactly, meant
from ddlib.tables import Column, Schema, Sources

DENSITY = "density"
MOST_LEVELS = 6  # of an ordered target that are told apart
Learned = Literal["logistic", "multinomial", "linear", "density"]


class TaskError(ValueError):
    """Tasks that the tables cannot have.

    Attributes:
        faults: all of them, a line each.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        """Join the lines.

        Args:
            faults: at least one.
        """
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class TableTask:
    """What rows are made for.

    Attributes:
        text: as it was written, blanks put in order.
        learned: the learner: multinomial `logistic` regression of two or more levels, `linear`
            regression, or the `density` of all columns.
        target: name of the column that is predicted; empty for the density.
        inputs: names of the columns that predict it, in the order of the table; all of them for
            the density.
    """

    text: str
    learned: Learned
    target: str
    inputs: tuple[str, ...]

    @property
    def takes_others(self) -> bool:
        """Whether a dot in the text stands for all other columns."""
        return bool(re.search(r"~(?:.*[\s+])?\.(?:[\s+-]|$)", self.text))


def parse_task(text: str, schema: Schema) -> TableTask:
    """Return the task that a text names.

    Args:
        text: `target ~ input + input`, with `.` for all other columns and `- input` for all but
            one, or `density`.
        schema: columns that there are; keys are never among the inputs.

    Raises:
        TaskError: names every column at fault, and what is allowed.
    """
    return parse_tasks([text], schema)[0]


def parse_tasks(
    texts: Sequence[str], schema: Schema, scarce: Collection[str] = ()
) -> tuple[TableTask, ...]:
    """Return several tasks.

    Args:
        texts: as `parse_task` takes them, at least one, none twice.
        schema: columns that there are.
        scarce: columns that `.` leaves out, unless they are named beside it.

    Raises:
        TaskError: names what is wrong with any of them.
    """
    if isinstance(texts, str):
        raise TaskError([fault("tasks", texts, "a list of texts, such as ['died ~ .']")])
    faults: list[str] = [] if texts else ["tasks: none; must be at least one, such as 'died ~ .'"]
    tasks: list[TableTask] = []
    for text in texts:
        task, wrong = _read(text, schema, scarce)
        faults += wrong
        same = [t for t in tasks if task and (t.target, t.inputs) == (task.target, task.inputs)]
        if same:
            faults.append(f"task = {text!r}: asks the same as {same[0].text!r}; must be given once")
        elif task is not None:
            tasks.append(task)
    if faults:
        raise TaskError(faults)
    return tuple(tasks)


def right_faults(text: str, schema: Schema) -> list[str]:
    """Return what is wrong with the right side of a task whose left side is no name of a column.

    Args:
        text: of the task.
        schema: columns that there are.
    """
    return _inputs(text, "", text.partition("~")[2], schema, ())[1]


def reasons(error: TaskError, sources: Sources) -> list[str]:
    """Return a line on each column that tasks name and that was left out, for what reason.

    Args:
        error: of the tasks.
        sources: whose notes say what was left out.
    """
    out = {n: note.text for note in sources.notes for n in note.columns if n not in sources.schema}
    return [
        text
        for name, text in out.items()
        if any(f": {name!r} is no column;" in line for line in error.faults)
    ]


def _read(
    text: object, schema: Schema, scarce: Collection[str]
) -> tuple[TableTask | None, list[str]]:
    """Return the task, or what is wrong with its text."""
    if not isinstance(text, str):
        return None, [fault("task", text, "a text, such as 'died ~ .' or 'density'")]
    if text.strip() == DENSITY:
        return TableTask(DENSITY, "density", "", schema.without_keys().names), []
    target, right, quoted = _split(text, schema.names)
    if right is None:
        return None, [fault("task", text, "'target ~ inputs', such as 'died ~ .', or 'density'")]
    faults, learned = _target_faults(text, target, schema)
    if not quoted and (told := ambiguous(target.strip(), schema.names)):
        faults = [f"task = {text!r}: {told}"]
    names, wrong = _inputs(text, target, right, schema, scarce)
    if not (wrong or names):
        wrong = [f"task = {text!r}: names no input; must name one, or . for all others"]
    if faults or wrong:
        return None, faults + wrong
    told = f"{exactly(target, schema.names)} ~ {' '.join(right.split())}"
    return TableTask(told, learned, target, names), []


def _split(text: str, names: Sequence[str]) -> tuple[str, str | None, bool]:
    """Return the target, what is right of the tilde, if there is one, and whether it is quoted."""
    for name, way in _candidates(names):
        found = re.match(rf"\s*{re.escape(way)}\s*~", text)
        if found:
            return name, text[found.end() :], way != name
    left, tilde, right = text.partition("~")
    return left.strip().strip("`"), right if tilde else None, False


def _candidates(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each name and a way to write it, the longest first."""
    for name in sorted(names, key=len, reverse=True):
        yield name, f"`{name}`"
        yield name, name


def _target_faults(text: str, target: str, schema: Schema) -> tuple[list[str], Learned]:
    """Return what is wrong with the target, and the learner that its kind asks for."""
    if target not in schema.names:
        return [_unknown(text, target, schema)], "linear"
    column = schema[target]
    if column.kind in ("key", "date"):
        told = f"task = {text!r}: the target {target!r} is a {column.kind}"
        wanted = "a column of numbers, counts, two levels or more levels"
        return [f"{told}; must be {wanted}"], "linear"
    return [], _learned(column)


def _learned(column: Column) -> Learned:
    """Return the learner of a target: levels are told apart, numbers are predicted.

    Many levels that are numbers, such as those of a score, are numbers.
    """
    numbers = all(isinstance(level, int | float) for level in column.levels)
    if column.kind in ("number", "count") or (
        column.kind == "ordered" and numbers and len(column.levels) > MOST_LEVELS
    ):
        return "linear"
    return "logistic" if len(column.levels) <= 2 else "multinomial"


def _inputs(
    text: str, target: str, right: str, schema: Schema, scarce: Collection[str]
) -> tuple[tuple[str, ...], list[str]]:
    """Return the inputs in the order of the table, and what is wrong with the right side."""
    allowed = [name for name in schema.without_keys().names if name != target]
    chosen: set[str] = set()
    faults: list[str] = []
    for sign, name, quoted in _terms(right, schema.names):
        if not quoted and (told := ambiguous(name.strip(), schema.names)):
            faults.append(f"task = {text!r}: {told}")
        elif name == "." and sign == "+" and name not in schema.names:
            chosen.update(name for name in allowed if name not in scarce)
        elif name not in schema.names:
            faults.append(_unknown(text, name, schema))
        elif name == target:
            faults.append(f"task = {text!r}: {name!r} is target and input; must be one of them")
        elif name not in allowed and sign == "+":
            faults.append(f"task = {text!r}: input {name!r} is a key; must be another column")
        else:
            (chosen.add if sign == "+" else chosen.discard)(name)
    return tuple(name for name in allowed if name in chosen), faults


def _terms(right: str, names: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield sign and name of each term, and whether it is quoted; names of no columns too."""
    ways = [
        (name, re.compile(rf"{re.escape(way)}\s*(?=[+-]|$)"), way != name)
        for name, way in _candidates([*names, "."])
    ]
    left, sign = right.strip(), "+"
    while left:
        name, rest, quoted = _first(left, ways)
        yield sign, name, quoted
        left = rest.strip()
        if left:
            sign, left = left[0], left[1:].strip()
            if not left:
                yield sign, "", False


def _first(left: str, ways: Sequence[tuple[str, re.Pattern[str], bool]]) -> tuple[str, str, bool]:
    """Return the name that a text begins with, what follows, and whether the name is quoted."""
    for name, way, quoted in ways:
        if found := way.match(left):
            return name, left[found.end() :], quoted
    signs = [m.start() for m in re.finditer(r"\+|\s-\s", left)]
    if left.startswith("`") and "`" in left[1:]:
        signs = [at for at in signs if at > left.index("`", 1)]
    end = min(signs, default=len(left))
    return left[:end].strip().strip("`"), left[end:], False


def _unknown(text: str, name: str, schema: Schema) -> str:
    """Return the line on a name that is no column's."""
    if not name:
        return f"task = {text!r}: a name lacks; must be on both sides of each ~, + and -"
    start = f"task = {text!r}: {name!r} is no column;"
    if re.search(r"[*:()^|]", name) or name in ("0", "1"):
        wanted = "must be a column, and columns are joined by + alone (no products, no functions)"
    else:
        wanted = meant(name, schema.names, quoted=True, most=SHORT)
    return f"{start} {wanted}"
