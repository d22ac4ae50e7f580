"""How many rows of a budget each class gets."""

from hypothesis import given
from hypothesis import strategies as st

from ddlib.tasks.budget import rows_per_class

budgets = st.lists(st.integers(1, 40), min_size=1, max_size=6).flatmap(
    lambda counts: st.tuples(st.just(counts), st.integers(1, sum(counts)))
)


def test_shares_are_equal_where_the_classes_divide_the_budget():
    assert rows_per_class([50, 30, 20], 12) == [4, 4, 4]
    assert rows_per_class([50, 30, 20], 13) == [5, 4, 4]  # one more for the largest
    assert rows_per_class([50, 30, 1], 13) == [6, 6, 1]  # a class of one row gives what it has
    assert rows_per_class([50, 30, 20], 2) == [1, 1, 0]  # fewer rows than classes


def test_shares_are_as_large_as_the_classes_if_asked():
    assert rows_per_class([60, 30, 10], 10, "proportional") == [6, 3, 1]
    assert rows_per_class([98, 1, 1], 10, "proportional") == [8, 1, 1]


@given(budgets, st.sampled_from(["equal", "proportional"]))
def test_all_rows_are_given_and_no_class_gives_more_than_it_has(case, shares):
    counts, num_rows = case
    given_rows = rows_per_class(counts, num_rows, shares)
    assert sum(given_rows) == num_rows
    assert all(given <= count for given, count in zip(given_rows, counts, strict=True))
    if num_rows >= len(counts):
        assert min(given_rows) >= 1


@given(budgets)
def test_equal_shares_differ_by_one_row_at_most_but_for_classes_that_are_used_up(case):
    counts, num_rows = case
    given_rows = rows_per_class(counts, num_rows)
    free = [given for given, count in zip(given_rows, counts, strict=True) if given < count]
    assert all(max(given_rows) - given <= 1 for given in free)
