"""Case study 2: configs that are refused, and rows of tiny runs."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import torch

from ddlib.config import ParameterError
from ddlib.experiments import parametric as module
from ddlib.experiments import parametric_draw as drawing
from ddlib.experiments.parametric import AT_ROWS, FEATURE, NOWHERE, PARAMETRIC
from ddlib.experiments.parametric_draw import draw_task
from ddlib.pinn import PROBLEMS
from ddlib.pinn.criteria import fit
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.network_pinn import NetworkPINN
from ddlib.pinn.operator_network import OperatorNetwork
from ddlib.problem import evaluate
from ddlib.streams import stream
from tests.pinn.small_tasks import WRITTEN

TINY = {
    "seed": 0, "num_rows": 4, "num_steps": 4, "num_snapshots": 2, "num_features": 20,
    "feature_draws": 2, "num_solves": 1, "num_models": 2, "objective_draws": 2,
}  # fmt: skip
ALLOWED = {
    "problem": ", ".join(PROBLEMS),
    "criterion": "fit, fit and residual, fit and solution, oracle",
    "made_for": "PINN, plain, both",
    "deployment": "known, unknown",
    "method": "training rows, random subset, spread points, best of random points, "
    "adaptive points, active learning, optimised law, optimised points, distilled, "
    "distilled at once, distilled by zeroth order",
}
EXACT, UNUSED = f"{AT_ROWS}, exact values", f"{AT_ROWS}, values unused"
ERRORS = ["inside", "outside", "residual"]


@dataclass(frozen=True)
class SmallPINN(FeaturePINN):
    """The feature PINN of few iterations where it needs any."""

    num_iterations: int = 3


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(drawing, "FeaturePINN", SmallPINN)


def config_of(**settings):
    return module.ParametricConfig(**TINY | settings)


def table_of(**settings):
    return PARAMETRIC.compute(config_of(**settings))


def untimed(table, *others):
    return table.drop(columns=["seconds", *others])


def made_by(config):
    """Task, judge, and the set of a config as `parametric` makes it."""
    task, judge = draw_task(config, config.made_for, config.deployment)
    return task, judge, module.run_method(config, task)


# Configs


@pytest.mark.parametrize("name", ALLOWED)
def test_an_unknown_name_is_one_line_with_those_allowed(name):
    with pytest.raises(ParameterError) as error:
        config_of(**{name: "magic"})
    assert str(error.value) == f"{name} = 'magic': unknown; must be one of {ALLOWED[name]}"


@pytest.mark.parametrize(
    ("names", "value", "rule"),
    [
        (["noise", "penalty", "step_size", "value_step_size", "smoothing"], 0.0, "greater than 0"),
        (["num_rows", "num_steps", "objective_draws"], 0, "greater than or equal to 1"),
    ],
)
def test_sizes_and_counts_that_are_impossible_are_one_line(names, value, rule):
    for name in names:
        with pytest.raises(ParameterError, match=f"^{name} = {value}: must be {rule}$"):
            config_of(**{name: value})


def test_an_ensemble_has_at_least_two_models():
    with pytest.raises(ParameterError, match=r"^num_models = 1: must be greater than or equal to"):
        config_of(num_models=1)


# Rows


@pytest.mark.parametrize(
    ("problem", "deployment"),
    [*((problem, "known") for problem in WRITTEN), ("RobinPoisson", "unknown")],
)
def test_rows_of_a_tiny_run(problem, deployment):
    table = table_of(problem=problem, deployment=deployment)
    assert list(table) == list(PARAMETRIC.columns)
    assert (table.learner == FEATURE).all()
    last = [AT_ROWS, NOWHERE, UNUSED, EXACT, "in the training tail", "over the prior"]
    on_the_way = len(table) - len(last)
    assert table.physics.tolist() == [AT_ROWS] * on_the_way + last
    assert table["last"].tolist() == [False] * on_the_way + [True] * len(last)
    assert table.step.tolist() == [0, 1, 2, 3] + [4] * len(last)
    numbers = table[[*ERRORS, "value_error", "objective", "seconds"]].to_numpy()
    assert np.isfinite(numbers).all()
    assert (numbers >= 0).all()
    has_bars = table["last"] & table.physics.isin([AT_ROWS, NOWHERE])
    assert (table[["coverage", "width"]].notna().all(axis=1) == has_bars).all()
    assert table.coverage[has_bars].between(0, 1).all()
    assert (table.beyond > 0).any() == (deployment == "known")
    assert set(table.evaluations) == {0}
    assert set(table.gradients) == {4}
    assert table.objective.nunique() == table.seconds.nunique() == 1


@pytest.mark.parametrize("method", ["training rows", "best of random points", "optimised law"])
def test_a_set_without_snapshots_is_its_own_last(method):
    config = config_of(method=method)
    table, (_, _, made) = PARAMETRIC.compute(config), made_by(config)
    assert table["last"].all()
    assert set(table.step) == {0}
    assert set(table.evaluations) == {made.cost.evaluations}
    assert set(table.gradients) == {made.cost.gradients}


def test_value_errors_are_the_noise_and_none_where_values_are_exact():
    config = config_of(method="training rows")
    task, _, _ = made_by(config)
    errors = PARAMETRIC.compute(config).set_index("physics").value_error
    noise = (task.data.training - task.data.clean)[:, -1].square().mean().sqrt().item()
    assert errors[EXACT] == 0
    assert errors.drop(EXACT).to_numpy() == pytest.approx(noise, rel=1e-9)


def test_beyond_is_the_share_of_alphas_above_the_training_tail():
    table = table_of(method="spread points", num_rows=10, lower=0.3)
    # Quantiles 0.05, 0.15, and 0.25 are in the tail, the other seven beyond.
    assert set(table.beyond) == {0.7}
    assert set(table_of(method="random subset", num_rows=10).beyond) == {0.0}


def test_the_errors_are_those_of_the_learner_on_held_out_draws():
    config = config_of(seed=1)
    task, judge, made = made_by(config)
    table = PARAMETRIC.compute(config).set_index(["physics", "step"])
    rows, start = made.rows, made.snapshots[0]
    exact = torch.cat([rows[:, :-1], task.problem.solution(rows[:, :-1])[:, None]], dim=1)
    cases = {
        (AT_ROWS, 0): (task.pinn, start),
        (AT_ROWS, 4): (task.pinn, rows),
        (NOWHERE, 4): (task.learners[1], rows),
        (UNUSED, 4): (replace(task.pinn, data_weight=0.0), rows),
        (EXACT, 4): (task.pinn, exact),
        ("over the prior", 4): (replace(task.pinn, policy=task.policy), rows),
    }
    for case, (learner, learnt_from) in cases.items():
        for name in ERRORS:
            generator, criterion = stream(1, "judging"), getattr(judge, name)
            value = evaluate(learner, learnt_from, criterion, generator=generator, num_draws=2)
            assert np.asarray(table.loc[case, name]).item() == pytest.approx(value, rel=1e-9)


def test_the_objective_is_the_mean_over_learners_and_held_out_draws():
    config = config_of(method="spread points")
    task, _, made = made_by(config)
    label = task.solution(generator=stream(0, "distillation"))
    points, generator = task.policy(None).interior, stream(0, "held-out objective")
    target = torch.cat([points, label(points)[:, None]], dim=1)
    models = [a(made.rows, generator=generator) for a in task.learners for _ in range(2)]
    values = [(fit(task.data.training)(a) + fit(target)(a)).item() for a in models]
    found = PARAMETRIC.compute(config).objective.to_numpy()
    assert found == pytest.approx(np.mean(values), rel=1e-9)


# Determinism, and what test rows may do


def test_a_seed_is_a_table_and_others_are_others():
    first, again, other = (untimed(table_of(seed=seed)) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert (first[ERRORS] != other[ERRORS]).all(axis=None)


def test_test_rows_change_their_own_columns_only(monkeypatch):
    before, draw = table_of(), drawing.draw_parametric

    def drawn(*arguments, **settings):
        data = draw(*arguments, **settings)
        outside = data.outside * torch.tensor([1.0, 1.0, 2.0])
        return replace(data, outside=outside, validation=None, clean=None)

    monkeypatch.setattr(drawing, "draw_parametric", drawn)
    after, changed = table_of(), ["outside", "coverage", "width"]
    pd.testing.assert_frame_equal(
        untimed(before, *changed), untimed(after, *changed), check_exact=True
    )
    assert (before.outside != after.outside).all()


# Rows in other hands


@dataclass(frozen=True)
class QuickNetwork(NetworkPINN):
    """The physics-informed network, hardly trained."""

    num_adam: int = 3


@dataclass(frozen=True)
class QuickOperator(OperatorNetwork):
    """The DeepONet, hardly trained."""

    num_adam: int = 3


def test_other_learners_get_the_set(monkeypatch):
    monkeypatch.setattr(module, "NetworkPINN", QuickNetwork)
    monkeypatch.setattr(module, "OperatorNetwork", QuickOperator)
    config = config_of(method="training rows", num_lbfgs=2)
    without = PARAMETRIC.compute(config)
    table = PARAMETRIC.compute(config.model_copy(update={"transfer": True}))
    pd.testing.assert_frame_equal(
        untimed(table[: len(without)]), untimed(without), check_exact=True
    )
    others = table[len(without) :].set_index("learner")
    blind = (module.PLAIN, module.OPERATOR, module.PROCESS, module.BOOSTING)
    expected = {module.NETWORK: AT_ROWS} | dict.fromkeys(blind, NOWHERE)
    assert others.physics.to_dict() == expected
    assert others["last"].all()
    assert others[["inside", "outside", "value_error", "objective"]].notna().all(axis=None)
    assert others.index[others.residual.notna()].tolist() == [module.NETWORK, module.PLAIN]
    assert others[["coverage", "width"]].isna().all(axis=None)
    assert others.inside.nunique() == len(others)
    # Rows of the training tail teach them that tail, and nothing of the other.
    knows = others.loc[[module.PROCESS, module.BOOSTING]]
    assert (knows.inside < 0.2).all()
    assert (knows.outside > 0.2).all()
