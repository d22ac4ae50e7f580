"""Every method on every task: refusals, and the choice on validation rows."""

from dataclasses import replace

import pytest
import torch

from ddlib.config import ParameterError
from ddlib.distillers import DISTILLERS
from ddlib.experiments import methods as module
from ddlib.experiments.methods import METHODS, MethodsConfig
from ddlib.problem import TestCriterion as Judge  # pytest collects names that start with Test
from ddlib.problem import ValidationCriterion, evaluate
from ddlib.streams import stream
from ddlib.tasks.registry import draw_tasks


def table_of(**settings):
    return METHODS.compute(MethodsConfig(**{"seed": 0, "num_steps": 10} | settings))


def test_an_unknown_method_is_refused_with_those_allowed():
    with pytest.raises(ParameterError, match="method = 'magic': unknown") as error:
        MethodsConfig(seed=0, method="magic")
    assert all(name in str(error.value) for name in ("all rows", *DISTILLERS))


def test_an_unknown_task_is_refused_with_those_allowed():
    with pytest.raises(
        ValueError, match="task = 'magic': unknown; must be one of density, prediction"
    ):
        table_of(task="magic")


def test_an_unknown_family_is_refused_with_those_allowed():
    with pytest.raises(
        ValueError, match="family = 'magic': unknown; must be one of transitions, digits"
    ):
        table_of(family="magic")


def test_a_refusal_is_one_row_with_its_reason():
    table = table_of(method="kernel inducing points", task="density", num_steps=1)
    assert len(table) == 1
    row = table.iloc[0]
    assert "kernel inducing points predict responses" in row.refusal
    assert row.judged_on == ""
    assert row[["value", "step_size", "seconds"]].isna().all()
    assert row[["draw", "step"]].tolist() == [-1, -1]


def test_random_subsets_are_judged_one_by_one_on_all_tasks():
    table = table_of(method="random", num_subsets=2)
    assert len(table) == 2 * 8
    assert table.groupby("draw").judged_on.nunique().to_dict() == {0: 8, 1: 8}
    prediction = table[table.judged_on == "prediction"].value
    assert prediction.nunique() == 2
    assert (table.refusal == "").all()


def test_all_rows_have_the_value_of_the_training_rows():
    tasks = draw_tasks("transitions", generator=stream(0, "transitions data"))
    table = table_of(method="all rows").set_index("judged_on")
    assert list(table.index) == list(tasks)
    for name, task in tasks.items():
        expected = evaluate(task.learner, task.training, task.test)
        assert table.value[name] == pytest.approx(expected, rel=1e-9), name
    assert table.step_size.isna().all()


@pytest.mark.parametrize("step_sizes", [(1e-6, 0.1), (0.1, 1e-6)])
def test_the_step_size_is_the_one_with_the_lower_validation_value(monkeypatch, step_sizes):
    """Each step size alone, judged on validation rows in place of test rows, against both."""
    judged_on_validation(monkeypatch)
    alone = {}
    for step_size in step_sizes:
        alone[step_size] = own_row(table_of(step_sizes=(step_size,)))
        assert alone[step_size].step_size == step_size
    best = min(step_sizes, key=lambda s: alone[s].value)
    assert alone[1e-6].value != pytest.approx(alone[0.1].value, rel=1e-3)
    chosen = own_row(table_of(step_sizes=step_sizes))
    assert chosen.step_size == best
    assert chosen.step == alone[best].step
    assert chosen.value == pytest.approx(alone[best].value)


def test_a_method_that_diverges_at_every_step_size_refuses(monkeypatch):
    def diverge(*_, **__):
        raise FloatingPointError("theta: not finite")

    monkeypatch.setattr(module, "distill", diverge)
    table = table_of()
    assert len(table) == 1
    assert "first-order: diverges at each of the step sizes (0.02, 0.1)" in table.refusal[0]


def test_test_rows_choose_nothing(monkeypatch):
    before = own_row(table_of(num_steps=30))
    patch_tasks(monkeypatch, lambda task: Judge(lambda model: -1e6 * task.test(model)))
    after = own_row(table_of(num_steps=30))
    assert after.value == pytest.approx(-1e6 * before.value)
    assert (after.step, after.step_size) == (before.step, before.step_size)


def test_validated_random_subsets_are_as_many_as_the_looks_of_a_descent(monkeypatch):
    """Each is judged once: two step sizes of three looks are six subsets, and the start."""
    seen = []
    draws = iter(range(100))

    def look(task):
        def value(model):
            seen.append(next(draws))
            return torch.tensor(-1.0 if seen[-1] == 4 else float(seen[-1]))

        return replace(task, validation=ValidationCriterion(value))

    def draw(family, *, generator):
        return {"prediction": look(draw_tasks(family, generator=generator)["prediction"])}

    monkeypatch.setattr(module, "draw_tasks", draw)
    row = own_row(table_of(method="validated random", num_looks=3, step_sizes=(0.02, 0.1)))
    assert len(seen) == 7
    assert row.step == 4
    assert row.refusal == ""
    assert row.step_size != row.step_size  # NaN


def own_row(table, task="prediction"):
    """The row of the task that the set was distilled for."""
    return table.set_index("judged_on").loc[task]


def patch_tasks(monkeypatch, judge):
    """Draw only the task "prediction", with `judge(task)` for its test criterion."""

    def draw(family, *, generator):
        task = draw_tasks(family, generator=generator)["prediction"]
        return {"prediction": replace(task, test=judge(task))}

    monkeypatch.setattr(module, "draw_tasks", draw)


def judged_on_validation(monkeypatch):
    """Let validation rows judge the task, so that a table shows its validation value."""
    patch_tasks(monkeypatch, lambda task: Judge(task.validation))
