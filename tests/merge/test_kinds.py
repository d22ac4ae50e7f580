"""Sources, numbers, counts and generators of the wrong kind are refused before any work."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch

from ddlib.dbn import DBNLearner
from ddlib.merge import (
    Columns,
    check_sources,
    independent_hidden,
    initial_rows,
    merging_problem,
    random_hidden,
    split_sources,
)
from ddlib.merge.baselines import fill_drawn, source_alone
from ddlib.merge.coverage import coverage
from tests.shared.refusals import HUGE, assert_refused, seeded

ROWS = torch.randn(20, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
SOURCES = [ROWS[:10], ROWS[10:]]
TABLE = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [1.0, 3.0, 2.0]})


# Generators


@pytest.mark.parametrize("generator", [None, 0, "x"])
def test_nothing_is_drawn_from_the_global_stream(generator):
    before = torch.get_rng_state()
    for call in (
        lambda: initial_rows(SOURCES, 2, generator=generator),
        lambda: split_sources(ROWS, [[0], [1]], noise_std=0.1, generator=generator),
        lambda: random_hidden(2, 3, 1, generator=generator),
        lambda: independent_hidden(2, 3, 1, generator=generator),
        lambda: fill_drawn(SOURCES, 1.0, num_fills=1, generator=generator),
    ):
        assert_refused(call, f"generator = {generator!r}: must be a torch.Generator", TypeError)
    assert torch.equal(torch.get_rng_state(), before)


# Sources


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, " = None: must be a tensor of real numbers"),
        ("ab", " = 'ab': must be a tensor of real numbers"),
        (ROWS.to(torch.complex128), ": torch.complex128; must be real"),
        (ROWS.to_sparse(), ": torch.sparse_coo; must be a dense tensor"),
    ],
)
def test_what_is_no_tensor_of_real_numbers_is_no_source(source, message):
    for function in (check_sources, coverage):
        assert_refused(lambda call=function: call([source]), "sources[0]" + message)
        assert_refused(lambda call=function: call([ROWS, source]), "sources[1]" + message)
        assert_refused(lambda call=function: call({"a": source}), "sources['a']" + message)
    assert_refused(
        lambda: initial_rows([ROWS, source], 2, generator=seeded()), "sources[1]" + message
    )


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("abc", "names = 'abc': must be a sequence of names"),
        (5, "names = 5: must be a sequence of names"),
        (["a", ["b"], "c"], "names[1]: a list; must be a name"),
    ],
)
def test_what_is_no_sequence_of_names_is_refused(names, message):
    assert_refused(lambda: coverage(SOURCES, names), message)
    assert_refused(lambda: coverage([TABLE], names), message)


@pytest.mark.parametrize("lagged", [1, "False", None, 0])
def test_lagged_is_a_truth_value(lagged):
    assert_refused(
        lambda: coverage(SOURCES, lagged=lagged), f"lagged = {lagged!r}: must be True or False"
    )


# Problems


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        (None, "initial = None: must be a tensor (m, 2, 3)"),
        (ROWS.tolist(), "initial: a list; must be a tensor (m, 2, 3)"),
        (ROWS[..., :2], "initial: shape (20, 2, 2); must be (m, 2, 3), as the sources"),
        (ROWS[:, :1], "initial: shape (20, 1, 3); must be (m, 2, 3), as the sources"),
        (ROWS[0], "initial: shape (2, 3); must be (m, 2, 3), as the sources"),
        (ROWS.float(), "initial: torch.float32; must be torch.float64"),
        (ROWS.to(torch.complex128), "initial: torch.complex128; must be torch.float64"),
        (ROWS[:0], "initial: 0 rows; must be equally many for each of 2 sources"),
    ],
)
def test_the_start_has_the_form_of_the_sources(initial, message):
    settings = {"learner": DBNLearner(), "noise_std": 0.1}
    assert_refused(lambda: merging_problem(SOURCES, initial, **settings), message)


@pytest.mark.parametrize("sources", [None, 5, ROWS, "ab"])
def test_a_problem_has_a_sequence_of_sources(sources):
    with pytest.raises(ValueError, match=r"^sources.* must be a sequence or mapping of tensors"):
        merging_problem(sources, ROWS, learner=DBNLearner(), noise_std=0.1)


@pytest.mark.parametrize("noise_std", ["", [], True, -0.1, HUGE, 1e200])
def test_a_start_refuses_what_is_no_noise(noise_std):
    with pytest.raises(ValueError, match=r"^noise_std.* must be finite and at least 0"):
        initial_rows(SOURCES, 2, generator=seeded(), noise_std=noise_std)


def test_a_fraction_is_a_number():
    half = Fraction(1, 2)

    def value(number):
        generator = seeded()
        sources = split_sources(ROWS, [[0], [1]], noise_std=number, generator=generator)
        start = initial_rows(sources, 3, generator=generator, noise_std=number)
        settings = {"learner": DBNLearner(ridge=1.0), "noise_std": number, "ridge": number}
        problem = merging_problem(sources, start, **settings)
        return problem.objective(start, generator=generator)

    assert torch.equal(value(half), value(0.5))
    cover = coverage(SOURCES)
    assert cover.correlation(noise_std=half).equals(cover.correlation(noise_std=0.5))


# Counts


@pytest.mark.parametrize("count", [None, "1", 1.0, float("nan"), True, [1], -1, 11])
def test_counts_are_whole_numbers_in_their_range(count):
    shown = ": a list;" if isinstance(count, list) else f" = {count!r}:"
    calls = {
        "which": lambda: source_alone(SOURCES, 1.0, which=count),
        "rows_per_source": lambda: initial_rows(SOURCES, count, generator=seeded()),
        "num_hidden": lambda: random_hidden(2, 3, count, generator=seeded()),
    }
    for name, call in calls.items():
        assert_refused(call, f"{name}{shown} must be a whole number from")
    if count != 11:  # which is too many of those above alone
        assert_refused(
            lambda: fill_drawn(SOURCES, 1.0, num_fills=count, generator=seeded()),
            f"num_fills{shown} must be a whole number, at least 1",
        )
        assert_refused(
            lambda: independent_hidden(count, 3, 1, generator=seeded()),
            f"num_sources{shown} must be a whole number, at least 1",
        )


# Noise and numbers


def test_a_noise_too_large_to_square_is_refused_by_correlations():
    message = "noise_std = 1e+200: must be below the standard deviation of column 'a'"
    assert_refused(lambda: coverage([TABLE]).correlation(noise_std=1e200), message)


def test_a_number_that_no_float_holds_is_refused():
    message = f"noise_std = {HUGE}: must be a finite number, at least 0"
    assert_refused(lambda: coverage([TABLE]).correlation(noise_std=HUGE), message)
    settings = {"learner": DBNLearner(), "noise_std": 0.1, "ridge": HUGE}
    assert_refused(
        lambda: merging_problem(SOURCES, ROWS, **settings), f"ridge = {HUGE}: must be finite"
    )


def test_rows_read_once_are_those_of_each_table():
    columns = Columns.of([TABLE, 3 * TABLE])
    rows, _ = check_sources([TABLE, 3 * TABLE])
    for table, source in zip([TABLE, 3 * TABLE], rows, strict=True):
        assert columns.standardised(source).equal(columns.to_rows(table))
        expected = (table.to_numpy() - columns.mean) / columns.std
        np.testing.assert_array_equal(columns.to_rows(table)[:, 0], expected)
