"""Settings that are frozen and checked before any work is done.

A config is a small immutable record. Each field has a type and a range; a wrong name, type or
value stops at once with one line that names the parameter, the value and what is allowed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Set
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ddlib.kernels import warn_unpinned
from ddlib.near import meant
from ddlib.settings import read_value

Count = Annotated[int, Field(strict=True, ge=1)]
"""A whole number of things, at least 1."""

# Chapters count up from a seed, and the sums are seeds too.
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**62)]
"""A seed of a generator."""

Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
"""A finite number above 0."""

NonNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
"""A finite number of at least 0."""

Probability = Annotated[float, Field(strict=True, ge=0, le=1)]
"""A number from 0 to 1."""

StepSizes = Annotated[tuple[Positive, ...], Field(min_length=1)]
"""Step sizes to choose from on validation rows, at least one."""


def check_name(parameter: str, value: str, allowed: Iterable[str]) -> None:
    """Check that a value is one of the names that there are.

    Args:
        parameter: name of the parameter that has the value.
        value: what it was given.
        allowed: all names that it may have.

    Raises:
        ValueError: for another name; the message has those that are near, or all.
    """
    if value not in allowed:
        raise ValueError(f"{parameter} = {value!r}: unknown; {meant(value, allowed)}")


class ParameterError(ValueError):
    """A parameter with an unknown name, a wrong type or an impossible value."""

    @property
    def name(self) -> str:
        """The parameter that the message begins with; empty where it begins with none."""
        return re.split(r"\W", str(self), maxsplit=1)[0]

    def _render_traceback_(self) -> list[str]:
        # IPython calls this in place of the traceback, which would bury the one line that helps.
        return [f"ParameterError: {self}"]


class Config(BaseModel):
    """Base of all configs: frozen, no unknown names, checked when it is made.

    Attributes:
        added: fields that came later, field -> the value with which rows were computed that were
            stored before the field existed. Such rows are found under that value, and only there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
    added: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Check `added` of a new class, and join it with those of the parents.

        Raises:
            ParameterError: for a name that is no field, and for an impossible value.
        """
        super().__pydantic_init_subclass__(**kwargs)
        parents = [vars(parent).get("added", {}) for parent in reversed(cls.__mro__)]
        added = dict(item for own in parents for item in own.items())
        cls.added = {name: _added_value(cls, name, value) for name, value in added.items()}

    def __init__(self, /, **values: Any) -> None:
        """Check and store the fields.

        Args:
            values: field -> value; those left out have their defaults.

        Raises:
            ParameterError: for names and values that are not allowed, with one line for them all.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            # A new exception, not a chained one: the chain is pydantic's, not the reader's.
            message = "; ".join(_one_line(type(self), fault) for fault in _innermost(error))
            raise ParameterError(message) from None

    @classmethod
    def from_stored(cls, values: Mapping[str, Any]) -> Self:
        """Return the config of stored rows.

        Args:
            values: the fields as they were stored; one that is lacking has its value in `added`.

        Raises:
            ParameterError: for names and values that the class does not allow (any more).
        """
        return cls(**{**cls.added, **values})

    def implied(self) -> set[str]:
        """Return the fields that hold their value in `added`, and so need not be stored."""
        return {name for name, value in self.added.items() if getattr(self, name) == value}

    def foreign_sources(self) -> dict[str, str]:
        """Return which code the rows come from beside the library's, name -> text that tells it.

        It is stored with the rows. They are not found any more where it has become another.
        """
        return {}

    @classmethod
    def from_namespace(cls, namespace: dict[str, Any]) -> Self:
        """Return the config in a notebook's globals, for a cell below its `parameters` cell.

        Warns where the numbers of the notebook may not be the book's to the last digit.

        Args:
            namespace: the notebook's `globals()`. A text that reads as a list is one: `papermill
                -p` knows no lists.

        Raises:
            ParameterError: for a value that is not allowed, and for a name that is no field but is
                bound by the parameters cell, or by the cell that papermill adds below it. Other
                cells and start-up files bind what they like.
        """
        # papermill itself only warns of a parameter that the notebook does not have.
        warn_unpinned()
        fields = cls.model_fields.keys()
        names = [*fields, *_parameter_names(namespace.get("_ih", []), fields) - fields]
        return cls(**{name: _list_in(namespace[name]) for name in names if name in namespace})


