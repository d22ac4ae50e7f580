"""Each property fails for a method that lacks it, and no other property does."""

import itertools
import random
import sys
from dataclasses import dataclass, field, fields
from typing import ClassVar

import numpy as np
import pytest
import torch

from ddlib.conformance import OF_METHODS, ON_PROBLEMS, PROBLEMS, Subject, conform, name_of
from ddlib.distillers import Herding, RandomSubset
from ddlib.problem import NotApplicable


@dataclass(frozen=True)
class Nudge:
    """Add noise, and project."""

    departs: ClassVar = ("law",)
    one_shot: ClassVar = False
    descends: ClassVar = False
    size: float = 0.2

    def steps(self, problem, *, generator):
        rows = problem.initial
        while True:
            noise = torch.randn(rows.shape, generator=generator, dtype=rows.dtype)
            rows = problem.feasible(rows + self.size * noise)
            yield rows.clone()


BREAK = "goes on after a break as without one"


def found_on(method):
    return {each.name: each.why for each in conform(Subject(method)) if each.verdict == "fails"}


def odd(**members):
    """Return a method like `Nudge`, but for some members."""
    return dataclass(frozen=True)(type("Odd", (Nudge,), {"__doc__": "Odd.", **members}))()


def each(change):
    """Return steps that change what `Nudge` yields; `change(rows, problem, step)`."""

    def steps(self, problem, *, generator):
        nudged = Nudge.steps(self, problem, generator=generator)
        return (change(rows, problem, step) for step, rows in enumerate(nudged, 1))

    return steps


def selecting(choose):
    """Return a method that is done at once; `choose(problem, generator)` returns its rows."""

    def steps(self, problem, *, generator):
        yield choose(problem, generator)

    return type("Chooser", (RandomSubset,), {"__doc__": "Choose.", "steps": steps})()


def by(method, problem, generator):
    return next(method.steps(problem, generator=generator))


def test_what_has_all_properties_is_told_so_and_where_one_says_nothing():
    names = [name_of(holds) for holds in (*OF_METHODS, *ON_PROBLEMS)]
    findings = list(conform(Subject(Nudge())))
    assert [finding.name for finding in findings] == names
    nothing = {finding.name: finding.why for finding in findings if finding.verdict != "holds"}
    assert nothing == {
        "selects as many of each class as are wanted": "selects nothing, it has several steps",
        "selects different rows of the same classes": "selects nothing, it has several steps",
        BREAK: "its steps give no state, so a run that was left begins anew",
    }
    others = {finding.name: finding.why for finding in conform(Subject(Herding()))}
    assert {name: why for name, why in others.items() if why} == {BREAK: "is done at once"}


def test_a_docstring_is_advised_and_its_lack_is_no_failure():
    findings = list(conform(Subject(odd(__doc__=None))))
    (advice,) = [finding for finding in findings if finding.verdict == "advice"]
    assert (advice.name, advice.why) == (
        "says what it does", "Odd has no docstring; should say what it does",
    )  # fmt: skip
    assert "fails" not in {finding.verdict for finding in findings}


class Walk:
    """Steps that can be taken up, where they keep the set and the count of the steps."""

    def __init__(self, problem, generator, kept):
        self.problem, self.generator, self.kept = problem, generator, kept
        self.rows, self.count = problem.initial.clone(), 0

    def __iter__(self):
        return self

    def __next__(self):
        self.count += 1
        noise = torch.randn(self.rows.shape, generator=self.generator, dtype=self.rows.dtype)
        moved = self.rows + 0.2 / self.count * noise
        self.rows = self.problem.feasible(moved)
        return self.rows.clone()

    def state_dict(self):
        return {name: getattr(self, name) for name in self.kept}

    def load_state_dict(self, state):
        vars(self).update(state)


@pytest.mark.parametrize(
    ("kept", "verdict", "why"),
    [
        (("rows", "count"), "holds", ""),
        (("count",), "fails", "step 2: after a break differs by 0."),
        (("rows",), "fails", "step 2: after a break differs by 0."),
        (("rows", "count", "problem"), "fails", "Can't pickle"),
    ],
)
def test_a_run_that_was_left_goes_on_to_the_same_rows(kept, verdict, why):
    steps = odd(steps=lambda self, problem, *, generator: Walk(problem, generator, kept))
    (finding,) = [found for found in conform(Subject(steps)) if found.name == BREAK]
    assert finding.verdict == verdict
    assert why in finding.why
    assert found_on(steps).keys() == ({BREAK} if verdict == "fails" else set())


@dataclass
class Loose:
    """Nudge by a setting that can be changed."""

    departs: ClassVar = ("law",)
    one_shot: ClassVar = False
    descends: ClassVar = False
    size: float = 0.2
    steps = Nudge.steps


