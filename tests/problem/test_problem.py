"""The problem type: splits, snapshots, choice on validation, gap closed."""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.problem import (
    Distillation,
    DistillationProblem,
    Layout,
    Part,
    Snapshot,
    TestCriterion,
    TrainingCriterion,
    ValidationCriterion,
    distill,
    evaluate,
    gap_closed,
)


def mean_learner(rows, *, generator=None):
    return rows.mean(0)


def squared_norm(model):
    return model.square().sum()


class Shift:
    """A distiller whose rows after step n are the initial rows plus n."""

    departs = ("law",)
    one_shot = False

    def steps(self, problem, *, generator) -> Iterator[torch.Tensor]:
        rows = problem.initial.clone()
        while True:
            rows += 1  # in place, as optimisers do: snapshots must not share memory
            yield rows


def make(initial=None):
    initial = torch.full((2, 1), -3.0) if initial is None else initial
    return DistillationProblem(mean_learner, TrainingCriterion(squared_norm), initial)


def test_snapshots_are_those_asked_for_and_the_last(generator):
    run = distill(make(), Shift(), num_steps=7, generator=generator, every=3)
    assert [s.step for s in run.snapshots] == [0, 3, 6, 7]
    assert [s.rows[0, 0].item() for s in run.snapshots] == [-3, 0, 3, 4]
    assert run.chosen.step == 7


def test_validation_chooses_the_snapshot(generator):
    run = distill(
        make(),
        Shift(),
        num_steps=7,
        generator=generator,
        validation=ValidationCriterion(squared_norm),
    )
    assert run.chosen.step == 3
    assert run.chosen.validation == 0


def test_a_distiller_may_end_early(generator):
    run = distill(make(), Once(), num_steps=100, generator=generator, every=50)
    assert [s.step for s in run.snapshots] == [0, 1]


@pytest.mark.parametrize("num_steps", [1, 5])
def test_a_one_shot_method_reports_its_own_rows_even_where_the_start_is_better(
    generator, num_steps
):
    validation = ValidationCriterion(squared_norm)
    run = distill(
        make(torch.zeros(2, 1)), Once(), num_steps=num_steps, generator=generator,
        validation=validation,
    )  # fmt: skip
    assert [s.validation for s in run.snapshots] == [0, 1]
    assert run.chosen.step == 1


def test_without_a_step_a_one_shot_method_has_its_start(generator):
    assert distill(make(), Once(), num_steps=0, generator=generator).chosen.step == 0


class Once:
    """A method that is done at once: the initial rows plus 1."""

    departs = ("law",)
    one_shot = True

    def steps(self, problem, *, generator):
        yield problem.initial + 1


def _run_with(values: list[float]) -> Distillation:
    rows = torch.zeros(1, 1)
    return Distillation(tuple(Snapshot(i, rows, value) for i, value in enumerate(values)))


nan = float("nan")


@pytest.mark.parametrize(
    ("values", "step"),
    [([nan, 0.3, 0.2, 0.1], 3), ([0.3, nan, 0.5], 0), ([0.3, 0.1, nan], 1), ([nan, torch.inf], 1)],
)
def test_a_validation_value_that_is_nan_is_never_chosen(values, step):
    assert _run_with(values).chosen.step == step


def test_nothing_is_chosen_where_all_validation_values_are_nan():
    with pytest.raises(FloatingPointError, match="validation: NaN at all of 2 snapshots"):
        _ = _run_with([nan, nan]).chosen


def noisy_learner(rows, *, generator):
    return rows.mean(0) + torch.randn(1, generator=generator)


class Noisy:
    """A distiller that draws a number each step, and learns with the problem's learner."""

    departs = ("law",)
    one_shot = False

    def steps(self, problem, *, generator):
        rows = problem.initial
        while True:
            rows = rows + torch.randn(1, generator=generator) * problem.learner(
                rows, generator=generator
            )
            yield rows


@pytest.mark.parametrize("every", [1, 3, 100])
@pytest.mark.parametrize("validated", [False, True])
def test_to_observe_a_run_does_not_change_it(every, validated):
    problem = DistillationProblem(
        noisy_learner, TrainingCriterion(squared_norm), torch.full((2, 1), -3.0)
    )
    validation = ValidationCriterion(squared_norm)

    def run(every, validation):
        generator = torch.Generator().manual_seed(3)
        return distill(
            problem, Noisy(), num_steps=7, generator=generator, validation=validation, every=every
        )

    observed, plain = run(every, validation if validated else None), run(7, None)
    assert observed.snapshots[-1].rows.equal(plain.snapshots[-1].rows)
    looks = {s.step: s.validation for s in run(1, validation).snapshots}
    for snapshot in observed.snapshots:
        assert snapshot.validation == (looks[snapshot.step] if validated else None)


def test_the_initial_set_is_not_changed(generator):
    problem = make()
    distill(problem, Shift(), num_steps=3, generator=generator)
    assert (problem.initial == -3).all()


def test_evaluate_averages_over_the_learners_randomness(generator):
    def noisy(rows, *, generator):
        return rows.mean(0) + torch.randn(1, generator=generator)

    def value(model):
        return model.sum()

    got = evaluate(
        noisy, torch.zeros(2, 1), TestCriterion(value), generator=generator, num_draws=4000
    )
    assert abs(got) < 4 / 4000**0.5


