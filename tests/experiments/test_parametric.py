"""Case study 2: configs that are refused, and rows of tiny runs."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import torch

from ddlib.config import ParameterError
from ddlib.distillers import FirstOrder, ZerothOrder
from ddlib.experiments import parametric as module
from ddlib.experiments import parametric_draw as drawing
from ddlib.experiments.parametric import (
    AT_ROWS,
    BOOSTING,
    DESCENTS,
    DISTILLED,
    FEATURE,
    LEARNERS,
    NETWORK,
    NOWHERE,
    PARAMETRIC,
    PLAIN,
    PROCESS,
    TRAINING_ROWS,
    ParametricConfig,
    distiller,
    draw_task,
    run_distillation,
)
from ddlib.pinn import PROBLEMS
from ddlib.pinn.distillation import CRITERIA, STARTS, OneOf
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.network_pinn import NetworkPINN
from ddlib.problem import evaluate
from ddlib.streams import stream

TINY = {
    "seed": 0, "num_rows": 4, "num_steps": 4, "num_snapshots": 2, "num_features": 20,
    "feature_draws": 2,
}  # fmt: skip
ALLOWED = {
    "problem": "DirichletPoisson, RobinPoisson, NonlinearConduction, BurgersFront",
    "criterion": "fit, fit and residual, fit and solution, oracle",
    "made_for": "PINN, plain, both",
    "method": "first-order, zeroth-order",
    "start": "prior, training",
}
MEASURED = ["inside", "outside", "residual", "value_error", "beyond"]


@dataclass(frozen=True)
class SmallPINN(FeaturePINN):
    """The feature PINN of few iterations where it needs any."""

    num_iterations: int = 3


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(drawing, "FeaturePINN", SmallPINN)


def config_of(**settings):
    return ParametricConfig(**TINY | settings)


def table_of(**settings):
    return PARAMETRIC.compute(config_of(**settings))


def untimed(table, *others):
    return table.drop(columns=["seconds", *others])


def rows_of(config):
    """The distilled rows of a config, as `parametric` makes them."""
    task, _ = draw_task(config, config.made_for)
    return run_distillation(config, task).rows


# Configs


@pytest.mark.parametrize("name", ALLOWED)
def test_an_unknown_name_is_one_line_with_those_allowed(name):
    with pytest.raises(ParameterError) as error:
        config_of(**{name: "magic"})
    assert str(error.value) == f"{name} = 'magic': unknown; must be one of {ALLOWED[name]}"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"lower": 0.6, "upper": 0.5},
            "lower = 0.6, upper = 0.5: must sum to below 1",
        ),
        ({"lower": 0.0}, "lower = 0.0: must be greater than 0"),
        ({"noise": 0.0}, "noise = 0.0: must be greater than 0"),
        ({"penalty": 0.0}, "penalty = 0.0: must be greater than 0"),
        ({"step_size": 0.0}, "step_size = 0.0: must be greater than 0"),
        ({"num_rows": 0}, "num_rows = 0: must be greater than or equal to 1"),
        ({"num_steps": 0}, "num_steps = 0: must be greater than or equal to 1"),
        ({"num_snapshots": 0}, "num_snapshots = 0: must be greater than or equal to 1"),
    ],
)
def test_impossible_values_are_one_line(settings, line):
    with pytest.raises(ParameterError) as error:
        config_of(**settings)
    assert str(error.value) == line


def test_more_rows_than_for_training_are_refused():
    with pytest.raises(ValueError, match="num_rows = 201: must be from 1 to the 200 training rows"):
        table_of(num_rows=201)


@pytest.mark.parametrize("made_for", LEARNERS)
def test_rows_are_made_for_the_learner_that_is_named(made_for):
    task, _ = draw_task(config_of(), made_for)
    plain, rows = made_for == "plain", task.data.training
    if made_for == "both":
        assert isinstance(task.learner, OneOf)
        learners = task.learner.learners
        assert len(learners) == 2
    else:
        learners = [task.learner]
    for learner in learners:
        assert len(learner.policy(rows).interior) == (0 if plain else len(rows))
        plain = True
    assert len(task.pinn.policy(rows).interior) == len(rows)


def test_the_method_is_the_one_that_is_named():
    kinds = {method: type(distiller(config_of(method=method))) for method in DESCENTS}
    assert kinds == {"first-order": FirstOrder, "zeroth-order": ZerothOrder}


# Rows


@pytest.mark.parametrize("problem", PROBLEMS)
def test_rows_of_a_tiny_run(problem):
    table = table_of(problem=problem, num_steps=2, num_snapshots=1)
    assert list(table) == list(PARAMETRIC.columns)
    assert (table.learner == FEATURE).all()
    assert table.rows.tolist() == [TRAINING_ROWS] + [DISTILLED] * (len(table) - 1)
    assert table.physics.tolist() == [
        *[AT_ROWS] * 3,
        f"{AT_ROWS}, values unused",
        f"{AT_ROWS}, exact values",
        NOWHERE,
        "in the training tail",
        "over the prior",
    ]
    assert table.step.tolist() == [-1, 0, *[2] * 6]
    numbers = table[[*MEASURED, "seconds"]].to_numpy()
    assert np.isfinite(numbers).all()
    assert (numbers >= 0).all()
    assert (table[["inside", "outside"]] > 0).all(axis=None)
    assert table.beyond.between(0, 1).all()
    assert table.seconds.nunique() == 1


@pytest.mark.parametrize(
    ("num_steps", "num_snapshots", "steps"),
    [(4, 2, [0, 2, 4]), (4, 4, [0, 1, 2, 3, 4]), (3, 5, [0, 1, 2, 3]), (5, 2, [0, 2, 4, 5])],
)
def test_snapshots_are_at_even_steps_and_at_both_ends(num_steps, num_snapshots, steps):
    table = table_of(num_steps=num_steps, num_snapshots=num_snapshots, num_rows=2)
    assert table.step[: len(steps) + 1].tolist() == [-1, *steps]
    assert table.step[len(steps) :].unique().tolist() == [num_steps]


def test_the_last_rows_are_taken():
    config = config_of()
    task, _ = draw_task(config, config.made_for)
    run = run_distillation(config, task)
    assert torch.equal(run.rows, run.snapshots[-1].rows)
    assert not torch.equal(run.rows, run.snapshots[0].rows)


@pytest.mark.parametrize("problem", ["RobinPoisson", "DirichletPoisson"])
def test_value_errors_are_the_noise_and_none_where_values_are_exact(problem):
    config = config_of(problem=problem)
    task, _ = draw_task(config)
    table = PARAMETRIC.compute(config)
    noise = (task.data.training - task.data.clean)[:, -1]
    training, expected = table[table.rows == TRAINING_ROWS], noise.square().mean().sqrt().item()
    assert training.value_error.item() == pytest.approx(expected, rel=1e-9)
    exact = table.physics == f"{AT_ROWS}, exact values"
    assert table.value_error[exact].tolist() == [0.0]
    assert (table.value_error[~exact] > 0).all()


def test_beyond_is_the_share_of_alphas_above_the_training_tail():
    table = table_of(num_rows=10, lower=0.3, num_steps=1)
    # Quantiles 0.05, 0.15, and 0.25 are in the tail, the other seven beyond.
    assert table.beyond[:2].tolist() == [0.0, 0.7]
    table = table_of(num_rows=10, start="training", num_steps=1)
    assert table.beyond[1] == 0.0


def test_the_errors_are_those_of_the_learner_on_held_out_draws():
    config = config_of(seed=1)
    task, judge = draw_task(config, config.made_for)
    rows = run_distillation(config, task).rows
    table = PARAMETRIC.compute(config).set_index(["physics", "step"])
    learners = {
        AT_ROWS: task.pinn,
        f"{AT_ROWS}, values unused": replace(task.pinn, data_weight=0.0),
    }
    for physics, learner in learners.items():
        for name in ("inside", "outside", "residual"):
            value = evaluate(
                learner,
                rows,
                getattr(judge, name),
                generator=stream(1, "judging"),
                num_draws=2,
            )
            found = table.loc[(physics, TINY["num_steps"]), name]
            assert np.asarray(found).item() == pytest.approx(value, rel=1e-9)


def test_errors_are_relative_and_at_the_rows_that_they_name():
    """Of the model that is 0 everywhere the relative error is 1, of 1.5 u it is a half."""
    task, judge = draw_task(config_of())
    for factor, error in ((0.0, 1.0), (1.5, 0.5), (1.0, 0.0)):

        def model(points, factor=factor):
            return factor * task.problem.solution(points)

        assert judge.inside(model).item() == pytest.approx(error)
        assert judge.outside(model).item() == pytest.approx(error)


# Determinism, and what test rows may do


def test_a_seed_is_a_table_and_others_are_others():
    first, again, other = (untimed(table_of(seed=seed)) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    for name in ("inside", "outside", "residual", "value_error"):
        assert (first[name] != other[name]).sum() >= len(first) - 1, name


def test_the_rows_that_are_distilled_do_not_touch_the_global_state():
    state = torch.get_rng_state()
    rows_of(config_of())
    assert torch.equal(torch.get_rng_state(), state)


def replace_data(monkeypatch, change):
    """Draw the same data with some of the splits changed."""
    draw = drawing.draw_parametric

    def drawn(*arguments, **settings):
        data = draw(*arguments, **settings)
        return replace(data, **change(data))

    monkeypatch.setattr(drawing, "draw_parametric", drawn)


@pytest.mark.parametrize("criterion", [name for name in CRITERIA if name != "oracle"])
@pytest.mark.parametrize("method", DESCENTS)
@pytest.mark.parametrize("start", STARTS)
def test_test_rows_choose_nothing(monkeypatch, criterion, method, start):
    config = config_of(criterion=criterion, method=method, start=start, num_steps=3)
    before = rows_of(config)
    replace_data(monkeypatch, lambda data: {"outside": 3 * data.outside, "inside": -data.inside})
    assert torch.equal(rows_of(config), before)


def test_the_oracle_s_rows_do_depend_on_test_rows(monkeypatch):
    config = config_of(criterion="oracle", num_steps=3)
    before = rows_of(config)
    replace_data(monkeypatch, lambda data: {"outside": 3 * data.outside})
    assert not torch.equal(rows_of(config), before)


def test_test_rows_change_their_own_column_only(monkeypatch):
    before = table_of()

    def change(data):
        return {"outside": data.outside * torch.tensor([1.0, 1.0, 2.0])}

    replace_data(monkeypatch, change)
    after = table_of()
    pd.testing.assert_frame_equal(
        untimed(before, "outside"), untimed(after, "outside"), check_exact=True
    )
    assert (before.outside != after.outside).all()


def test_validation_and_clean_rows_are_not_used(monkeypatch):
    before = untimed(table_of())
    replace_data(monkeypatch, lambda data: dict.fromkeys(("validation", "clean"), None))
    pd.testing.assert_frame_equal(untimed(table_of()), before, check_exact=True)


# Rows in other hands


@dataclass(frozen=True)
class QuickNetwork(NetworkPINN):
    """The physics-informed network, hardly trained."""

    widths: tuple[int, ...] = (4,)
    num_adam: int = 3


def test_other_learners_get_both_sets(monkeypatch):
    monkeypatch.setattr(module, "NetworkPINN", QuickNetwork)
    config = config_of(transfer=True, num_lbfgs=2)
    table = PARAMETRIC.compute(config)
    without = PARAMETRIC.compute(config_of())
    pd.testing.assert_frame_equal(
        untimed(table[: len(without)]), untimed(without), check_exact=True
    )
    others = table[len(without) :]
    found = list(others[["learner", "physics", "rows", "step"]].itertuples(index=False, name=None))
    assert found == [
        (learner, physics, rows, step)
        for learner, physics in (
            (NETWORK, AT_ROWS),
            (PLAIN, NOWHERE),
            (PROCESS, NOWHERE),
            (BOOSTING, NOWHERE),
        )
        for rows, step in ((DISTILLED, TINY["num_steps"]), (TRAINING_ROWS, -1))
    ]
    assert others[["inside", "outside"]].notna().all(axis=None)
    has_jet = others.learner.isin([NETWORK, PLAIN])
    assert (others.residual.notna() == has_jet).all()
    assert others.groupby("rows").beyond.nunique().tolist() == [1, 1]
    assert others.groupby("rows").value_error.nunique().tolist() == [1, 1]
    assert others.inside.nunique() == len(others)
    # Rows of the training tail teach them that tail, and nothing of the other.
    knows = others[others.learner.isin([PROCESS, BOOSTING]) & (others.rows == TRAINING_ROWS)]
    assert (knows.inside < 0.2).all()
    assert (knows.outside > 0.2).all()