@dataclass(frozen=True)
class Both(Nudge):
    """Have an optimizer, and no steps that have a size."""

    optimizer: object = field(default=None)


@pytest.mark.parametrize(
    ("method", "name", "why"),
    [
        (odd(departs=("law", "law")), "says what it departs from", "departs = ('law', 'law'); m"),
        (odd(departs=("rows",)), "says what it departs from", "departs = ('rows',); must be"),
        (odd(descends=True), "is done at once or has a step size", "has no dataclass field opt"),
        (Both(), "is done at once or has a step size", "has a field optimizer, and one_shot or"),
        (Loose(), "has settings that cannot be changed", "another can be set; must be frozen"),
    ],
)  # fmt: skip
def test_what_a_method_says_of_itself_is_held_to(method, name, why):
    found = found_on(method)
    assert found.keys() == {name}
    assert found[name].startswith(why)


def test_a_method_is_left_as_it_was_where_its_settings_can_be_changed():
    method = Loose()
    found_on(method)
    assert vars(method) == {"size": 0.2}


def forgetful(rows, problem, step):
    return rows + 0.5


def counted(rows, problem, step, counter=itertools.count()):  # noqa: B008  # is meant to last
    return problem.feasible(rows + 0.001 * next(counter))


def in_place(self, problem, *, generator):
    rows = problem.initial.clone()
    for step in itertools.count(1):
        rows[:, 0] += step
        yield problem.feasible(rows) if problem.layout.categorical else rows


def without_gradients(self, problem, *, generator):
    with torch.no_grad():
        yield from Nudge.steps(self, problem, generator=generator)


def drawing(draw):
    def change(rows, problem, step):
        draw()
        return rows

    return each(change)


def moving(part):
    def change(rows, problem, step):
        getattr(problem, part).mul_(1.5)
        return rows

    return each(change)


def sets_double(rows, problem, step):
    torch.set_default_dtype(torch.float64)
    return rows


BUDGET, ALONE = "keeps budget and type and stays finite", "draws from its generator alone"
PROCESS = "leaves the process as it was"


@pytest.mark.parametrize(
    ("steps", "name", "why"),
    [
        (each(lambda rows, p, s: rows.float()), BUDGET, "gaussian, ridge, network: step 1: rows: "),
        (each(lambda rows, p, s: rows.requires_grad_()), BUDGET, "step 1: rows require a gradi"),
        (each(lambda rows, p, s: rows / (s < 2)), BUDGET, "step 2: rows: not finite"),
        (each(lambda rows, p, s: p.initial.clone()), "moves the rows", "step 1: moves nothing"),
        (in_place, "leaves its sets alone", "the set of step 1 moves later, by 5; must be a cl"),
        (moving("initial"), "leaves the problem as it was", "initial: moved by "),
        (moving("training"), "leaves the problem as it was", "training: moved by "),
        (drawing(lambda: torch.rand(1)), ALONE, "draws from torch's global stream; must draw"),
        (drawing(lambda: np.random.rand()), ALONE, "draws from numpy's global stream"),  # noqa: NPY002
        (drawing(random.random), ALONE, "draws from random's global stream"),
        (each(counted), ALONE, "step 1: a second run differs by 0.0"),
        (drawing(lambda: print("step")), PROCESS, "prints 'step'"),
        (each(sets_double), PROCESS, "sets torch's default dtype to torch.float64; must leave"),
        (without_gradients, PROCESS, "sets torch's gradients to False; must leave it True"),
    ],
)  # fmt: skip
def test_what_goes_wrong_in_a_run_is_told_with_problem_step_and_value(steps, name, why):
    found = found_on(odd(steps=steps))
    assert why in found[name]
    assert any(found[name].startswith(which) for which in PROBLEMS)
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


def test_rows_that_are_not_projected_fail_each_property_of_feasible_sets():
    found = found_on(odd(steps=each(forgetful)))
    assert found.keys() == {
        "keeps to a box or refuses it",
        "keeps labels that are fixed",
        "keeps free labels probabilities",
        BUDGET,
    }
    assert found["keeps to a box or refuses it"].startswith("step 1: an entry of 0.6; must be wi")
    assert found["keeps labels that are fixed"] == "step 1: a label moves by 0.5; must move by 0"
    told = "step 1: labels of a row add up to 2; must to 1"
    assert found["keeps free labels probabilities"] == told
    assert found[BUDGET].startswith("moons, moons, free labels: step 1: rows are not feasible")


def negative(rows, problem, step):
    sign = rows.new_tensor([-1.0, 2.0])
    return torch.cat([rows[:, :-2], sign.expand(len(rows), 2)], 1)


def test_a_negative_label_is_no_probability_although_labels_add_up_to_one():
    found = found_on(odd(steps=each(negative)))
    assert found["keeps free labels probabilities"] == "step 1: a label of -1; must be at least 0"


