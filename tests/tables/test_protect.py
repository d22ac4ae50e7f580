"""Small cells: rare levels are pooled, and small tables, columns and binary levels refused."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ddlib.tables import Settings, TablesError, read_sources
from ddlib.tables.columns import Column
from ddlib.tables.faults import Findings
from ddlib.tables.protect import protect

N = 100
AGE = np.random.default_rng(0).normal(60, 10, N).round(1)


def frame(**columns):
    return pd.DataFrame({"age": AGE, **columns})


def levels(*counts):
    """Texts a, b, c, … of which each stands so often."""
    return [chr(97 + i) for i, count in enumerate(counts) for _ in range(count)]


def refused(inputs, settings=None):
    with pytest.raises(TablesError) as caught:
        read_sources(inputs, settings)
    return caught.value.faults


def test_rare_levels_of_a_category_are_pooled_and_noted():
    sources = read_sources([frame(x=levels(40, 6, 44, 7, 3))])
    assert sources.schema["x"].levels == ("a", "c", "other")
    assert Counter(sources.tables["table 1"]["x"]) == {"a": 40, "c": 44, "other": 16}
    (note,) = sources.notes
    assert (note.level, note.columns) == ("note", ("x",))
    assert "'other'" in note.text


def test_notes_can_be_shown_to_a_colleague_and_name_no_level_of_few_people():
    names = ["Hans Meier"] * 2 + ["Eva Huber"] * 9 + ["a"] * 40 + ["b"] * 49
    sources = read_sources([frame(doctor=names)])
    assert sources.schema["doctor"].levels == ("a", "b", "other")
    (note,) = sources.notes
    assert "2 levels" in note.text
    assert "'other'" in note.text
    assert "Meier" not in note.text


def test_the_users_own_level_other_takes_the_rare_ones():
    sources = read_sources([frame(x=["Other"] * 20 + ["u"] * 4 + ["v"] * 36 + ["w"] * 40)])
    assert sources.schema["x"].levels == ("v", "w", "Other")
    assert Counter(sources.tables["table 1"]["x"]) == {"Other": 24, "v": 36, "w": 40}


def test_a_column_without_two_frequent_levels_is_left_out_in_one_line():
    sources = read_sources([frame(x=[f"t{i % 20}" for i in range(N)])])
    assert sources.schema.names == ("age",)
    (note,) = sources.notes
    assert note.level == "warning"
    assert "left out" in note.text


def test_rare_levels_that_are_few_together_are_read_as_missing():
    sources = read_sources([frame(x=levels(40, 35, 21, 4))])
    assert sources.schema["x"].levels == ("a", "b", "c")
    assert sources.tables["table 1"]["x"].isna().sum() == 4
    text = sources.notes[0].text
    assert text.startswith("column 'x': 1 level in fewer than 10 rows read as missing there, as")
    assert "levels: {x: {RARE: ANOTHER}}" in text
    kept = read_sources([frame(x=levels(40, 35, 21, 4))], Settings(levels={"x": {"d": "c"}}))
    assert Counter(kept.tables["table 1"]["x"]) == {"a": 40, "b": 35, "c": 25}


def test_numbers_that_are_categories_become_texts_beside_other():
    sources = read_sources([frame(site=[1] * 40 + [2] * 44 + [3] * 8 + [4] * 8)])
    assert sources.schema["site"].levels == ("1", "2", "other")
    assert not sources.schema.faults(sources.tables["table 1"])
    codes, _ = sources.codes()
    assert Counter(codes[:, 1]) == {0.0: 40, 1.0: 44, 2.0: 16}


def test_rare_levels_of_an_ordered_column_go_to_a_neighbour():
    stage = [1] * 3 + [2] * 30 + [3] * 40 + [4] * 21 + [5] * 6
    sources = read_sources([frame(stage=stage)])
    assert sources.schema["stage"].levels == (2, 3, 4)
    assert Counter(sources.tables["table 1"]["stage"]) == {2: 33, 3: 40, 4: 27}
    assert sources.schema["stage"].level_texts == ("2 or below", "3", "4 or above")
    (note,) = sources.notes
    assert "pooled into 4 (shown as '4 or above')" in note.text


def test_a_level_that_stands_for_a_rarer_one_between_others_says_so():
    sources = read_sources([frame(stage=[1] * 40 + [2] * 5 + [3] * 55)])
    assert sources.schema["stage"].levels == (1, 3)
    assert sources.schema["stage"].level_texts == ("1 or near it", "3")


def test_levels_are_counted_over_all_tables():
    first, second = frame(x=["a", "b"] * 50), frame(x=levels(94, 6))
    assert read_sources([first, second]).schema["x"].levels == ("a", "b")
    assert "'b' stands in 6 rows" in refused([second])[0]


def test_a_rare_level_of_a_binary_column_is_refused_with_what_to_write():
    (line,) = refused([frame(died=[0] * 95 + [1] * 5)])
    assert all(
        part in line for part in ("'died'", "1 stands in 5 rows", "at least 10", "min_count")
    )
    assert read_sources([frame(died=[0] * 95 + [1] * 5)], Settings(min_count=5)).schema["died"]
    assert read_sources([frame(died=[0] * 95 + [1] * 5)], Settings(kinds={"died": "key"}))


def test_a_table_of_few_rows_is_refused():
    # Two patients, whose means and spread would tell both.
    small = pd.DataFrame({"age": [41, 77], "load": [18250, 96400]})
    lines = refused({"big": frame(sbp=AGE + 60), "small": small})
    assert len(lines) == 2
    assert any(line.startswith("small: has 2 rows; must have at least 10") for line in lines)
    assert any("'load'" in line and "2 rows" in line for line in lines)
    assert not any("18250" in line for line in lines)


def test_a_column_that_few_rows_show_is_refused():
    (line,) = refused([frame(x=[*np.arange(9) / 7, *[None] * 91])])
    assert all(part in line for part in ("'x'", "9 rows", "at least 10"))
    assert read_sources([frame(x=[*np.arange(10) / 7, *[None] * 90])]).schema["x"].kind == "number"


def test_the_protection_can_be_switched_off_loudly():
    sources = read_sources([frame(died=[0] * 99 + [1]).head(100)], Settings(min_count=1))
    assert sources.schema["died"].levels == (0, 1)
    (note,) = sources.notes
    assert note.level == "warning"
    assert "NOT PROTECTED" in note.text


def test_constants_and_empty_columns_are_left_out_with_a_warning():
    columns = {"same": "x", "empty": None, "nothing": np.nan}
    sources = read_sources({"a": frame(**columns), "b": frame(same="x")})
    assert sources.schema.names == ("age",)
    assert {note.columns for note in sources.notes} == {("same",), ("empty",), ("nothing",)}
    assert {note.level for note in sources.notes} == {"warning"}
    assert "is x" in next(note.text for note in sources.notes if note.columns == ("same",))


def test_a_constant_of_one_table_is_kept():
    sources = read_sources({"a": frame(site="x"), "b": frame(site="y")})
    assert sources.schema["site"].levels == ("x", "y")


def test_rows_that_show_nothing_are_dropped_with_a_note_and_change_nothing_else():
    table = frame(x=levels(40, 60), id=range(N))
    empty = pd.DataFrame({"age": [None] * 7, "id": range(900, 907)})
    plain = read_sources({"a": table, "b": table.drop(columns="id")})
    found = read_sources({"a": pd.concat([table, empty]), "b": table.drop(columns="id")})
    (note,) = [note for note in found.notes if note not in plain.notes]
    assert (note.level, note.sources) == ("note", ("a",))
    assert "7 rows" in note.text
    assert found.schema == plain.schema
    assert np.array_equal(found.codes()[0], plain.codes()[0], equal_nan=True)
    assert np.array_equal(found.codes()[1], plain.codes()[1])


@given(
    st.sampled_from(["category", "ordered"]),
    st.lists(st.integers(1, 30), min_size=2, max_size=8),
    st.integers(1, 12),
)
def test_no_level_that_is_left_is_rare_and_order_is_kept(kind, counts, min_count):
    names = tuple(range(len(counts)))
    column = Column("x", kind, names, dtype="int64")
    values = pd.Series(np.repeat(names, counts), dtype=object)
    assume(sum(counts) >= min_count)
    result = protect(column, {"a": values}, min_count, Findings())
    if result is None:
        rare = sum(count for count in counts if count < min_count)
        frequent = sum(count >= min_count for count in counts)
        assert frequent + (rare >= min_count) < 2 or kind == "ordered"
        return
    kept, into = result
    pooled = [into.get(value, value) for value in values]
    left = Counter(value for value in pooled if value is not None)
    assert set(left) == set(kept.levels)
    assert len(left) > 1
    assert min(left.values()) >= min_count
    if kind == "ordered":
        assert pooled == sorted(pooled)
        assert set(kept.levels) <= set(names)
        assert sum(left.values()) == sum(counts)
    else:
        frequent = {str(n) for n, count in zip(names, counts, strict=True) if count >= min_count}
        assert {str(level) for level in kept.levels} - {"other"} == frequent
