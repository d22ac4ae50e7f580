"""Tasks as people write them: what is read, and what is refused, all at once."""

import contextlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ddlib.merge.formula import TaskError, parse_task, parse_tasks
from ddlib.tables import Column, Schema

SCHEMA = Schema(
    (
        Column("id", "key"),
        Column("age", "number"),
        Column("alk.phos", "number"),
        Column("length of stay", "count"),
        Column("sex", "binary", ("f", "m")),
        Column("stage", "ordered", (1, 2, 3)),
        Column("site", "category", ("a", "b", "c")),
        Column("seen", "date"),
        Column("pre-op", "number"),
        Column("pre", "number"),
        Column("a + b", "number"),
        Column("score", "ordered", tuple(n / 2 for n in range(9))),
    )
)
OTHERS = tuple(name for name in SCHEMA.names if name not in ("id", "sex"))


@pytest.mark.parametrize(
    ("text", "learned", "target", "inputs"),
    [
        ("sex ~ .", "logistic", "sex", OTHERS),
        ("  sex~.", "logistic", "sex", OTHERS),
        ("age ~ sex + stage", "linear", "age", ("sex", "stage")),
        ("age ~ stage + sex + stage", "linear", "age", ("sex", "stage")),
        ("length of stay ~ alk.phos", "linear", "length of stay", ("alk.phos",)),
        ("`length of stay` ~ `alk.phos` + age", "linear", "length of stay", ("age", "alk.phos")),
        ("stage ~ age", "multinomial", "stage", ("age",)),
        ("score ~ age", "linear", "score", ("age",)),
        ("site ~ seen", "multinomial", "site", ("seen",)),
        (
            "sex ~ . - age - seen",
            "logistic",
            "sex",
            tuple(n for n in OTHERS if n not in ("age", "seen")),
        ),
        ("sex ~ . - id", "logistic", "sex", OTHERS),
        ("sex ~ .-age", "logistic", "sex", tuple(n for n in OTHERS if n != "age")),
        ("age ~ pre-op", "linear", "age", ("pre-op",)),
        ("age ~ pre - pre-op + sex", "linear", "age", ("sex", "pre")),
        ("age ~ a + b", "linear", "age", ("a + b",)),
        ("density", "density", "", tuple(n for n in SCHEMA.names if n != "id")),
    ],
)
def test_a_task_is_read(text, learned, target, inputs):
    task = parse_task(text, SCHEMA)
    assert (task.learned, task.target, task.inputs) == (learned, target, inputs)


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        ("sex ~ .", True),
        ("sex~.-age", True),
        ("sex ~ . - age", True),
        ("sex ~ alk.phos + .", True),
        ("sex ~ alk.phos", False),
        ("age ~ pre-op", False),
        ("density", False),
    ],
)
def test_a_dot_that_stands_for_all_others_is_known(text, takes):
    assert parse_task(text, SCHEMA).takes_others == takes


def test_blanks_are_put_in_order():
    assert parse_task("age~sex  +   stage ", SCHEMA).text == "age ~ sex + stage"


def test_a_column_called_density_can_be_a_target():
    schema = Schema((Column("density", "number"), Column("age", "number")))
    assert parse_task("density ~ age", schema).target == "density"


ONE_OF = f"must be one of {', '.join(map(repr, SCHEMA.names))}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age", "task = 'age': must be 'target ~ inputs', such as 'died ~ .', or 'density'"),
        (3, "task = 3: must be a text, such as 'died ~ .' or 'density'"),
        ("age ~ sexx", f"task = 'age ~ sexx': 'sexx' is no column; perhaps 'sex'? {ONE_OF}"),
        ("dead ~ age", f"task = 'dead ~ age': 'dead' is no column; {ONE_OF}"),
        (
            "age ~ sex + age",
            "task = 'age ~ sex + age': 'age' is target and input; must be one of them",
        ),
        ("age ~ id", "task = 'age ~ id': input 'id' is a key; must be another column"),
        ("age ~", "task = 'age ~': names no input; must name one, or . for all others"),
        (
            "sex ~ age - age",
            "task = 'sex ~ age - age': names no input; must name one, or . for all others",
        ),
        (
            "age ~ log(pre)",
            "task = 'age ~ log(pre)': 'log(pre)' is no column; must be a column, and columns are "
            "joined by + alone (no products, no functions)",
        ),
        (
            "age ~ sex*stage",
            "task = 'age ~ sex*stage': 'sex*stage' is no column; must be a column, and columns are "
            "joined by + alone (no products, no functions)",
        ),
        (
            "seen ~ age",
            "task = 'seen ~ age': the target 'seen' is a date; must be a column of numbers, "
            "counts, two levels or more levels",
        ),
    ],
)
def test_what_is_no_task_is_refused_in_one_line(text, message):
    with pytest.raises(TaskError) as caught:
        parse_task(text, SCHEMA)
    assert str(caught.value) == message


