import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from ddlib.dbn import PatternMoments, SufficientStatistics
from ddlib.dbn import statistics as module
from tests.shared.examples import examples

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


@examples(40)
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


@examples(30)
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
        "trajectories: no rows; must be at least 1": lambda: SufficientStatistics.from_trajectories(
            torch.zeros(0, 2, 2)
        ),
        r"trajectories: shape \(4, 2\); must be \(rows, slices, variables\)": lambda: (
            SufficientStatistics.from_trajectories(torch.zeros(4, 2))
        ),
        "trajectories: variable 0 in slice 0 of row 0 is infinite; must be finite or NaN": lambda: (
            SufficientStatistics.from_trajectories(torch.tensor([[[-1e999]]]))
        ),
        r"patterns: shapes \[\(1, 1\), \(1, 2\)\]; must be one shape": lambda: (
            statistics + SufficientStatistics((pattern,))
        ),
        "patterns: two are equal; must be distinct": lambda: SufficientStatistics(
            (pattern, pattern)
        ),
        r"patterns: shapes \[\]; must be one shape": lambda: SufficientStatistics(()),
        "count = 0: must be at least 1 row": lambda: PatternMoments(
            observed, 0, one, torch.ones(1, 1)
        ),
        r"mean, scatter: shapes \(1,\), \(1,\); must be \(1,\), \(1, 1\)": lambda: PatternMoments(
            observed, 2, one, one
        ),
        "mean, scatter: an entry is NaN or infinite; must be finite": lambda: PatternMoments(
            observed, 2, one / 0, torch.ones(1, 1)
        ),
    }
    for message, call in calls.items():
        with pytest.raises(ValueError, match=message):
            call()


@examples(25)
@given(shape=shapes, seed=st.integers(0, 10**6), share=st.sampled_from([0.0, 0.3]), data=st.data())
def test_batches_of_any_sizes_are_one_shot(hide, shape, seed, share, data):
    rows = hide(draw_rows(shape, seed), share, seed)
    cuts = data.draw(st.lists(st.integers(1, shape[0] - 1), unique=True).map(sorted))
    order = data.draw(st.permutations(range(shape[0])))
    batches = np.split(np.arange(shape[0]), cuts)
    whole = SufficientStatistics.from_trajectories(rows)
    in_batches = SufficientStatistics.from_batches(rows[list(batch)] for batch in batches)
    assert_same(in_batches, whole)
    shuffled = SufficientStatistics.from_batches(rows[order][list(batch)] for batch in batches)
    assert_same(shuffled, whole)


def test_batches_are_stable_far_from_zero():
    """At 1e8 a double holds the rows to 1e-8; the scatter's error is that times √n, not 1e16 ε."""
    rows, n = draw_rows((1000, 2, 2), 0), 1000
    expected = n * np.cov(rows.flatten(1).T.numpy(), bias=True)
    batches = (rows + 1e8).split(7)
    (pattern,) = SufficientStatistics.from_batches(batches).patterns
    np.testing.assert_allclose(pattern.scatter, expected, rtol=1e-6, atol=1e-4)
    naive = (rows + 1e8).flatten(1).T @ (rows + 1e8).flatten(1)
    naive -= n * torch.outer(pattern.mean, pattern.mean)
    assert not np.allclose(naive, expected, rtol=1e-2)


def test_no_batch_or_an_empty_one_is_refused():
    with pytest.raises(ValueError, match=r"patterns: shapes \[\]; must be one shape"):
        SufficientStatistics.from_batches([])
    with pytest.raises(ValueError, match="trajectories: no rows; must be at least 1"):
        SufficientStatistics.from_batches([torch.zeros(2, 1, 1), torch.zeros(0, 1, 1)])


@pytest.fixture
def a_pattern_each():
    """Two hundred rows of eight entries, no two of which hide the same."""
    rows = draw_rows((200, 2, 4), 1)
    masks = torch.randperm(2**8 - 1, generator=torch.Generator().manual_seed(0))[:200]
    return rows.masked_fill((masks[:, None] >> torch.arange(8) & 1).bool().view(-1, 2, 4), np.nan)


@pytest.mark.parametrize("stack_entries", [1, 64 * 7, 2**22])
def test_a_pattern_each_gives_the_rows_mean_in_blocks_of_any_size(
    make_network, monkeypatch, a_pattern_each, stack_entries
):
    monkeypatch.setattr(module, "STACK_ENTRIES", stack_entries)
    network, noise_std = make_network(4, seed=0), 0.3
    statistics = SufficientStatistics.from_trajectories(a_pattern_each)
    assert len(statistics.patterns) == 200
    sizes = [len(stack.count) for stack in statistics.stacks()]
    assert sizes == {1: [1] * 200, 64 * 7: [7] * 28 + [4], 2**22: [200]}[stack_entries]
    mean, covariance = (moment.numpy() for moment in network.moments(2, noise_std=noise_std))
    expected = []
    for row in a_pattern_each.flatten(1).numpy():
        seen = np.flatnonzero(~np.isnan(row))
        law = multivariate_normal(mean[seen], covariance[np.ix_(seen, seen)])
        expected.append(law.logpdf(row[seen]))
    value = network.mean_log_likelihood(statistics, noise_std=noise_std)
    assert value.item() == pytest.approx(np.mean(expected), rel=1e-11)
    assert torch.equal(network.mean_log_likelihood(statistics, noise_std=noise_std), value)
