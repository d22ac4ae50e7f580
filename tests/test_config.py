"""A wrong parameter stops with one line that names it, its value and what is allowed."""

import pytest

from ddlib.config import Config, Count, NonNegative, ParameterError, Seed


class Example(Config):
    num_rows: Count
    noise_std: NonNegative = 0.1
    seeds: tuple[Seed, ...] = (0,)


def test_accepts_what_fits_and_is_frozen():
    config = Example(num_rows=3, noise_std=1, seeds=[1, 2])
    assert (config.num_rows, config.noise_std, config.seeds) == (3, 1.0, (1, 2))
    with pytest.raises(ValueError, match="frozen"):
        config.num_rows = 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_rows": 0}, "num_rows = 0: input should be greater than or equal to 1"),
        ({"num_rows": 2.5}, "num_rows = 2.5: input should be a valid integer"),
        ({"num_rows": True}, "num_rows = True: input should be a valid integer"),
        ({"num_rows": "3"}, "num_rows = '3': input should be a valid integer"),
        ({"num_rows": 1, "noise_std": -0.5}, "noise_std = -0.5: input should be greater"),
        ({"num_rows": 1, "noise_std": float("nan")}, "noise_std = nan: input should be a finite"),
        ({"num_rows": 1, "seeds": [0, -1]}, "seeds[1] = -1: input should be greater"),
        ({"num_rows": 1, "nois_std": 0}, "nois_std = 0: unknown; allowed: num_rows, noise_std"),
        ({}, "num_rows: missing"),
    ],
)
def test_names_parameter_value_and_range(values, message):
    with pytest.raises(ParameterError) as caught:
        Example(**values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_reads_a_namespace_and_refuses_a_misspelt_name():
    import math

    namespace = {"num_rows": 2, "math": math, "_private": 1, "In": [], "helper": print}
    assert Example.from_namespace(namespace) == Example(num_rows=2)
    with pytest.raises(ParameterError, match="num_row = 5: unknown"):
        Example.from_namespace({"num_rows": 2, "num_row": 5})


def test_reads_the_namespace_again_among_other_variables():
    namespace = {"num_rows": 2}
    Example.from_namespace(namespace)
    namespace |= {"num_rows": 7, "rows": [1, 2]}
    assert Example.from_namespace(namespace).num_rows == 7


def test_a_notebook_shows_the_line_and_no_traceback():
    with pytest.raises(ParameterError) as caught:
        Example(num_rows=0)
    assert caught.value._render_traceback_() == [f"ParameterError: {caught.value}"]
