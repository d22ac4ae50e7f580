"""Counts, numbers, structures and generators of the wrong kind are refused by name.

None as a generator would draw from torch's global stream.
"""

from fractions import Fraction

import numpy as np
import pytest
import torch

from ddlib.dbn import (
    DBNLearner,
    LinearGaussianDBN,
    draw,
    fit_em,
    hill_climb,
    impute,
    learn_dbn,
)
from ddlib.dbn.completion import maximum_entropy_completion
from ddlib.dbn.exact_rows import exact_rows
from tests.shared.refusals import HUGE, assert_refused, seeded

NETWORK = LinearGaussianDBN.random(2, generator=torch.Generator().manual_seed(0))
ROWS = NETWORK.sample(20, 2, generator=torch.Generator().manual_seed(1))


# Counts

NO_COUNTS = [None, "1", 1.0, float("nan"), float("inf"), True, [1]]


@pytest.mark.parametrize("count", NO_COUNTS)
def test_what_is_no_whole_number_is_no_count(count):
    shown = ": a list;" if isinstance(count, list) else f" = {count!r}:"
    calls = {
        "num_trajectories": lambda: NETWORK.sample(count, 2, generator=seeded()),
        "num_slices": lambda: NETWORK.sample(3, count, generator=seeded()),
        "num_rows": lambda: exact_rows(NETWORK, count, 2, generator=seeded()),
        "num_variables": lambda: LinearGaussianDBN.random(count, generator=seeded()),
        "patience": lambda: learn_dbn(ROWS, patience=count),
        "orders": lambda: hill_climb(np.eye(2), 5, orders=count),
        "num_starts": lambda: fit_em([ROWS], noise_std=0.1, num_starts=count),
    }
    for name, call in calls.items():
        assert_refused(call, f"{name}{shown} must be a whole number, at least")
    slices = f"num_slices{shown} must be a whole number, at least 1"
    assert_refused(lambda: NETWORK.moments(count), slices)
    assert_refused(lambda: NETWORK.unroll(count), slices)
    assert_refused(lambda: exact_rows(NETWORK, 9, count, generator=seeded()), slices)
    if count is not None:  # which leaves these to the learner, the data or no bound
        assert_refused(lambda: DBNLearner().rows_for(NETWORK, 9, count, generator=seeded()), slices)
        assert_refused(
            lambda: impute(NETWORK, ROWS, num_slices=count), slices[:-1] + "the 2 of the data"
        )
        parents = f"max_parents{shown} must be a whole number, at least 0"
        assert_refused(lambda: learn_dbn(ROWS, max_parents=count), parents)
        assert_refused(
            lambda: learn_dbn(ROWS, max_parents=count, structure=NETWORK.structure), parents
        )
        assert_refused(lambda: hill_climb(np.eye(2), 5, max_parents=count), parents)


def test_all_settings_of_learning_at_fault_are_named():
    with pytest.raises(ValueError, match=r"^effective_size = 0: .* ridge = .* patience = -1"):
        learn_dbn(ROWS, effective_size=0, ridge="1", patience=-1)


# Numbers


def test_a_number_that_no_float_holds_is_refused():
    known = torch.ones(2, 2, dtype=torch.bool)
    calls = {
        "effective_size": lambda: learn_dbn(ROWS, effective_size=HUGE),
        "ridge": lambda: learn_dbn(ROWS, ridge=HUGE),
        "size": lambda: hill_climb(np.eye(2), HUGE),
        "noise_std": lambda: NETWORK.moments(2, noise_std=HUGE),
    }
    for name, call in calls.items():
        assert_refused(call, f"{name} = {HUGE}: must be finite and at least")
    assert_refused(lambda: fit_em([ROWS], noise_std=HUGE), f"noise_std = {HUGE}: must be finite")
    assert_refused(
        lambda: fit_em([ROWS], noise_std=0.1, ridge=HUGE), f"ridge = {HUGE}: must be finite"
    )
    assert_refused(
        lambda: maximum_entropy_completion(torch.eye(2), known, ridge=HUGE), f"ridge = {HUGE}: must"
    )