@given(st.floats(-5, 5), st.floats(0.1, 5), st.floats(0.1, 9), st.floats(-9, 9))
def test_gap_closed_is_zero_at_the_subset_one_at_clean_and_keeps_units_out(c, gap, scale, shift):
    subset, value = c + gap, c + 0.25 * gap
    assert gap_closed(subset, subset=subset, clean=c) == 0
    assert gap_closed(c, subset=subset, clean=c) == 1
    moved = gap_closed(
        scale * value + shift, subset=scale * subset + shift, clean=scale * c + shift
    )
    assert moved == pytest.approx(gap_closed(value, subset=subset, clean=c), abs=1e-9)


def test_gap_closed_needs_a_gap():
    with pytest.raises(ValueError, match="no gap"):
        gap_closed(1.0, subset=2.0, clean=2.0)


def test_the_split_is_part_of_the_type(generator):
    test = TestCriterion(squared_norm)
    with pytest.raises(TypeError, match="criterion: is a TestCriterion; must be a Training"):
        DistillationProblem(mean_learner, test, torch.zeros(2, 1))
    with pytest.raises(TypeError, match="must be a TrainingCriterion"):
        DistillationProblem(
            mean_learner,
            TrainingCriterion(squared_norm),
            torch.zeros(2, 1),
            parts=(Part(slice(0, 2), test),),
        )
    with pytest.raises(TypeError, match="validation: is a TestCriterion; must be a Validation"):
        distill(make(), Shift(), num_steps=1, generator=generator, validation=test)
    with pytest.raises(TypeError, match="must be a TestCriterion"):
        evaluate(mean_learner, torch.zeros(2, 1), ValidationCriterion(squared_norm))


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        (torch.zeros(0, 3), r"shape \(0, 3\); must be \(rows, …\) with at least one entry"),
        (torch.zeros(3), r"shape \(3,\); must be"),
        (torch.zeros(2, 1, dtype=torch.long), "torch.int64; must be a tensor of floating-point"),
        ([[1.0]], "a list; must be a tensor of floating-point numbers"),
        (torch.tensor([[1.0], [torch.nan]]), "fill hidden entries first"),
    ],
)
def test_bad_initial_sets_are_refused(initial, message):
    with pytest.raises(ValueError, match=f"^initial: .*{message}"):
        make(initial)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"training": torch.zeros(5, 3)},
            r"initial: shape \(2, 1\); must be \(m, 3\), as training",
        ),
        ({"training": torch.zeros(5, 1).double()}, "initial: torch.float32; must be torch.float64"),
        ({"training": torch.zeros(1, 1)}, "initial: 2 rows; must be at most the training rows, 1"),
        ({"layout": Layout(1)}, "initial: 1 columns; must be more than the 1 responses of layout"),
    ],
)
def test_rows_that_no_set_of_the_problem_could_have_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        DistillationProblem(
            mean_learner, TrainingCriterion(squared_norm), torch.zeros(2, 1), **change
        )


@pytest.mark.parametrize(
    "spans", [[(0, 1)], [(0, 2), (1, 2)], [(1, 2), (0, 1)], [(0, 2), (2, 2)], [(0, 2), (2, 4)]]
)
def test_parts_are_the_rows_of_the_set_in_order(spans):
    criterion = TrainingCriterion(squared_norm)
    parts = tuple(Part(slice(*span), criterion) for span in spans)
    shown = ", ".join(f"{start}:{stop}" for start, stop in spans)
    with pytest.raises(ValueError, match=f"^parts: spans {shown}; must be the 2 rows of initial"):
        DistillationProblem(mean_learner, criterion, torch.zeros(2, 1), parts)


@pytest.mark.parametrize(("method", "told"), [("mtt", " = 'mtt'"), (Shift, ": a type")])
def test_a_method_is_one_of_the_protocol(method, told, generator):
    with pytest.raises(TypeError, match=f"^distiller{told}; must be|^distiller{told}: must be"):
        distill(make(), method, num_steps=1, generator=generator)


def test_a_criterion_returns_one_number():
    with pytest.raises(ValueError, match=r"returned shape \(3,\); must return one number"):
        TrainingCriterion(lambda model: model)(torch.zeros(3))


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"num_steps": -1}, "num_steps = -1: must be a whole number, at least 0"),
        ({"num_steps": 1, "every": 0}, "every = 0: must be a whole number, at least 1"),
        ({"num_steps": True, "every": 1.5}, "num_steps = True: .*; every = 1.5: must be"),
        ({"num_steps": None}, "num_steps = None: must be a whole number"),
    ],
)
def test_impossible_counts_are_refused(counts, message, generator):
    with pytest.raises(ValueError, match=message):
        distill(make(), Shift(), generator=generator, **counts)


@pytest.mark.parametrize("generator", [None, 0])
def test_randomness_is_a_generator(generator):
    with pytest.raises(TypeError, match=f"generator = {generator}: must be a torch.Generator"):
        distill(make(), Shift(), num_steps=1, generator=generator)


@pytest.mark.parametrize("num_draws", [0, 1.5, True])
def test_a_mean_is_over_one_draw_or_more(num_draws):
    criterion = TestCriterion(lambda model: model.sum())
    with pytest.raises(ValueError, match=f"num_draws = {num_draws}: must be a whole number, at"):
        evaluate(lambda rows: rows.mean(0), torch.ones(2, 1), criterion, num_draws=num_draws)
