"""Names that do not exist: those that are near, and those that there are."""

import pytest

from ddlib.near import SHORT, exactly, meant, near_names, resolve

FAMILIES = ("transitions", "wine", "breast cancer", "liver trial")
ALL = "must be one of transitions, wine, breast cancer, liver trial"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("wnie", f"perhaps wine? {ALL}"),
        ("liver", f"perhaps liver trial? {ALL}"),
        ("trial", f"perhaps liver trial? {ALL}"),
        (" WINE ", f"perhaps wine? {ALL}"),
        ("zzz", ALL),
    ],
)
def test_a_name_is_told_the_near_ones_and_what_there_is(name, told):
    assert meant(name, FAMILIES) == told


def test_names_that_differ_in_blanks_are_both_near_and_long_lists_are_cut():
    assert near_names("Y", ["y ", "y", "z"]) == ["y ", "y"]
    assert (
        meant("q", ["a b", "c", "d"], quoted=True, most=2) == "must be one of 'a b', 'c' and 1 more"
    )


def test_a_long_list_is_told_where_no_name_is_near_alone():
    names = [f"column{place}" for place in range(SHORT + 1)]
    assert meant("colum12", names).startswith("perhaps column12 or ")
    assert "must" not in meant("colum12", names)
    assert meant("colum11", names[:-1]).endswith(f"? must be one of {', '.join(names[:-1])}")
    assert meant("zzz", names) == f"must be one of {', '.join(names)}"


@pytest.mark.parametrize(
    ("text", "name"), [("y ", "y "), ("`y`", "y"), ("`y `", "y "), ("x", "x"), ("no", "no")]
)
def test_a_name_to_the_letter_or_without_twins_is_taken(text, name):
    assert resolve(text, ["y ", "y", "x"]) == (name, None)


def test_a_name_that_may_be_several_is_told_with_the_ways_to_write_them():
    told = "may be 'y ' or 'y'; must be in backquotes, as it stands in the table: `y ` or `y`"
    for text in ("y", "Y"):
        assert resolve(text, ["y ", "y", "x"]) == (text, f"{text!r} {told}")
    assert exactly("y", ["y", "Y"]) == "`y`"
    assert exactly("y", ["y", "z"]) == "y"