@pytest.mark.parametrize("noise_std", [1e200, torch.tensor([0.1, 1e200], dtype=torch.float64)])
def test_a_noise_without_a_finite_variance_is_refused(noise_std):
    message = f"noise_std = {noise_std}: must be finite and at least 0, and its square"
    assert_refused(lambda: fit_em([ROWS], noise_std=noise_std), message)
    assert_refused(lambda: NETWORK.log_likelihood(ROWS, noise_std=noise_std), message)


def test_a_fraction_is_a_number():
    half = Fraction(1, 2)
    for function, settings in (
        (lambda **given: learn_dbn(ROWS, **given), {"ridge": 0.5, "effective_size": 40.5}),
        (lambda **given: fit_em([ROWS], **given).network, {"noise_std": 0.5, "ridge": 0.5}),
        (
            lambda **given: fit_em([ROWS], noise_std=None, max_iterations=5, **given).network,
            {"first_noises": (0.5,)},
        ),
    ):
        fractions = {
            name: (half,) if name == "first_noises" else Fraction(value)
            for name, value in settings.items()
        }
        assert torch.equal(function(**fractions).lagged, function(**settings).lagged)
    unit = np.array([[1, 0.5], [0.5, 1]])
    assert (hill_climb(unit, Fraction(81, 2)) == hill_climb(unit, 40.5)).all()


@pytest.mark.parametrize("noises", [None, 5, "ab", (), (0.1, HUGE), (0.0,), torch.ones(2), [1j]])
def test_bad_first_noises_are_refused(noises):
    message = f"first_noises = {noises!r}: must be a sequence of finite numbers above 0"
    assert_refused(lambda: fit_em([ROWS], noise_std=None, first_noises=noises), message)


@pytest.mark.parametrize("ends", [None, 1, (1,), (1, 2, 3), (1, float("inf")), (1, HUGE), "ab"])
def test_weights_need_two_finite_ends(ends):
    message = f"weight_range = {ends!r}: must be two finite numbers, 0 < low <= high"
    assert_refused(
        lambda: LinearGaussianDBN.random(2, generator=seeded(), weight_range=ends), message
    )


@pytest.mark.parametrize("structure", [True, "1", [1], 1.0, (1, 2), NETWORK.structure[:1]])
def test_what_is_no_structure_is_refused(structure):
    calls = (
        lambda: learn_dbn(ROWS, structure=structure),
        lambda: fit_em([ROWS], noise_std=0.1, structure=structure),
        lambda: DBNLearner(structure=structure)(ROWS),
    )
    for call in calls:
        with pytest.raises(ValueError, match=r"^structure.* must be tensors \(2, 2\) and \(4, 2\)"):
            call()


# Generators


@pytest.mark.parametrize("generator", [None, 0, "x"])
def test_nothing_is_drawn_from_the_global_stream(generator):
    before = torch.get_rng_state()
    learner, moments = DBNLearner(num_slices=2), NETWORK.moments(2)
    for call in (
        lambda: NETWORK.sample(3, 2, generator=generator),
        lambda: LinearGaussianDBN.random(2, generator=generator),
        lambda: exact_rows(NETWORK, 9, 2, generator=generator),
        lambda: learner.rows_for(NETWORK, 9, generator=generator),
        lambda: draw(ROWS, *moments, torch.zeros(4), generator=generator),
    ):
        assert_refused(call, f"generator = {generator!r}: must be a torch.Generator", TypeError)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("num_starts", [1, 2])
def test_a_generator_that_is_none_is_refused_where_nothing_is_drawn_too(num_starts):
    message = "generator = 'x': must be a torch.Generator"
    settings = {"noise_std": 0.1, "num_starts": num_starts, "generator": "x"}
    assert_refused(lambda: fit_em([ROWS], **settings), message, TypeError)
