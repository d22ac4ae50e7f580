import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddlib.dbn import PatternMoments, SufficientStatistics

shapes = st.tuples(st.integers(2, 30), st.integers(1, 3), st.integers(1, 3))


def draw_rows(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def assert_same(first, second, rtol=1e-9):
    ours, theirs = ({p.key: p for p in statistics.patterns} for statistics in (first, second))
    assert ours.keys() == theirs.keys()
    for key, pattern in ours.items():
        assert pattern.count == theirs[key].count
        torch.testing.assert_close(pattern.mean, theirs[key].mean, rtol=rtol, atol=rtol)
        torch.testing.assert_close(pattern.scatter, theirs[key].scatter, rtol=rtol, atol=rtol)


def test_each_pattern_has_the_moments_of_its_rows(hide):
    rows = hide(draw_rows((200, 2, 2), 0), 0.3, 1)
    flat = rows.flatten(1).numpy()
    statistics = SufficientStatistics.from_trajectories(rows)
    assert len(statistics.patterns) == len(np.unique(np.isnan(flat), axis=0))
    for pattern in statistics.patterns:
        seen = pattern.observed.numpy().ravel()
        members = flat[(np.isnan(flat) == ~seen).all(1)][:, seen]
        assert pattern.count == len(members)
        np.testing.assert_allclose(pattern.mean, members.mean(0), atol=1e-12)
        expected = sum((np.outer(x, x) for x in members - members.mean(0)), np.zeros((1, 1)))
        np.testing.assert_allclose(pattern.scatter, expected, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(shape=shapes, seed=st.integers(0, 10**6), share=st.sampled_from([0.0, 0.3]), data=st.data())
def test_split_and_merged_is_one_shot_in_any_order(hide, shape, seed, share, data):
    rows = hide(draw_rows(shape, seed), share, seed)
    cut = data.draw(st.integers(1, shape[0] - 1))
    shuffled = rows[torch.randperm(shape[0], generator=torch.Generator().manual_seed(seed))]
    first, second = (
        SufficientStatistics.from_trajectories(part) for part in (shuffled[:cut], shuffled[cut:])
    )
    whole = SufficientStatistics.from_trajectories(rows)
    assert whole.num_rows == shape[0]
    assert (whole.num_slices, whole.num_variables) == shape[1:]
    assert_same(first + second, whole)
    assert_same(second + first, whole)


@settings(max_examples=30, deadline=None)
@given(shape=shapes, seed=st.integers(0, 10**6), power=st.integers(0, 30))
def test_scatter_does_not_see_the_offset(shape, seed, power):
    # Multiples of 2⁻²⁰ stay exact after a shift by up to 2³⁰, so the scatter must not change.
    rows = (draw_rows(shape, seed) * 2**20).round() / 2**20
    near = SufficientStatistics.from_trajectories(rows)
    halves = [SufficientStatistics.from_trajectories(part + 2.0**power) for part in rows.split(1)]
    (expected,), (one_shot,) = (
        near.patterns,
        SufficientStatistics.from_trajectories(rows + 2.0**power).patterns,
    )
    (merged,) = sum(halves[1:], halves[0]).patterns
    torch.testing.assert_close(one_shot.scatter, expected.scatter, rtol=1e-6, atol=1e-5)
    torch.testing.assert_close(merged.scatter, expected.scatter, rtol=1e-5, atol=1e-4)


def test_complete_means_that_nothing_is_hidden():
    rows = draw_rows((4, 2, 2), 0)
    full = SufficientStatistics.from_trajectories(rows)
    rows[2, 1, 0] = torch.nan
    holed = SufficientStatistics.from_trajectories(rows)
    assert full.complete
    assert not holed.complete
    assert not (full + holed).complete
    assert (full + holed).num_rows == 8


def test_gradients_reach_the_rows_that_are_seen(hide):
    rows = hide(draw_rows((6, 1, 3), 0), 0.2, 3).requires_grad_()
    sum(p.scatter.sum() for p in SufficientStatistics.from_trajectories(rows).patterns).backward()
    assert rows.isnan().any()
    assert rows.grad.isfinite().all()
    assert (rows.grad[rows.isnan()] == 0).all()
    assert (rows.grad != 0).any()


def test_bad_input_is_refused():
    observed, one = torch.ones(1, 1, dtype=torch.bool), torch.ones(1)
    pattern = PatternMoments(observed, 2, one, torch.ones(1, 1))
    statistics = SufficientStatistics.from_trajectories(torch.zeros(2, 1, 2))
    calls = {
        "has no rows": lambda: SufficientStatistics.from_trajectories(torch.zeros(0, 2, 2)),
        r"got shape \(4, 2\)": lambda: SufficientStatistics.from_trajectories(torch.zeros(4, 2)),
        "row 0 is inf": lambda: SufficientStatistics.from_trajectories(torch.tensor([[[-1e999]]])),
        "one shape": lambda: statistics + SufficientStatistics((pattern,)),
        "distinct": lambda: SufficientStatistics((pattern, pattern)),
        "must share": lambda: SufficientStatistics(()),
        "count must be at least 1": lambda: PatternMoments(observed, 0, one, torch.ones(1, 1)),
        r"shapes \(1,\) and \(1, 1\)": lambda: PatternMoments(observed, 2, one, one),
        "must be finite": lambda: PatternMoments(observed, 2, one / 0, torch.ones(1, 1)),
    }
    for message, call in calls.items():
        with pytest.raises(ValueError, match=message):
            call()
