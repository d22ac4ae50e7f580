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
from ddlib.experiments.parametric_draw import bars, draw_task
from ddlib.experiments.parametric_references import (
    ADAPTIVE,
    CEILING,
    CLEAN_ROWS,
    HARD,
    NO_PHYSICS,
    PARAMETRIC_REFERENCES,
    SMOOTHED,
    TAIL,
    TRAINING_ROWS,
    ParametricReferencesConfig,
)
from ddlib.pinn import PROBLEMS
from ddlib.pinn.collocation import at_alphas
from ddlib.pinn.hard_boundary import HardBoundaryPINN
from ddlib.problem import evaluate
from ddlib.streams import stream

TINY = {"seed": 0, "num_adaptive": 2, "num_rounds": 1, "feature_draws": 2}
ALL = [TRAINING_ROWS, CLEAN_ROWS, NO_PHYSICS, TAIL, CEILING, ADAPTIVE, SMOOTHED, HARD]
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
    return task, [*module._all_rows(config, task, generator=generator)]


# Configs


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"problem": "magic"},
            f"problem = 'magic': unknown; must be one of {', '.join(PROBLEMS)}",
        ),
        ({"lower": 0.5, "upper": 0.5}, "lower = 0.5, upper = 0.5: must sum to below 1"),
        ({"noise": 0.0}, "noise = 0.0: must be greater than 0"),
        ({"penalty": 0.0}, "penalty = 0.0: must be greater than 0"),
        ({"num_rounds": 0}, "num_rounds = 0: must be greater than or equal to 1"),
        ({"num_adaptive": 0}, "num_adaptive = 0: must be greater than or equal to 1"),
        (
            {"criterion": "fit"},
            "criterion = 'fit': unknown; must be one of seed, problem, noise, lower, upper, "
            "penalty, residual_weight, boundary_weight, num_features, feature_draws, num_solves, "
            "num_adaptive, num_rounds",
        ),
    ],
)
def test_impossible_values_are_one_line(settings, line):
    with pytest.raises(ParameterError) as error:
        config_of(**settings)
    assert str(error.value) == line


def test_rounds_must_divide_the_adaptive_values():
    with pytest.raises(ParameterError, match=r"^num_adaptive = 5, num_rounds = 2: must be a mul"):
        config_of(num_adaptive=5, num_rounds=2)


def test_the_data_are_those_that_rows_are_distilled_from():
    """A comparison of both tables is one on the same data, and by the same judge."""
    distilled = ParametricConfig(seed=2, num_rows=7)
    ours, judge = draw_task(config_of(seed=2))
    theirs, other = draw_task(distilled, "both", "unknown")
    assert torch.equal(ours.data.training, theirs.data.training)
    assert torch.equal(ours.data.outside, theirs.data.outside)
    model = ours.pinn(ours.data.training, generator=stream(0, "any"))
    assert judge.residual(model) == other.residual(model)


def test_errors_are_relative_and_at_the_rows_that_they_name():
    """Of the model that is 0 everywhere the relative error is 1, of 1.5 u it is a half."""
    task, judge = draw_task(config_of())
    for factor, error in ((0.0, 1.0), (1.5, 0.5), (1.0, 0.0)):

        def model(points, factor=factor):
            return factor * task.problem.solution(points)

        assert judge.inside(model).item() == pytest.approx(error)
        assert judge.outside(model).item() == pytest.approx(error)


def test_bars_of_an_ensemble_that_is_known():
    """Models 1 and -1: mean 0, deviation root 2, and bars of 2.77 to either side."""
    signs = iter([1.0, -1.0])

    def learner(rows, *, generator):
        sign = next(signs)
        return lambda points: torch.full_like(points[:, 0], sign)

    values = torch.tensor([0.0, 2.77, -2.77, 2.78, -2.78], dtype=torch.float64)
    rows = torch.cat([torch.zeros(5, 2), values[:, None]], dim=1)
    found = bars(learner, rows, rows, seed=0, num_models=2)
    spread = (2 * (2.77**2 + 2.78**2) / 4) ** 0.5
    assert found["coverage"] == pytest.approx(0.6)
    assert found["width"] == pytest.approx(2 * 1.96 * 2**0.5 / spread)


# Rows


@pytest.mark.parametrize(
    "problem", ["RobinPoisson", "DirichletPoisson", "NonlinearConduction", "BurgersFront"]
)
def test_rows_are_a_method_each_and_burgers_has_no_hard_boundary(small, problem):
    table = table_of(problem=problem)
    expected = ALL[:-1] if problem == "BurgersFront" else ALL
    assert table.method.tolist() == expected
    assert set(table.num_rows) == {200}
    assert np.isfinite(table[ERRORS]).all(axis=None)
    assert (table[ERRORS] > 0).all(axis=None)


def test_a_seed_is_a_table_and_others_are_others(small):
    first, again, other = (table_of(seed=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert (first[ERRORS] != other[ERRORS]).all(axis=None)


def test_the_errors_are_those_of_the_cases_on_held_out_draws(small):
    config = config_of()
    table = PARAMETRIC_REFERENCES.compute(config).set_index("method")
    _, judge = draw_task(config)
    for name, learner, rows in cases_of(config)[1]:
        for column in ("inside", "outside"):
            criterion, generator = getattr(judge, column), stream(0, "judging")
            value = evaluate(learner, rows, criterion, generator=generator, num_draws=2)
            assert table.loc[name, column] == pytest.approx(value, rel=1e-9), name


def test_sets_are_what_their_names_say(small):
    config = config_of()
    task, cases = cases_of(config)
    data, rows = task.data, {name: rows for name, _, rows in cases}
    learners = {name: learner for name, learner, _ in cases}
    for name in (TRAINING_ROWS, NO_PHYSICS, TAIL, CEILING, ADAPTIVE, HARD):
        assert torch.equal(rows[name], data.training), name
    assert torch.equal(rows[CLEAN_ROWS], data.clean)
    assert torch.equal(rows[SMOOTHED][:, :-1], data.training[:, :-1])
    assert not torch.equal(rows[SMOOTHED], data.training)
    own = set(data.training[:, -2].tolist())
    asked = {n: set(learners[n].policy(rows[n]).interior[:, -1].tolist()) for n in learners}
    assert asked[TRAINING_ROWS] == asked[CLEAN_ROWS] == asked[SMOOTHED] == asked[HARD] == own
    assert asked[NO_PHYSICS] == set()
    assert len(asked[ADAPTIVE] - own) == 2
    assert own < asked[ADAPTIVE]
    assert max(asked[TAIL]) < -0.84 < 2.7 < max(asked[CEILING])


# What theory wants, with all features


@pytest.mark.nightly
def test_physics_over_the_prior_is_the_ceiling_and_none_is_the_floor():
    tables = [table_of(seed=seed).set_index("method") for seed in range(2)]
    outside = pd.concat([table.outside for table in tables], axis=1).median(axis=1)
    assert outside[CEILING] == outside.min()
    assert outside[CEILING] < 0.01
    assert outside[[TRAINING_ROWS, TAIL, ADAPTIVE, HARD]].max() < outside[NO_PHYSICS]
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