def test_a_method_that_leaves_no_box_anyway_is_not_said_to_keep_to_one():
    shrinking = odd(steps=each(lambda rows, problem, step: problem.initial * 0.9**step))
    findings = {found.name: found for found in conform(Subject(shrinking))}
    box = findings["keeps to a box or refuses it"]
    assert (box.verdict, box.why) == (
        "does not apply", "its rows stay within the box where there is none",
    )  # fmt: skip


def test_the_number_of_sets_is_held_to():
    def twice(self, problem, *, generator):
        yield from itertools.islice(Nudge.steps(self, problem, generator=generator), 2)

    found = found_on(odd(steps=twice, one_shot=True))
    assert "yields 2 sets; must yield 1, as one_shot = True" in found[BUDGET]
    one = odd(steps=lambda *given, **named: itertools.islice(Nudge.steps(*given, **named), 1))
    assert "yields 1 sets; must yield 3, as one_shot = False" in found_on(one)[BUDGET]


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        (lambda self, problem, *, generator: [], "steps() is a list; must be an iterator"),
        (each(lambda rows, p, s: rows.tolist()), "yields a list; must yield tensors"),
        (each(lambda rows, p, s: sys.exit("enough")), "leaves the process"),
        (each(lambda rows, p, s: rows[9]), "IndexError: index 9 is out of bounds"),
        (each(lambda rows, p, s: rows[1:]), "yields rows of the form torch.strided (5, 3); must"),
        (each(lambda rows, p, s: rows.to_sparse()), "the form torch.sparse_coo (6, 3); must be t"),
    ],
)
def test_what_cannot_be_run_fails_with_its_reason_and_raises_nothing(steps, why):
    assert why in found_on(odd(steps=steps))[BUDGET]


def unless(apart, message):
    """Return steps that refuse problems of which `apart` is true."""

    def steps(self, problem, *, generator):
        if apart(problem):
            raise NotApplicable(message)
        return Nudge.steps(self, problem, generator=generator)

    return steps


APPLIES = "applies to a problem and refuses others in one line"
ROWS, LEARNER = (
    "runs without training rows or asks for them",
    "takes a learner that only learns or says what it lacks",
)


def is_opaque(problem):
    return type(problem.learner).__name__ == "Opaque"


@pytest.mark.parametrize(
    ("steps", "name", "why"),
    [
        (unless(lambda p: p.training is None, "rows"), ROWS, "refuses it, rows; must begin with"),
        (each(lambda rows, p, s: rows + 0 * p.training[:6]), ROWS, "TypeError: 'NoneType' object"),
        (unless(is_opaque, "no"), LEARNER, "refuses it, no; must begin with 'learner: '"),
        (each(lambda rows, p, s: rows if fields(p.learner) else 0), LEARNER, "TypeError: must be"),
        (unless(lambda p: p.layout.categorical, "a\nb"), APPLIES, "moons: refuses with 'a\\nb'; "),
        (unless(lambda p: True, "no"), APPLIES, "gaussian: refuses, no; ridge: refuses, no; rid"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_lacking(steps, name, why):
    found = found_on(odd(steps=steps))
    assert found.keys() == {name}
    assert found[name].startswith(why)


def test_where_all_is_refused_the_other_properties_say_nothing():
    findings = list(conform(Subject(odd(steps=unless(lambda p: True, "no")))))
    last = findings[-1]
    assert (last.verdict, last.why) == ("does not apply", "all problems are refused")


UNEQUAL = "selects as many of each class as are wanted"
DIFFERENT = "selects different rows of the same classes"


def repeated(problem, generator):
    rows = by(RandomSubset(), problem, generator)
    classes = problem.layout.classes(rows)
    first, second = (classes == classes[0]).nonzero()[:2, 0]
    rows[second] = rows[first]
    return rows


def one_class(problem, generator):
    """Return training rows of the first class alone."""
    return problem.training[problem.layout.classes(problem.training) == 0][:6].clone()


def first_rows(problem, generator):
    """Return the first training rows, whose classes alternate."""
    return problem.training[:6].clone()


@pytest.mark.parametrize(
    ("choose", "names", "why"),
    [
        (repeated, {DIFFERENT}, "5 different rows of 6; must be different"),
        (one_class, {DIFFERENT, UNEQUAL}, "moons, moons, free labels: [6] rows per class; must be "
                                          "[3, 3], as the initial set has"),
        (first_rows, {UNEQUAL}, "rows of the classes [0, 1, 0, 1, 0, 1]; must be of [1, 0, 0"),
    ],
)  # fmt: skip
def test_a_selection_is_held_to_the_classes(choose, names, why):
    found = found_on(selecting(choose))
    assert found.keys() & {DIFFERENT, UNEQUAL} == names
    assert any(why in each for each in found.values())
