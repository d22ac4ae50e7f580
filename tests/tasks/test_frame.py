"""A task from a table: any labels, splits by a seed, rows back in the columns' units."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_diabetes, load_wine
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression as TheirLogistic
from sklearn.linear_model import Ridge as TheirRidge
from sklearn.metrics import balanced_accuracy_score, log_loss, mean_absolute_error
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from torch import nn

from ddlib import DISTILLERS, NotApplicable, Task, distill, evaluate
from ddlib.learners.logistic import LogisticRegression
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.learners.ridge import Ridge
from ddlib.tasks.measures import MEASURES
from tests.distillers.test_conformance import OF_NETWORKS


def new_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def wine():
    frame = load_wine(as_frame=True).frame
    return frame.assign(target=frame["target"].map({0: "barolo", 1: "grignolino", 2: "barbera"}))


def with_a_rare_class():
    """The table with one row of its last class."""
    frame = wine()
    rare = frame["target"] == "barbera"
    return pd.concat([frame[~rare], frame[rare][:1]], ignore_index=True)


def parts(task, frame, target="target"):
    """Inputs and targets of each split, standardised by scikit-learn."""
    scaler = StandardScaler().fit(frame.drop(columns=target).iloc[task.splits["training"]])
    inputs = scaler.transform(frame.drop(columns=target))
    return {
        name: (inputs[rows], frame[target].to_numpy()[rows]) for name, rows in task.splits.items()
    }


@pytest.mark.parametrize("measure", ["error", "balanced error", "log loss"])
def test_all_rows_of_a_classification_are_worth_what_scikit_learn_finds(measure):
    frame = wine()
    learner = LogisticRegression(3, penalty=0.05)
    task = Task.from_table(frame, "target", learner=learner, measure=measure, seed=2)
    split = parts(task, frame)
    (inputs, labels), (test_inputs, test_labels) = split["training"], split["test"]
    # Theirs leaves the intercept free: a column of ones takes its place, as ours penalises it.
    ones = [np.column_stack([x, np.ones(len(x))]) for x in (inputs, test_inputs)]
    theirs = TheirLogistic(
        C=1 / (0.05 * len(inputs)), fit_intercept=False, tol=1e-10, max_iter=1000
    )
    theirs.fit(ones[0], labels)
    wanted = {
        "error": lambda: 1 - theirs.score(ones[1], test_labels),
        "balanced error": lambda: 1 - balanced_accuracy_score(test_labels, theirs.predict(ones[1])),
        "log loss": lambda: log_loss(test_labels, theirs.predict_proba(ones[1])),
    }[measure]()
    found = evaluate(task.learner, task.training, task.test)
    assert found == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("measure", ["rmse", "mae"])
def test_all_rows_of_a_regression_are_worth_what_scikit_learn_finds_in_units(measure):
    frame = load_diabetes(as_frame=True).frame
    learner = Ridge(1, penalty=0.1)
    task = Task.from_table(frame, "target", learner=learner, measure=measure)
    split = parts(task, frame)
    (inputs, targets), (test_inputs, test_targets) = split["training"], split["test"]
    theirs = TheirRidge(alpha=0.1 * len(inputs)).fit(inputs, targets)
    said = theirs.predict(test_inputs)
    wanted = mean_absolute_error(test_targets, said)
    if measure == "rmse":
        wanted = np.sqrt(np.square(test_targets - said).mean())
    assert evaluate(task.learner, task.training, task.test) == pytest.approx(wanted, rel=1e-9)


def test_distilled_rows_come_back_as_a_table_that_teaches_the_same():
    frame = wine()
    task = Task.from_table(frame, "target", learner="logistic", seed=1)
    problem = task.problem(6, generator=new_generator(1))
    run = distill(
        problem,
        DISTILLERS["first-order"],
        num_steps=3,
        validation=task.validation,
        generator=new_generator(2),
    )
    table = task.to_table(run.rows)
    assert list(table.columns) == list(frame.columns)
    assert table["target"].value_counts().to_dict() == dict.fromkeys(set(frame["target"]), 2)
    torch.testing.assert_close(task.to_rows(table), run.rows)


def test_a_learner_by_name_has_the_penalty_with_the_least_loss_on_validation_rows():
    frame = wine()
    named = Task.from_table(frame, "target", learner="logistic", measure="log loss")
    losses = {}
    for penalty in (1e-4, 1e-3, 1e-2, 1e-1, 1.0):
        own = Task.from_table(
            frame, "target", learner=LogisticRegression(3, penalty), measure="log loss"
        )
        model = own.learner(own.training, generator=new_generator())
        losses[penalty] = own.validation(model).item()
    assert named.learner == LogisticRegression(3, min(losses, key=losses.get))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["logistic", "network"])
def test_learners_by_name_learn_classes(name, dtype):
    task = Task.from_table(wine(), "target", learner=name, dtype=dtype)
    assert task.training.dtype == getattr(torch, dtype)
    value = evaluate(task.learner, task.training, task.test, generator=new_generator())
    assert value < 0.12


@pytest.mark.parametrize("name", ["ridge", "kernel ridge", "network"])
def test_learners_by_name_learn_numbers(name):
    frame = load_diabetes(as_frame=True).frame
    task = Task.from_table(frame, "target", learner=name)
    assert not task.layout.categorical
    value = evaluate(task.learner, task.training, task.test, generator=new_generator())
    assert value < 0.9 * frame["target"].std()


def test_a_module_of_torch_is_a_learner():
    module = nn.Sequential(nn.Linear(13, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 3))
    task = Task.from_table(wine(), "target", learner=module)
    assert evaluate(task.learner, task.training, task.test, generator=new_generator()) < 0.12


def test_a_class_with_one_row_unequal_classes_and_budgets_of_any_size():
    frame = wine()
    frame = pd.concat(
        [frame[frame["target"] != "barbera"], frame[frame["target"] == "barbera"][:1]]
    )
    task = Task.from_table(frame, "target", learner="logistic")
    count = {name: len(task.layout.groups(task.training)[i]) for i, name in enumerate(
        ["barbera", "barolo", "grignolino"])}  # fmt: skip
    assert count["barbera"] == 1
    for num_rows, shares, wanted in (
        (9, "equal", [1, 4, 4]),
        (2, "equal", [0, 1, 1]),
        (11, "proportional", [1, 5, 5]),
    ):
        problem = task.problem(num_rows, generator=new_generator(), shares=shares)
        assert [len(group) for group in task.layout.groups(problem.initial)] == wanted


KINDS = {
    "whole numbers with gaps": np.array([-7, 3, 40]),
    "small unsigned": np.array([0, 5, 200], dtype="uint8"),
    "nullable whole numbers": pd.array([1, 2, 9], dtype="Int64"),
    "numbers": np.array([-0.5, 0.25, 3.75]),
    "single precision": np.array([0.1, 0.2, 0.3], dtype="float32"),
    "text with blanks": np.array(["", " b", "b "]),
    "text of arrow": pd.array(["a", "b", "c"], dtype="string"),
    "categories": pd.Categorical(["lo", "mid", "hi"], ["none", "lo", "mid", "hi", "odd"]),
    "ordered": pd.Categorical(["lo", "mid", "hi"], ["lo", "mid", "hi"], ordered=True),
    "categories of numbers": pd.Categorical([30, 20, 10], [30, 20, 10]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_classes_of_any_kind_are_learnt_alike_and_come_back_as_they_were(kind, dtype):
    """Other names of the classes, in the same order, change no number."""
    codes = load_wine(as_frame=True).frame["target"]
    labels = pd.Series(KINDS[kind]).take(codes).reset_index(drop=True)
    plain = wine().assign(target=codes)
    ours, theirs = (
        Task.from_table(frame, "target", learner="logistic", dtype=dtype)
        for frame in (plain.assign(target=labels), plain)
    )
    assert ours.training.dtype == getattr(torch, dtype)
    assert torch.equal(ours.training, theirs.training)
    assert evaluate(ours.learner, ours.training, ours.test) == evaluate(
        theirs.learner, theirs.training, theirs.test
    )
    back = ours.to_table(ours.training)["target"]
    kept = labels.iloc[ours.splits["training"]].reset_index(drop=True)
    pd.testing.assert_series_equal(back, kept, check_names=False)


@pytest.mark.parametrize("labels", [[False, True], pd.array([False, True], dtype="boolean")])
def test_truth_values_are_two_classes_and_come_back_as_they_were(labels):
    frame = load_wine(as_frame=True).frame
    labels = pd.Series(labels).take((frame["target"] > 0).astype(int)).reset_index(drop=True)
    task = Task.from_table(frame.assign(target=labels), "target", learner="logistic")
    assert task.layout.num_responses == 2
    back = task.to_table(task.training)["target"]
    kept = labels.iloc[task.splits["training"]].reset_index(drop=True)
    pd.testing.assert_series_equal(back, kept, check_names=False)


def test_inputs_in_single_precision_are_those_in_double_within_rounding():
    frame = load_wine(as_frame=True).frame
    narrow = frame.astype(dict.fromkeys(frame.columns[:-1], "float32"))
    ours, theirs = (Task.from_table(f, "target", learner="logistic") for f in (narrow, frame))
    assert ours.training.dtype == torch.float64
    torch.testing.assert_close(ours.training, theirs.training, rtol=0, atol=1e-4)


NOT_OF_CLASSES = {"exact", "label only", "pseudo-coreset", "sensitivity coreset"}


@pytest.mark.parametrize("name", sorted(DISTILLERS.keys() - NOT_OF_CLASSES))
@pytest.mark.parametrize(("num_rows", "shares"), [(2, "equal"), (5, "proportional"), (7, "equal")])
def test_methods_take_few_rows_unequal_rows_and_a_class_of_one(name, num_rows, shares):
    frame, learner = with_a_rare_class(), LogisticRegression(3, 0.1, num_steps=5)
    if name in OF_NETWORKS:
        architecture = partial(mlp, len(frame.columns) - 1, (4,), 3, nn.Tanh)
        learner = NetworkLearner(architecture, 3, num_steps=5, step_size=0.5)
    task = Task.from_table(frame, "target", learner=learner)
    problem = task.problem(num_rows, generator=new_generator(), shares=shares)
    run = distill(problem, DISTILLERS[name], num_steps=1, generator=new_generator())
    assert run.rows.shape == problem.initial.shape
    assert torch.equal(task.layout.classes(run.rows), task.layout.classes(problem.initial))


@pytest.mark.parametrize(
    ("estimator", "frame"),
    [
        (KNeighborsClassifier(3), wine()),
        (make_pipeline(PCA(4), TheirLogistic()), wine()),
        (DecisionTreeRegressor(max_depth=3), load_diabetes(as_frame=True).frame),
    ],
    ids=["neighbours", "pipeline", "tree"],
)
def test_an_estimator_of_scikit_learn_is_a_learner(estimator, frame):
    task = Task.from_table(frame, "target", learner=estimator)
    value = evaluate(task.learner, task.training, task.test, generator=new_generator())
    known = task.layout.responses(task.coded["test"])
    constant = known.mean(0).expand_as(known)  # the likeliest class, or the mean
    assert value < task.unit * task.measure.score(constant, known)
    problem = task.problem(12, generator=new_generator())
    with pytest.raises(NotApplicable, match="EstimatorLearner"):
        distill(problem, DISTILLERS["first-order"], num_steps=1, generator=new_generator())


def test_the_same_seed_gives_the_same_task_in_any_process_and_observers_change_nothing():
    before = torch.get_rng_state()
    first, again = (Task.from_table(wine(), "target", learner="network", seed=4) for _ in range(2))
    assert torch.equal(first.training, again.training)
    assert first.splits == again.splits
    assert first.learner.step_size == again.learner.step_size
    assert torch.equal(torch.get_rng_state(), before)
    assert Task.from_table(wine(), "target", learner="logistic", seed=5).splits != first.splits


def test_a_column_may_say_the_splits():
    frame = wine()
    words = np.resize(["training", "training", "validation", "test"], len(frame))
    task = Task.from_table(frame.assign(part=words), "target", learner="logistic", split="part")
    assert task.splits["test"] == [*range(3, len(frame), 4)]
    assert task.training.shape[1] == 13 + 3


REFUSALS = {
    "no table": (lambda f: [1], {}, "table: a list; must be a pandas DataFrame"),
    "no target": (lambda f: f, {"target": "clas"}, "target = 'clas': no such column; must be one"),
    "a name": (lambda f: f, {"learner": "logistik"}, "learner = 'logistik': must be one of 'logi"),
    "a class": (lambda f: f, {"learner": Ridge}, "learner: the class Ridge; must be an object"),
    "a measure": (lambda f: f, {"measure": "rmse"}, "measure = 'rmse': must be one of error, bal"),
    "text": (lambda f: f.assign(hue="red"), {}, "column 'hue': text ('red'); must be numbers; enc"),
    "one label": (lambda f: f.assign(target="a"), {}, "target 'target': is 'a' in all rows"),
    "a number": (lambda f: f, {"learner": "ridge"}, "column 'target': text ('barolo', 'grignoli"),
    "too large": (lambda f: f.assign(ash=2e200), {}, "column 'ash': numbers as large as 2e+200; m"),
    "no two of a class": (
        lambda f: f.assign(target=[f"row {i}" for i in range(len(f))]),
        {},
        "target 'target': 178 different values in 178 rows, such as 'row 0'; must be classes, or",
    ),
    "rows": (lambda f: f[:2], {}, "table: 2 rows; must have at least 3, one a split"),
    "twice": (lambda f: pd.concat([f, f[["hue"]]], axis=1), {}, "table: columns 'hue' come twice"),
    "alone": (lambda f: f[["target"]], {}, "table: has the target alone; must have a column"),
    "dtype": (lambda f: f, {"dtype": "int8"}, "dtype = 'int8': must be one of float32, float64"),
    "encode": (lambda f: f, {"encode": "ordinal"}, "encode = 'ordinal': must be 'one-hot', or No"),
    "split": (lambda f: f, {"split": "part"}, "split = 'part': no such column; must be one of"),
    "seed": (lambda f: f, {"seed": -1}, "seed = -1: must be a whole number, at least 0"),
    "width": (
        lambda f: f,
        {"learner": LogisticRegression(4, 0.1)},
        "learner: LogisticRegression of 4 responses; must be of 3, as 'target' has",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_a_task_is_refused_in_one_line(case):
    change, arguments, told = REFUSALS[case]
    given = {"target": "target", "learner": "logistic", **arguments}
    with pytest.raises((ValueError, TypeError)) as error:
        Task.from_table(change(wine()), given.pop("target"), **given)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_all_faults_are_told_at_once():
    frame = wine().assign(hue="red", ash=np.nan)
    with pytest.raises(ValueError, match="column 'ash': no cell is there") as error:
        Task.from_table(frame, "target", learner="logistic")
    assert "column 'hue': text" in str(error.value)
    with pytest.raises(ValueError, match="dtype = 3") as error:
        Task.from_table(frame, "clas", learner="logistic", dtype=3, seed=-1, test=2)
    for part in ("target = 'clas'", "seed = -1", "test = 2"):
        assert part in str(error.value)


def test_the_loss_decides_between_sets_of_equal_error_and_never_outweighs_a_row():
    measure, labels = MEASURES["error"], torch.eye(3, dtype=torch.float64)[[0, 1, 2, 0]]
    right = 5 * labels
    surer, wrong = 2 * right, right.clone()
    wrong[0] = torch.tensor([0.0, 5.0, 0.0])
    awful = -1e6 * labels
    values = [measure.chosen(said, labels).item() for said in (surer, right, wrong, awful)]
    assert values == sorted(values)
    assert values[0] < values[1] < 0.25 <= values[2]
    assert 1 <= values[3] < 1.25


def test_tasks_can_be_changed_as_any_dataclass():
    task = Task.from_table(wine(), "target", learner="logistic")
    free = replace(task, fixed_labels=False)
    assert not free.fixed_labels
    assert free.unit == 1.0