def _added_value(config: type[Config], name: str, value: Any) -> Any:
    """Return `value` as the field `name` of `config` would hold it."""
    where = f"{config.__name__}.added"
    if name not in config.model_fields:
        wanted = meant(name, config.model_fields)
        raise ParameterError(f"{where}: {name} is not a field; {wanted}")
    if config.model_fields[name].is_required():
        message = f"{where}: {name} has no default; must have one, as a field that came later"
        raise ParameterError(message)
    field = TypeAdapter(config.model_fields[name].rebuild_annotation())
    try:
        return field.validate_python(value)
    except ValidationError as error:
        fault = error.errors()[0]
        line = _one_line(config, {**fault, "loc": (name, *fault["loc"])})
        raise ParameterError(f"{where}: {line}") from None


def _parameter_names(history: Iterable[str], fields: Set[str]) -> set[str]:
    """Return the names that a notebook's parameters cell binds, and papermill's cell below it.

    `history` holds the cells that ran, as IPython keeps them: their text, without tags. The
    parameters cell is the last that does nothing but bind names, some of `fields` among them.
    """
    names: set[str] = set()
    for cell in reversed([*history]):
        bound = bound_names(cell)
        if cell.startswith("# Parameters\n"):  # papermill's heading
            names |= bound.keys()
        elif bound.keys() & fields:
            return names | bound.keys()
    return names


def bound_names(code: str) -> dict[str, ast.expr]:
    """Return name -> value of code that only binds names, `n = 2`; of other code, nothing.

    Args:
        code: Python, or what is not even that.
    """
    try:
        statements = ast.parse(code).body
    except SyntaxError:  # of another language, or a cell that failed
        return {}
    bound = {}
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(name)], value=value):
                bound[name] = value
            case ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value):
                bound[name] = value
            case _:
                return {}
    return bound


def _list_in(value: Any) -> Any:
    """Return the list that a text like `[10, 20]` stands for, and any other value as it is."""
    if not (isinstance(value, str) and value.lstrip().startswith("[")):
        return value
    try:
        return read_value(value)
    except ValueError:  # the field refuses the text itself, and can say its own name
        return value


def _innermost(error: ValidationError) -> list[Any]:
    """Return the faults of which no other says more: a list lacks what is wrong in it."""
    faults = error.errors()
    places = [fault["loc"] for fault in faults]

    def has_inner(place: tuple[int | str, ...]) -> bool:
        return any(len(p) > len(place) and p[: len(place)] == place for p in places)

    return [fault for fault in faults if not has_inner(fault["loc"])]


def _one_line(config: type[Config], fault: Mapping[str, Any]) -> str:
    """Return `name = value: what is allowed` for one fault that pydantic found."""
    text = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return text  # a check of several fields, which names them itself
    name, *rest = fault["loc"]
    where = str(name) + "".join(f"[{index}]" for index in rest if isinstance(index, int))
    value = fault["input"]
    # Nobody types None, and of a config in a config the fault names what is wrong in it.
    inner = fault["type"] == "value_error" and isinstance(value, dict)
    given = where if value is None or inner else f"{where} = {value!r}"
    if fault["type"] == "extra_forbidden":
        return f"{given}: unknown; {meant(name, config.model_fields)}"
    if fault["type"] == "missing":
        return f"{where}: missing; must be given"
    # pydantic's "Input should be …", "Tuple should have …" and the like; it calls inf valid.
    allowed = re.sub(r"^\w+ should\b", "must", text).replace("a valid number", "a finite number")
    return f"{given}: {'has no value; ' if value is None else ''}{allowed}"


def parse_parameters(words: Iterable[str]) -> dict[str, Any]:
    """Return names and values of `name=value …`, however a shell cut the text into words.

    Args:
        words: what stands on the command line; values are read by `ddlib.settings.read_value`.

    Raises:
        ParameterError: for a text of another form, and for a name that is given twice.
    """
    given: dict[str, Any] = {}
    # A blank parts two parameters only before the next name: a list may have blanks, too.
    for text in filter(None, re.split(r"\s+(?=[^\W\d]\w*=)", " ".join(words).strip())):
        name, equals, value = text.partition("=")
        if not (equals and name.isidentifier()):
            raise ParameterError(f"{text!r}: must be name=value")
        if name in given:
            raise ParameterError(f"{name}: given twice; must be given once")
        try:
            given[name] = read_value(value)
        except ValueError:
            raise ParameterError(f"{text!r}: its value is not YAML; must be YAML") from None
    return given
