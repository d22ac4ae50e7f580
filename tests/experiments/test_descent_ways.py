"""The named descents of case study 1: what they spend, what they change, and their grids."""

from pathlib import Path

import pytest

from ddlib.experiments.descent_ways import (
    ALL,
    CAPTION,
    CHANGES,
    FIRST,
    LITERAL,
    MANY_DIRECTIONS,
    NO_PRIOR,
    OTHER_OPTIMIZER,
    OTHER_START,
    WAYS,
    WHOLE,
    descent_config,
)
from ddlib.experiments.descents import DescentsConfig
from ddlib.runs.grid import read_grid

ROOT = Path(__file__).parents[2]
GRIDS = {
    CAPTION: ("descents", "descents_slices"),
    ALL: ("descents_all", "descents_slices_all", "descents_small_all"),
    FIRST: ("descents_first", "descents_slices_first"),
    LITERAL: ("descents_letter",),
    NO_PRIOR: ("descents_prior",),
    OTHER_OPTIMIZER: ("descents_adam",),
    MANY_DIRECTIONS: ("descents_directions",),
    OTHER_START: ("descents_start",),
    WHOLE: ("descents_whole",),
}
SOURCES = ("seed", "rows_per_source", "num_slices", "training_rows", "validation_rows")


@pytest.mark.parametrize("way", WAYS)
def test_the_grids_of_the_sweep_hold_the_ways(way):
    for name in GRIDS[way]:
        evaluations, gradients = (800, 100) if "slices" in name else (2400, 300)
        _, configs = read_grid(ROOT / "grids" / f"{name}.yml").configs()
        for config in configs:
            sources = config.model_dump(include=set(SOURCES))
            budget = {"evaluations": evaluations, "gradients": gradients}
            assert config == descent_config(way, **budget, **sources)


def test_every_grid_is_of_a_way():
    names = {path.stem for path in (ROOT / "grids").glob("descents*.yml")}
    assert names == {name for grids in GRIDS.values() for name in grids}


@pytest.mark.parametrize("way", CHANGES)
def test_a_change_is_of_one_thing(way):
    """The step size is chosen for each, and the steps follow from the evaluations."""
    budget = {"evaluations": 2400, "gradients": 300, "seed": 0}
    caption, changed = (descent_config(name, **budget) for name in (CAPTION, way))
    chosen = {"step_size", "num_steps"}
    differences = {
        field
        for field in set(DescentsConfig.model_fields) - chosen
        if getattr(caption, field) != getattr(changed, field)
    }
    assert differences in (
        {"optimizer"}, {"start"}, {"learn_from"}, {"num_directions", "antithetic"},
    )  # fmt: skip


def test_learning_from_all_makes_all_changes_at_once_and_no_other():
    """The landing page counts the changes, and the page of claims names them."""
    together = {name: value for way in CHANGES for name, value in WAYS[way].items()}
    assert {**together, "step_size": 0} == {**WAYS[ALL], "step_size": 0}
    assert (WAYS[ALL]["learn_from"], WAYS[ALL]["start"]) == ("all", "drawn")


@pytest.mark.parametrize("way", WAYS)
def test_a_way_spends_what_it_is_given(way):
    config = descent_config(way, evaluations=64, gradients=5, seed=0)
    spent = 5 if way in (FIRST, NO_PRIOR) else 64 // config.sets_per_step
    assert config.num_steps == spent


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match=r"way = 'caption': unknown; must be one of Algorithm 1"):
        descent_config("caption", evaluations=2, gradients=1, seed=0)


@pytest.mark.parametrize(
    ("way", "budget", "message"),
    [
        (CAPTION, {"evaluations": 1}, "evaluations = 1: must be"),
        (ALL, {"evaluations": 31}, "evaluations = 31: must be"),
        (ALL, {"evaluations": 64.0}, r"evaluations = 64\.0: must be"),
        (CAPTION, {"evaluations": "64"}, "evaluations = '64': must be"),
        (FIRST, {"gradients": 0}, "gradients = 0: must be"),
    ],
)
def test_a_budget_below_one_step_is_refused_by_its_name(way, budget, message):
    with pytest.raises(ValueError, match=message):
        descent_config(way, **{"evaluations": 64, "gradients": 5, "seed": 0} | budget)
