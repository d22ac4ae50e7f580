"""The networks of case study 1: seeds that count up, and configs of their runs."""

import pytest

from ddlib.config import Config, ParameterError
from ddlib.experiments.descent_ways import ALL, CAPTION, descent_config
from ddlib.experiments.networks import Networks
from ddlib.experiments.references import ReferencesConfig

SHARED = {"num_variables": 4, "num_sources": 3, "num_hidden": 1, "noise_std": 0.2}
GIVEN = SHARED | {
    "num_networks": 3,
    "rows_per_source": (5, 10),
    "num_evaluations": 96,
    "num_gradients": 6,
    "num_slices": 2,
    "training_rows": 30,
    "seed": 7,
}


class OfPage(Config):
    """Parameters of a page: those of the networks but for the slices, and one of its own."""

    num_networks: int = 3
    rows_per_source: tuple[int, ...] = (5, 10)
    num_evaluations: int = 96
    num_gradients: int = 6
    num_variables: int = 4
    num_slices: tuple[int, ...] = (2, 6)
    num_sources: int = 3
    num_hidden: int = 1
    noise_std: float = 0.2
    training_rows: int = 30
    seed: int = 7
    num_splits: int = 5


def test_a_page_says_which_networks_it_asks_for():
    assert Networks.of(OfPage(), num_slices=2) == Networks(**GIVEN)
    assert [*Networks(**GIVEN).seeds] == [7, 8, 9]


def test_a_descent_has_the_sources_of_its_network_and_its_share_of_the_costs():
    found = Networks(**GIVEN).descent(ALL, 9, 10, part=3, num_slices=6)
    costs = {"evaluations": 32, "gradients": 2}
    given = SHARED | {"num_slices": 6, "training_rows": 30, "seed": 9, "rows_per_source": 10}
    assert found == descent_config(ALL, **costs, **given)


@pytest.mark.parametrize(("slices", "fills"), [(2, 5), (6, 0)])
def test_holes_are_filled_by_draws_at_the_usual_slices_alone(slices, fills):
    found = Networks(**GIVEN).references(8, num_slices=slices)
    given = SHARED | {"num_slices": slices, "training_rows": 30, "rows_per_source": (5, 10)}
    assert found == ReferencesConfig(seed=8, num_fills=fills, **given)


def test_descents_go_by_way_budget_and_network():
    networks = Networks(**GIVEN)
    ways = networks.descents([CAPTION, ALL], iter([5, 10]), count=2)
    assert [*ways] == [CAPTION, ALL]
    for way, configs in ways.items():
        assert configs == [networks.descent(way, s, rows) for rows in (5, 10) for s in (7, 8)]


def test_references_are_those_of_all_networks():
    networks = Networks(**GIVEN)
    expected = [networks.references(seed, training_rows=20) for seed in (7, 8, 9)]
    assert networks.all_references(training_rows=20) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rows_per_source": (5, 40)}, "rows_per_source = 40: must be at most the training_rows"),
        ({"num_hidden": 3}, "num_hidden = 3: must be at most 2"),
        ({"num_evaluations": 1}, "evaluations = 1: must be"),
    ],
)
def test_what_no_run_can_have_is_refused_before_any_is_asked_for(given, message):
    with pytest.raises(ValueError, match=message):
        Networks.of(OfPage(**given), num_slices=2)


def test_a_field_that_is_no_number_is_named():
    with pytest.raises(ParameterError, match="num_slices = "):
        Networks.of(OfPage())
