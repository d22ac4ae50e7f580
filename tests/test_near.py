"""Names that do not exist: those that are near, and else all."""

import pytest

from ddlib.near import meant, near_names

FAMILIES = ("transitions", "wine", "breast cancer", "liver trial")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("wnie", "perhaps wine?"),
        ("liver", "perhaps liver trial?"),
        ("trial", "perhaps liver trial?"),
        (" WINE ", "perhaps wine?"),
        ("zzz", "must be one of transitions, wine, breast cancer, liver trial"),
    ],
)
def test_a_name_is_told_the_near_ones_or_all(name, told):
    assert meant(name, FAMILIES) == told


def test_names_that_differ_in_blanks_are_both_near_and_long_lists_are_cut():
    assert near_names("Y", ["y ", "y", "z"]) == ["y ", "y"]
    assert (
        meant("q", ["a b", "c", "d"], quoted=True, most=2) == "must be one of 'a b', 'c' and 1 more"
    )