def test_all_faults_of_all_tasks_come_at_once():
    with pytest.raises(TaskError) as caught:
        parse_tasks(["nobody ~ nothing", "age ~ sex", "id ~ .", "age  ~  sex", "age"], SCHEMA)
    names = ["'nobody' is no", "'nothing' is no", "'id' is a key", "asks the same as", "target ~"]
    assert len(caught.value.faults) == len(names)
    for name, fault in zip(names, caught.value.faults, strict=True):
        assert name in fault


def test_the_same_task_in_other_words_is_refused():
    with pytest.raises(
        TaskError, match=r"'sex \+ age': asks the same as 'stage ~ age \+ sex'|asks"
    ):
        parse_tasks(["stage ~ age + sex", "stage ~ sex + age"], SCHEMA)


def test_no_task_and_a_bare_text_are_refused():
    with pytest.raises(TaskError, match=r"^tasks: none; must be at least one"):
        parse_tasks([], SCHEMA)
    with pytest.raises(TaskError, match=r"^tasks = 'age ~ sex': must be a list of texts"):
        parse_tasks("age ~ sex", SCHEMA)


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="`"), min_size=1, max_size=8)


@given(st.lists(NAMES.map(str.strip).filter(bool), min_size=2, max_size=5, unique=True))
def test_any_names_in_backquotes_are_read_as_they_are(names):
    assume("density" not in names)
    schema = Schema(tuple(Column(name, "number") for name in names))
    target, *inputs = names
    text = f"`{target}` ~ " + " + ".join(f"`{name}`" for name in inputs)
    task = parse_task(text, schema)
    assert task.target == target
    assert task.inputs == tuple(inputs)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(TaskError):
        assert parse_task(text, SCHEMA).inputs


@pytest.mark.parametrize(
    "text",
    ["sex~.", "age ~ `pre` -  `pre-op`+ sex", "`a + b` ~ age", "length of stay~seen", "density"],
)
def test_what_a_task_is_called_reads_as_the_same_task(text):
    task = parse_task(text, SCHEMA)
    assert parse_task(task.text, SCHEMA) == task


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("~ age", "a name lacks"),
        ("age ~ sex +", "a name lacks"),
        ("age ~ sex + + stage", "a name lacks"),
        ("age ~ sex stage", "'sex stage' is no column"),
        ("age ~ sex ~ stage", "'sex ~ stage' is no column"),
        ("age ~ . - nobody", "'nobody' is no column"),
        ("age ~ sex - 1", "'1' is no column"),
        ("age ~ 0 + sex", "columns are joined by + alone"),
        ("AGE ~ sex", "'AGE' is no column"),
        ("Density", "or 'density'"),
        ("age ~ . - .", "'.' is no column"),
    ],
)
def test_slips_of_the_pen_are_refused_in_lines_with_the_piece_at_fault(text, part):
    with pytest.raises(TaskError) as caught:
        parse_task(text, SCHEMA)
    (line,) = caught.value.faults
    assert line.startswith(f"task = {text!r}: ")
    assert part in line
    assert "must" in line


TWINS = Schema(tuple(Column(name, "number") for name in ("y ", "y", "x", "T", "t")))


def test_a_message_of_many_columns_has_the_nearest_or_some():
    schema = Schema(tuple(Column(f"column{place}", "number") for place in range(40)))
    with pytest.raises(TaskError) as caught:
        parse_task("column1 ~ colum39", schema)
    (line,) = caught.value.faults
    assert "perhaps 'column39' or " in line
    assert line.count("column") < 20
    with pytest.raises(TaskError) as caught:
        parse_task("column1 ~ zzz", schema)
    assert caught.value.faults[0].endswith("'column11' and 28 more")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("y ~ x", "'y' may be 'y ' or 'y'; must be in backquotes, as it stands in the table: "),
        ("y  ~ x", "'y' may be 'y ' or 'y'; must be in backquotes"),
        ("Y ~ x", "'Y' may be 'y ' or 'y'; must be in backquotes"),
        ("x ~ y ", "'y' may be 'y ' or 'y'; must be in backquotes"),
        ("x ~ . - y", "'y' may be 'y ' or 'y'; must be in backquotes"),
        (
            "t ~ x",
            "'t' may be 'T' or 't'; must be in backquotes, as it stands in the table: `T` or",
        ),
    ],
)
def test_a_name_that_may_be_several_is_refused_with_all_of_them(text, told):
    with pytest.raises(TaskError) as caught:
        parse_task(text, TWINS)
    (line,) = caught.value.faults
    assert line.startswith(f"task = {text!r}: {told}")


def test_a_name_in_backquotes_is_the_one_that_is_so_written_and_its_text_reads_again():
    for name in ("y ", "y", "T", "t"):
        task = parse_task(f"`{name}` ~ . - `{'y' if name == 'y ' else 'y '}`", TWINS)
        assert task.target == name
        assert task.inputs == tuple(
            n for n in TWINS.names if n not in (name, "y" if name == "y " else "y ")
        )
        assert parse_task(task.text, TWINS) == task
    assert parse_task("x ~ .", TWINS).text == "x ~ ."
