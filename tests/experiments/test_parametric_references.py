"""Case study 2 without distillation: rows as declared, in the order that theory wants."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

from ddlib.config import ParameterError
from ddlib.experiments import parametric_draw as drawing
from ddlib.experiments import parametric_references as module
from ddlib.experiments.parametric import ParametricConfig
from ddlib.experiments.parametric_draw import draw_task
from ddlib.experiments.parametric_references import (
    ADAPTIVE,
    CEILING,
    CLEAN_ROWS,
    HARD,
    K_CENTER,
    NO_PHYSICS,
    PARAMETRIC_REFERENCES,
    RANDOM_SUBSET,
    SMOOTHED,
    SPREAD,
    TAIL,
    TRAINING_ROWS,
    ParametricReferencesConfig,
)
from ddlib.pinn.collocation import at_alphas
from ddlib.pinn.hard_boundary import HardBoundaryPINN
from ddlib.problem import evaluate
from ddlib.streams import stream

TINY = {"seed": 0, "budgets": (3, 5), "num_adaptive": 2, "num_rounds": 1, "feature_draws": 2}
ALL = [TRAINING_ROWS, CLEAN_ROWS, NO_PHYSICS, TAIL, CEILING, ADAPTIVE, SMOOTHED, HARD]
SMALL_SETS = [RANDOM_SUBSET, K_CENTER, SPREAD, f"{SPREAD}, {NO_PHYSICS}"]
ERRORS = ["inside", "outside", "residual"]


@pytest.fixture
def small(monkeypatch):
    """Learners of few features, and of few iterations where they need any."""
    few = {"num_features": 20, "num_iterations": 15}

    def draw(config):
        task, judge = draw_task(config)
        return replace(task, pinn=replace(task.pinn, **few)), judge

    monkeypatch.setattr(module, "draw_task", draw)
    monkeypatch.setattr(module, "HardBoundaryPINN", partial(HardBoundaryPINN, **few))


def config_of(**settings):
    return ParametricReferencesConfig(**TINY | settings)


def table_of(**settings):
    return PARAMETRIC_REFERENCES.compute(config_of(**settings))


def cases_of(config):
    """What is judged: name, learner and rows, as the table has them."""
    task, _ = module.draw_task(config)
    generator = stream(config.seed, "references")
    return task, [
        *module._all_rows(config, task, generator=generator),
        *module._small_sets(config, task, generator=generator),
    ]


def rows_named(config, name):
    task, cases = cases_of(config)
    return task, [rows for other, _, rows in cases if other == name]


# Configs


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"problem": "magic"},
            "problem = 'magic': unknown; must be one of DirichletPoisson, RobinPoisson, "
            "NonlinearConduction, BurgersFront",
        ),
        (
            {"lower": 0.5, "upper": 0.5},
            "lower = 0.5, upper = 0.5: must sum to below 1",
        ),
        ({"noise": 0.0}, "noise = 0.0: must be greater than 0"),
        ({"penalty": 0.0}, "penalty = 0.0: must be greater than 0"),
        ({"num_rounds": 0}, "num_rounds = 0: must be greater than or equal to 1"),
        ({"num_adaptive": 0}, "num_adaptive = 0: must be greater than or equal to 1"),
        (
            {"criterion": "fit"},
            "criterion = 'fit': unknown; must be one of seed, problem, noise, lower, upper, "
            "penalty, num_features, feature_draws, num_solves, budgets, num_adaptive, num_rounds",
        ),
    ],
)
def test_impossible_values_are_one_line(settings, line):
    with pytest.raises(ParameterError) as error:
        config_of(**settings)
    assert str(error.value) == line


def test_there_must_be_a_budget():
    with pytest.raises(ParameterError, match=r"budgets = \(\): must have at least 1 item"):
        config_of(budgets=())


def test_the_data_are_those_that_rows_are_distilled_from():
    """A comparison of both tables is one on the same data, and by the same judge."""
    distilled = ParametricConfig(seed=2, num_rows=7)
    (ours, judge), (theirs, other) = draw_task(config_of(seed=2)), draw_task(distilled)
    assert torch.equal(ours.data.training, theirs.data.training)
    assert torch.equal(ours.data.outside, theirs.data.outside)
    model = ours.pinn(ours.data.training, generator=stream(0, "any"))
    assert judge.residual(model) == other.residual(model)


# Rows


@pytest.mark.parametrize(
    "problem", ["RobinPoisson", "DirichletPoisson", "NonlinearConduction", "BurgersFront"]
)
def test_rows_are_a_method_each_and_burgers_has_no_hard_boundary(small, problem):
    table = table_of(problem=problem, budgets=(3,))
    everywhere = [name for name in ALL if name != HARD or problem != "BurgersFront"]
    assert table.method.tolist() == everywhere + SMALL_SETS
    assert table.num_rows.tolist() == [200] * len(everywhere) + [3] * 4
    assert np.isfinite(table[ERRORS]).all(axis=None)
    assert (table[ERRORS] > 0).all(axis=None)


def test_each_budget_has_its_small_sets(small):
    table = table_of(budgets=(3, 20))
    small_sets = table[table.num_rows < 200]
    assert small_sets.method.tolist() == SMALL_SETS * 2
    assert small_sets.num_rows.tolist() == [3] * 4 + [20] * 4


def test_a_seed_is_a_table_and_others_are_others(small):
    first, again, other = (table_of(seed=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert (first[ERRORS] != other[ERRORS]).all(axis=None)


def test_the_errors_are_those_of_the_cases_on_held_out_draws(small):
    config = config_of(budgets=(3,))
    table = PARAMETRIC_REFERENCES.compute(config).set_index("method")
    _, judge = draw_task(config)
    for name, learner, rows in cases_of(config)[1]:
        for column in ("inside", "outside"):
            value = evaluate(
                learner,
                rows,
                getattr(judge, column),
                generator=stream(0, "judging"),
                num_draws=2,
            )
            assert table.loc[name, column] == pytest.approx(value, rel=1e-9), name


def test_sets_are_what_their_names_say(small):
    config = config_of(budgets=(6,))
    task, cases = cases_of(config)
    data, rows = task.data, {name: rows for name, _, rows in cases}
    learners = {name: learner for name, learner, _ in cases}
    for name in (TRAINING_ROWS, NO_PHYSICS, TAIL, CEILING, ADAPTIVE, HARD):
        assert torch.equal(rows[name], data.training), name
    assert torch.equal(rows[CLEAN_ROWS], data.clean)
    assert torch.equal(rows[SMOOTHED][:, :-1], data.training[:, :-1])
    assert not torch.equal(rows[SMOOTHED], data.training)
    known = {tuple(row) for row in data.training.tolist()}
    for name in (RANDOM_SUBSET, K_CENTER):
        assert len({tuple(row) for row in rows[name].tolist()} & known) == 6, name
    assert torch.equal(rows[SPREAD], rows[f"{SPREAD}, {NO_PHYSICS}"])
    own = set(data.training[:, -2].tolist())
    asked = {n: set(learners[n].policy(rows[n]).interior[:, -1].tolist()) for n in learners}
    assert asked[TRAINING_ROWS] == asked[CLEAN_ROWS] == asked[SMOOTHED] == asked[HARD] == own
    assert asked[NO_PHYSICS] == asked[f"{SPREAD}, {NO_PHYSICS}"] == set()
    assert len(asked[ADAPTIVE] - own) == 2
    assert own < asked[ADAPTIVE]
    assert max(asked[TAIL]) < -0.84 < 2.7 < max(asked[CEILING])
    assert asked[SPREAD] == set(rows[SPREAD][:, -2].tolist())


def test_k_center_spreads_out_more_than_a_random_subset(small):
    """By the distance from a training row to the nearest row that is kept, columns in one unit."""
    for seed in range(3):
        task, cases = cases_of(config_of(budgets=(10,), seed=seed))
        inputs = task.data.training[:, :-1]
        rows = {name: kept[:, :-1] for name, _, kept in cases}
        covered = {
            name: torch.cdist(inputs / inputs.std(0), rows[name] / inputs.std(0)).amin(1).max()
            for name in (RANDOM_SUBSET, K_CENTER)
        }
        assert covered[K_CENTER] < covered[RANDOM_SUBSET]


# What theory wants, with all features


@pytest.mark.parametrize("problem", ["RobinPoisson", "DirichletPoisson"])
def test_spread_rows_are_labelled_close_to_the_exact_solution(problem):
    task, (rows,) = rows_named(config_of(problem=problem, budgets=(20,)), SPREAD)
    values = task.problem.solution(rows[:, :-1])
    error = (rows[:, -1] - values).square().mean().sqrt() / values.square().mean().sqrt()
    assert error.item() < 0.01
    low, high = rows[:, -2].min().item(), rows[:, -2].max().item()
    assert low < -1.9 < 1.9 < high


def test_physics_over_the_prior_is_the_ceiling_and_none_is_the_floor():
    tables = [table_of(seed=seed, budgets=(20,)).set_index("method") for seed in range(2)]
    outside = pd.concat([table.outside for table in tables], axis=1).median(axis=1)
    assert outside[CEILING] == outside.min()
    assert outside[CEILING] < 0.01
    assert outside[[TRAINING_ROWS, TAIL, ADAPTIVE, HARD, SPREAD]].max() < outside[NO_PHYSICS]
    assert outside[SPREAD] < outside[RANDOM_SUBSET]
    inside = pd.concat([table.inside for table in tables], axis=1).median(axis=1)
    assert inside[CLEAN_ROWS] < inside[TRAINING_ROWS] < inside[NO_PHYSICS] < 0.1


def test_adaptive_parameters_are_asked_in_rounds_without_labels(small, monkeypatch):
    """The rounds learn from training rows alone, and the policy is a grid at what they found."""
    seen, found = {}, torch.tensor([0.5, 1.5], dtype=torch.float64)

    def adaptive(problem, learner_for, rows, **settings):
        seen.update(settings, rows=rows, learner=learner_for(found))
        return found

    monkeypatch.setattr(module, "adaptive_alphas", adaptive)
    task, cases = cases_of(config_of(num_adaptive=6, num_rounds=3))
    assert (seen["num_alphas"], seen["num_rounds"]) == (6, 3)
    assert torch.equal(seen["rows"], task.data.training)
    policy = next(learner.policy for name, learner, _ in cases if name == ADAPTIVE)
    own = task.data.training[:, -2].unique()
    expected = at_alphas(task.problem, torch.cat([own, found]), num_points=7)(None)
    assert torch.equal(policy(None).interior, expected.interior)
    assert torch.equal(
        seen["learner"].policy(None).interior,
        at_alphas(task.problem, found, num_points=7)(None).interior,
    )


def test_test_rows_choose_nothing(small, monkeypatch):
    _, before = cases_of(config_of())
    draw = drawing.draw_parametric

    def blind(*arguments, **settings):
        data = draw(*arguments, **settings)
        return replace(data, inside=-data.inside, outside=3 * data.outside)

    monkeypatch.setattr(drawing, "draw_parametric", blind)
    _, after = cases_of(config_of())
    for (name, ours, rows), (other, theirs, others) in zip(before, after, strict=True):
        assert name == other
        assert torch.equal(rows, others), name
        points = ours.policy(rows), theirs.policy(others)
        assert torch.equal(points[0].interior, points[1].interior), name
