"""What problems, runs and evaluations refuse, and in which words."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from ddlib.learners.gaussian import GaussianMLE
from ddlib.problem import (
    Distillation,
    DistillationProblem,
    InterruptedRun,
    Layout,
    Part,
    Snapshot,
    TestCriterion,
    TrainingCriterion,
    distill,
    evaluate,
    evaluate_all,
    gap_closed,
    objective_values,
    spacing,
)
from ddlib.problem.hypergradients import unrolled_gradient
from tests.problem.test_contract import Walk, make, mean_learner, run, squared_norm

TEST = TestCriterion(squared_norm)
TRAINING = TrainingCriterion(squared_norm)
ONES = torch.ones(2, 1)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (torch.Tensor.double, "torch.float64; must be torch.float32"),
        (lambda rows: rows.to(torch.complex64), "torch.complex64; must be torch.float32"),
        (torch.Tensor.int, "torch.int32; must be torch.float32"),
        (torch.Tensor.bool, "torch.bool; must be torch.float32"),
        (torch.Tensor.to_sparse, "torch.sparse_coo; must be torch.strided"),
        (lambda rows: rows.to("meta"), "meta; must be cpu"),
    ],
)
def test_sets_of_another_kind_are_refused(kind, told):
    with pytest.raises(ValueError, match=f"^Walk, step 3: rows: {told}, as problem.initial$"):
        run(kind)


def test_a_step_that_yields_none_is_no_end():
    with pytest.raises(ValueError, match=r"^Walk, step 3: rows are a NoneType; must be a Tensor$"):
        run(lambda rows: None)


class Meddling(Walk):
    """A method that changes rows of the problem."""

    def __init__(self, name):
        self.name = name

    def steps(self, problem, *, generator):
        while True:
            getattr(problem, self.name).data += 1
            yield problem.initial.clone()


@pytest.mark.parametrize("name", ["initial", "training"])
@pytest.mark.parametrize("every", [1, 10])
def test_a_method_that_changes_the_problem_is_told(name, every):
    problem = replace(make(), training=torch.zeros(5, 1))
    with pytest.raises(ValueError, match=f"^problem.{name}: changed during the run; .* Meddling$"):
        distill(problem, Meddling(name), num_steps=2, generator=torch.Generator(), every=every)


class Listed(Walk):
    """A method whose steps are no iterator."""

    def __init__(self, sets):
        self.sets = sets

    def steps(self, problem, *, generator):
        return self.sets


@pytest.mark.parametrize(
    ("sets", "told"), [([ONES], r"Listed.steps\(\): a list"), (None, r"Listed.steps\(\) = None")]
)
def test_steps_are_an_iterator(sets, told):
    with pytest.raises(TypeError, match=f"^{told}[;:] must be an iterator of sets$"):
        distill(make(), Listed(sets), num_steps=1, generator=torch.Generator())


PART = Distillation((Snapshot(0, ONES, None),))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"problem": "x"}, "problem = 'x': must be a DistillationProblem"),
        ({"callback": 3}, "callback = 3: must be a function of a snapshot, or None"),
        ({"resume": "x"}, "resume = 'x': must be a Distillation, or None; that of an Interr"),
        ({"resume": InterruptedRun("x", PART)}, "resume: a InterruptedRun; must be a Distill"),
        (
            {"problem": 1, "callback": 2, "generator": None, "every": 0, "validation": TEST},
            "problem = 1: .*; generator = None: .*; validation: is a Test.*; callback = 2: .*; "
            "every = 0: must be a whole number, at least 1",
        ),
    ],
)
def test_all_wrong_arguments_of_distill_are_told_at_once(wrong, told):
    right = {"problem": make(), "distiller": Walk(), "generator": torch.Generator(), "num_steps": 1}
    with pytest.raises(TypeError, match=f"^{told}"):
        distill(**right | wrong)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"checkpoint": None}, "resume: checkpoint = None: must be that of a run which"),
        ({"checkpoint": "x"}, "resume: checkpoint = 'x': must be that of a run which"),
        ({"snapshots": ()}, "resume: has no snapshots of steps 0 and 0; must be a run that"),
    ],
)
def test_what_no_run_left_is_not_resumed(change, told):
    with pytest.raises(ValueError, match=f"^{told}"):
        run(resume=replace(run(num_steps=0), **change))


@pytest.mark.parametrize(
    ("feasible", "told"),
    [
        (lambda rows: None, "a NoneType; must return rows like"),
        (lambda rows: rows[:1], r"shape \(1, 1\), torch.float32; must return rows like"),
        (torch.Tensor.double, r"shape \(2, 1\), torch.float64; must .*, torch.float32"),
    ],
)
def test_a_projection_returns_rows(feasible, told):
    with pytest.raises(ValueError, match=f"^feasible: returned {told}"):
        run(problem=make(feasible))


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (lambda model: True, "a bool"),
        (lambda model: [1.0], "a list"),
        (lambda model: torch.tensor(1j), "torch.complex64"),
        (lambda model: torch.tensor(1), "torch.int64"),
    ],
)
def test_a_criterion_returns_one_real_number(score, told):
    with pytest.raises(ValueError, match=f"^criterion: returned {told}; must return one number"):
        evaluate(mean_learner, ONES, TestCriterion(score))


@pytest.mark.parametrize("score", [None, 3, "x", int])
def test_a_score_is_a_function(score):
    with pytest.raises(TypeError, match=r"^score.*must be a function of a model$"):
        TrainingCriterion(score)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"learner": 3}, "learner = 3: must be a learner, a function of rows"),
        ({"learner": GaussianMLE}, "learner: a type; must be a learner, a function of rows"),
        ({"feasible": None}, "feasible = None: must be a function of rows"),
        ({"feasible": int}, "feasible: a type; must be a function of rows"),
        ({"layout": 1}, "layout = 1: must be a Layout"),
        ({"parts": None}, "parts = None: must be a tuple of Part"),
        ({"parts": (Part(slice(0, 2), TRAINING), 5)}, "parts = 5: must be a tuple of Part"),
        ({"learner": 3, "layout": None}, "learner = 3: .*; layout = None: must be a Layout"),
    ],
)
def test_a_problem_is_made_of_its_kinds(change, told):
    with pytest.raises(TypeError, match=f"^{told}"):
        replace(make(), **change)


@pytest.mark.parametrize("span", [None, 1, slice("a", None), slice(0.0, 1)])
def test_a_part_has_a_slice(span):
    with pytest.raises(TypeError, match=r"^span.* must be a slice of whole numbers$"):
        Part(span, TRAINING)


@pytest.mark.parametrize("num_responses", [None, "x", 1.0, True])
def test_a_number_of_responses_is_whole_and_classes_are_told_by_a_truth_value(num_responses):
    with pytest.raises(ValueError, match=r"^num_responses = .*; categorical = 'no': must be True"):
        Layout(num_responses, categorical="no")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[1.0]], "a list"),
        (ONES.long(), "torch.int64"),
        (ONES.to(torch.complex64), "torch.complex64"),
        (ONES.to_sparse(), "torch.sparse_coo"),
        (ONES[0], "shape"),
        (ONES[:0], "shape"),
        (ONES * torch.nan, "row 0 has NaN or infinite entries"),
    ],
)
def test_rows_that_are_evaluated_are_rows(rows, told):
    with pytest.raises(ValueError, match=f"^rows: {told}.*; must be"):
        evaluate(mean_learner, rows, TEST)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"criteria": TEST}, "criteria: a TestCriterion; must be a mapping from names"),
        ({"generator": "x"}, "generator = 'x': must be a torch.Generator, or None"),
        ({"learner": None, "num_draws": 0}, "learner = None: .*; num_draws = 0: must be"),
        ({"criteria": {"a": TRAINING}}, "a: is a TrainingCriterion; must be a TestCriterion"),
    ],
)
def test_all_wrong_arguments_of_an_evaluation_are_told_at_once(wrong, told):
    with pytest.raises(TypeError, match=f"^{told}"):
        evaluate_all(**{"learner": mean_learner, "rows": ONES, "criteria": {"a": TEST}} | wrong)


def test_an_evaluation_needs_a_criterion():
    with pytest.raises(ValueError, match=r"^criteria: empty; must have at least one$"):
        evaluate_all(mean_learner, ONES, {})


@pytest.mark.parametrize("value", [torch.nan, torch.inf, 1j, "x", None, True])
@pytest.mark.parametrize("name", ["value", "subset", "clean"])
def test_a_gap_is_of_finite_numbers(name, value):
    with pytest.raises(ValueError, match=f"^{name}.* must be a finite number$"):
        gap_closed(**{"value": 1.0, "subset": 2.0, "clean": 0.0} | {name: value})


@pytest.mark.parametrize("counts", [(10, 0), (-1, 1), (1.5, 1)])
def test_impossible_spacings_are_refused(counts):
    with pytest.raises(ValueError, match=r"^num_(steps|looks) = .*: must be a whole number, at"):
        spacing(*counts)


@pytest.mark.parametrize(
    "draw",
    [
        partial(DistillationProblem.objective, make(), ONES),
        partial(objective_values, mean_learner, TRAINING, ONES[None]),
        partial(unrolled_gradient, GaussianMLE(), squared_norm, ONES, num_steps=1),
    ],
)
def test_what_draws_has_a_generator(draw):
    with pytest.raises(TypeError, match=r"^generator = None: must be a torch.Generator$"):
        draw(generator=None)
