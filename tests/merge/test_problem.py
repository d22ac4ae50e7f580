"""Sources keep their rows and their holes, starts are complete, a part is judged on the others."""

from functools import partial
from itertools import chain

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch.optim import SGD

from ddlib.dbn import LinearGaussianDBN, SufficientStatistics, learn_dbn, negative_log_likelihood
from ddlib.dbn.available import available_moments
from ddlib.distillers.zeroth_order import ZerothOrder
from ddlib.merge import initial_rows, merging_problem, random_hidden, split_sources
from ddlib.merge.literal import LiteralCaption
from ddlib.problem import distill

seeds = st.integers(0, 10**6)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def draw(shape, seed):
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


@st.composite
def channels(draw_):
    """The rows (n, T, p) of a clean set, and what each of its sources hides."""
    num_slices, num_variables = draw_(st.integers(1, 3)), draw_(st.integers(2, 4))
    some = st.lists(st.integers(0, num_variables - 1), max_size=num_variables - 1, unique=True)
    hidden = draw_(st.lists(some, min_size=1, max_size=4))
    num_rows = draw_(st.integers(len(hidden), 20))
    return (num_rows, num_slices, num_variables), hidden


def overlapping_sources(seed, num_rows=12, num_slices=2, offset=0.0):
    """Three sources of three variables, each of which hides another one."""
    clean = draw((3 * num_rows, num_slices, 3), seed) + offset
    return split_sources(clean, [[0], [1], [2]], noise_std=0.1, generator=seeded(seed + 1))


# Splitting


@given(channels(), seeds)
def test_sources_are_equal_shares_in_order_and_hide_what_they_are_told(channel, seed):
    shape, hidden = channel
    clean = draw(shape, seed)
    before = clean.clone()
    sources = split_sources(clean, hidden, noise_std=0, generator=seeded(seed))
    lengths = [len(source) for source in sources]
    assert len(sources) == len(hidden)
    assert max(lengths) - min(lengths) <= 1
    start = 0
    for source, names in zip(sources, hidden, strict=True):
        expected = before[start : start + len(source)].numpy().copy()
        expected[..., names] = np.nan
        np.testing.assert_array_equal(source.numpy(), expected)
        start += len(source)
    assert start == len(clean)
    assert clean.equal(before)


@given(channels(), seeds, st.floats(0.01, 10))
def test_noise_is_in_proportion_to_its_std(channel, seed, noise_std):
    shape, hidden = channel
    clean = draw(shape, seed)

    def noise(std):
        sources = split_sources(clean, hidden, noise_std=std, generator=seeded(seed))
        return torch.cat(sources) - clean

    expected = noise_std * noise(1.0)
    torch.testing.assert_close(noise(noise_std), expected, equal_nan=True, rtol=1e-9, atol=1e-9)


def test_noise_is_standard_normal_once_scaled_and_independent_of_the_rows(generator):
    clean = draw((8000, 2, 2), 1)
    sources = split_sources(clean, [[], [0]], noise_std=0.3, generator=generator)
    noise = ((torch.cat(sources) - clean) / 0.3).numpy()
    seen = ~np.isnan(noise)
    assert stats.kstest(noise[seen], "norm").pvalue > 1e-3
    assert stats.pearsonr(noise[seen], clean.numpy()[seen]).pvalue > 1e-3
    first = noise[:4000].reshape(4000, -1)
    off_diagonal = np.corrcoef(first.T) - np.eye(4)
    assert np.abs(off_diagonal).max() < 4 / 4000**0.5


@pytest.mark.parametrize(
    ("num_rows", "hidden", "noise_std", "message"),
    [
        (2, [[], [], []], 0.1, "clean: 2 rows; must be at least one per source, 3"),
        (4, [[0]], -0.1, r"noise_std = -0\.1: must be finite and at least 0"),
        (4, [[0]], float("nan"), "noise_std = nan: must be finite and at least 0"),
        (4, [[0], [3]], 0.1, r"hidden\[1\] = \[3\]: must leave out some of 0 to 2"),
        (4, [[-1]], 0.1, r"hidden\[0\] = \[-1\]: must leave out some of 0 to 2"),
        (4, [[0, 1, 2]], 0.1, r"hidden\[0\] = \[0, 1, 2\]: must leave out some of 0 to 2"),
    ],
)
def test_impossible_channels_are_refused(num_rows, hidden, noise_std, message, generator):
    with pytest.raises(ValueError, match=message):
        split_sources(torch.zeros(num_rows, 1, 3), hidden, noise_std=noise_std, generator=generator)


# Hidden variables


@given(st.integers(1, 8), st.integers(1, 8), st.data(), seeds)
def test_hidden_variables_are_dealt_evenly(num_sources, num_variables, data, seed):
    num_hidden = data.draw(st.integers(0, num_variables - 1))
    hidden = random_hidden(num_sources, num_variables, num_hidden, generator=seeded(seed))
    assert len(hidden) == num_sources
    for names in hidden:
        assert len(names) == len(set(names)) == num_hidden
    dealt = np.array(list(chain(*hidden)), dtype=int)
    counts = np.bincount(dealt, minlength=num_variables)
    assert len(counts) == num_variables
    # As even as can be: different ones as far as there are.
    assert counts.max() - counts.min() <= 1
    if num_sources * num_hidden <= num_variables:
        assert counts.max() <= 1


def test_every_variable_is_as_likely_to_be_hidden(generator):
    drawn = [random_hidden(1, 4, 1, generator=generator)[0][0] for _ in range(2000)]
    assert stats.chisquare(np.bincount(drawn, minlength=4)).pvalue > 1e-3


@pytest.mark.parametrize("num_hidden", [-1, 3, 4])
def test_a_source_keeps_a_variable(num_hidden, generator):
    message = f"num_hidden = {num_hidden}: must be a whole number from 0 to 2"
    with pytest.raises(ValueError, match=message):
        random_hidden(2, 3, num_hidden, generator=generator)


# The start


@given(seeds, st.integers(1, 12), st.integers(1, 3))
def test_the_start_is_complete_and_block_j_is_rows_of_source_j(seed, rows_per_source, num_slices):
    sources = overlapping_sources(seed, num_slices=num_slices)
    before = [source.clone() for source in sources]
    start = initial_rows(sources, rows_per_source, generator=seeded(seed))
    assert start.shape == (3 * rows_per_source, num_slices, 3)
    assert start.isfinite().all()
    for j, (block, source) in enumerate(zip(start.split(rows_per_source), sources, strict=True)):
        seen = [variable for variable in range(3) if variable != j]
        difference = block[:, None, :, seen] - source[None, :, :, seen]
        same = (difference.abs() < 1e-6).all(-1).all(-1)
        assert (same.sum(1) == 1).all()
        assert same.any(0).sum() == rows_per_source  # no row twice
        torch.testing.assert_close(source, before[j], rtol=0, atol=0, equal_nan=True)


def test_the_start_draws_rows_at_random():
    """Each of five rows is the first one in a fifth of the draws."""
    source = torch.arange(5, dtype=torch.float64)[:, None, None]
    generator = seeded(0)
    first = [int(initial_rows([source], 1, generator=generator)) for _ in range(500)]
    assert stats.chisquare(np.bincount(first, minlength=5)).pvalue > 1e-3


def test_hidden_entries_follow_the_pooled_marginal_of_those_who_see_them(generator):
    """Sources of unequal size, level and spread: the pool is over rows, not over sources."""
    sizes, levels, spreads = (3000, 1000, 2000), (0.0, 5.0, -2.0), (1.0, 0.5, 2.0)
    sources = [
        spread * draw((size, 2, 3), i) + level + torch.arange(6.0).view(2, 3)
        for i, (size, level, spread) in enumerate(zip(sizes, levels, spreads, strict=True))
    ]
    for i in range(3):
        sources[i][..., i] = torch.nan
    sources[0][:, 1, 1] = torch.nan  # a hole in one slice alone
    pooled = np.concatenate([source.numpy() for source in sources])
    num_rows = 1000
    start = initial_rows(sources, num_rows, generator=generator).numpy()
    num_checked = 0
    for i, source in enumerate(sources):
        for t, v in np.argwhere(np.isnan(source.numpy()).all(0)):
            drawn = start[i * num_rows : (i + 1) * num_rows, t, v]
            seen = pooled[:, t, v][~np.isnan(pooled[:, t, v])]
            standardised = (drawn - seen.mean()) / seen.std()
            assert stats.kstest(standardised, "norm").pvalue > 1e-3
            assert abs(standardised.mean()) < 4 / num_rows**0.5
            assert abs(standardised.std() - 1) < 4 / (2 * num_rows) ** 0.5
            num_checked += 1
    assert num_checked == 7


def test_with_a_noise_the_start_is_drawn_from_the_law_of_clean_rows_given_those_of_a_source():
    """Three rows of a source, each many times: their draws have the conditional's moments."""
    noise_std, copies = 0.5, 1000
    mixing = torch.tensor([[1.0, 0.8, 0.0], [0.0, 1.0, -0.6], [0.0, 0.0, 1.0]], dtype=torch.float64)
    clean = 3 * draw((6000, 3), 0) @ mixing
    others = split_sources(clean[:, None], [[1], []], noise_std=noise_std, generator=seeded(1))
    nan = torch.nan
    rows = torch.tensor([[nan, 9, 9], [nan, -9, 9], [nan, 0, -9]], dtype=torch.float64)
    sources = [rows.repeat(copies, 1)[:, None], *others]
    statistics = SufficientStatistics.from_batches(sources)
    moments = available_moments(statistics, noise_std=noise_std)
    mean, covariance = (moment.numpy() for moment in moments)
    start = initial_rows(sources, 3000, generator=seeded(2), noise_std=noise_std)
    drawn, seen = start[: 3 * copies, 0], [1, 2]
    nearest = (drawn[:, None, 1:] - rows[:, 1:]).norm(dim=2).argmin(1)
    inverse = np.linalg.inv(covariance[np.ix_(seen, seen)] + noise_std**2 * np.eye(2))
    gain = covariance[:, seen] @ inverse
    spread = covariance - gain @ covariance[seen]
    variance = spread.diagonal()
    error = ((np.outer(variance, variance) + spread**2) / copies) ** 0.5
    assert (variance > 0.1).all()
    for k in range(3):
        own = drawn[nearest == k].numpy()
        center = mean + gain @ (rows[k, seen].numpy() - mean[seen])
        assert len(own) == copies
        assert (np.abs(own.mean(0) - center) < 4 * (variance / copies) ** 0.5).all()
        assert (np.abs(np.cov(own.T) - spread) < 4 * error).all()


def test_impossible_starts_are_refused(generator):
    sources = [draw((5, 2, 2), 0), draw((3, 2, 2), 1)]
    for count in (0, 4):
        wanted = "a whole number from 1 to the [53] rows of source [01]"
        message = f"rows_per_source = {count}: must be {wanted}"
        with pytest.raises(ValueError, match=message):
            initial_rows(sources, count, generator=generator)
    for source in sources:
        source[:, 1, 0] = torch.nan
    with pytest.raises(ValueError, match="variable 0 in slice 1 is seen by no row"):
        initial_rows(sources, 2, generator=generator)


# The criterion


@given(seeds, st.integers(1, 3), st.floats(0, 2), st.floats(0, 0.6))
def test_the_criterion_is_minus_the_mean_log_likelihood(seed, num_slices, noise_std, share):
    model = LinearGaussianDBN.random(3, generator=seeded(seed))
    rows = draw((15, num_slices, 3), seed)
    rows[torch.rand(rows.shape, generator=seeded(seed)) < share] = torch.nan
    value = negative_log_likelihood(rows, noise_std=noise_std)(model)
    assert value.shape == ()
    expected = -model.log_likelihood(rows, noise_std=noise_std).numpy().mean()
    assert value.item() == pytest.approx(expected, abs=1e-9)


def test_the_criterion_against_scipy():
    model = LinearGaussianDBN.random(2, generator=seeded(3))
    rows = draw((9, 2, 2), 4)
    rows[4:, :, 1] = torch.nan
    mean, covariance = (moment.numpy() for moment in model.moments(2))
    covariance = covariance + 0.3**2 * np.eye(4)
    total = stats.multivariate_normal(mean, covariance).logpdf(rows[:4].flatten(1).numpy()).sum()
    seen = [0, 2]
    marginal = stats.multivariate_normal(mean[seen], covariance[np.ix_(seen, seen)])
    total += marginal.logpdf(rows[4:, :, 0].numpy()).sum()
    value = negative_log_likelihood(rows, noise_std=0.3)(model)
    assert value.item() == pytest.approx(-total / 9, rel=1e-12)


# The problem


def learn(rows, *, generator=None):
    return learn_dbn(rows, ridge=0.1)


@given(seeds, st.integers(2, 5), st.floats(0, 1))
def test_part_j_is_judged_on_all_sources_but_j(seed, rows_per_source, noise_std):
    sources = overlapping_sources(seed)
    start = initial_rows(sources, rows_per_source, generator=seeded(seed))
    problem = merging_problem(sources, start, learner=learn, noise_std=noise_std)
    model = LinearGaussianDBN.random(3, generator=seeded(seed))

    def minus_mean(rows):
        return -model.log_likelihood(rows, noise_std=noise_std).mean().item()

    covered = [list(range(len(start)))[part.span] for part in problem.parts]
    assert covered == np.arange(len(start)).reshape(3, rows_per_source).tolist()
    assert problem.criterion(model).item() == pytest.approx(minus_mean(torch.cat(sources)))
    for j, part in enumerate(problem.parts):
        others = torch.cat([sources[i] for i in range(3) if i != j])
        assert part.criterion(model).item() == pytest.approx(minus_mean(others))


@given(seeds, st.integers(0, 2))
def test_a_changed_source_changes_the_criteria_of_the_other_parts_alone(seed, changed):
    sources = overlapping_sources(seed)
    start = initial_rows(sources, 2, generator=seeded(seed))
    model = LinearGaussianDBN.random(3, generator=seeded(seed))

    def values():
        problem = merging_problem(sources, start, learner=learn, noise_std=0.1)
        return [part.criterion(model).item() for part in problem.parts]

    before = values()
    sources[changed] = sources[changed] + 1.0
    same = [old == new for old, new in zip(before, values(), strict=True)]
    assert same == [j == changed for j in range(3)]


def test_impossible_problems_are_refused():
    sources = overlapping_sources(0)
    with pytest.raises(ValueError, match="sources: 1 given; must be at least two"):
        merging_problem(sources[:1], draw((4, 2, 3), 0), learner=learn, noise_std=0.1)
    with pytest.raises(ValueError, match="initial: 7 rows; must be equally many for each of 3"):
        merging_problem(sources, draw((7, 2, 3), 0), learner=learn, noise_std=0.1)


# The caption to the letter


class Witness:
    """A distiller that keeps the problems it is given and shifts the rows by one per step."""

    def __init__(self):
        self.problems = []

    def steps(self, problem, *, generator):
        self.problems.append(problem)
        yield problem.initial + 1.0


def test_the_letter_scores_the_part_itself_anew_each_step(generator):
    sources = overlapping_sources(0)
    start = initial_rows(sources, 4, generator=generator)
    witness = Witness()
    problem = merging_problem(sources, start, learner=learn, noise_std=0.1)
    distill(problem, LiteralCaption(witness), num_steps=3, generator=generator)
    model = LinearGaussianDBN.random(3, generator=generator)
    assert len(witness.problems) == 3
    for step, given_problem in enumerate(witness.problems):
        torch.testing.assert_close(given_problem.initial, start + step)
        for j, part in enumerate(given_problem.parts):
            rows = start[4 * j : 4 * (j + 1)] + step
            expected = -model.log_likelihood(rows).mean().item()
            assert part.span == problem.parts[j].span
            assert part.criterion(model).item() == pytest.approx(expected, rel=1e-9)


@given(seeds, st.floats(0.01, 3))
def test_to_the_letter_a_perturbation_can_only_lower_the_parts_likelihood(seed, size):
    """At one fixed structure: the weights learnt from the part are its maximum likelihood."""
    sources = overlapping_sources(seed)
    start = initial_rows(sources, 10, generator=seeded(seed))
    structure = LinearGaussianDBN.random(
        3, generator=seeded(seed + 1), edge_probability=0.5
    ).structure

    def fixed(rows, *, generator=None):
        return learn_dbn(rows, structure=structure)

    witness = Witness()
    problem = merging_problem(sources, start, learner=fixed, noise_std=0.1)
    next(LiteralCaption(witness).steps(problem, generator=seeded(seed)))
    for j, part in enumerate(witness.problems[0].parts):
        rows = start[part.span]
        best = part.criterion(fixed(rows))
        perturbed = rows + size * draw(rows.shape, seed + j)
        assert part.criterion(fixed(perturbed)) > best


def test_to_the_letter_the_training_rows_play_no_part():
    start = initial_rows(overlapping_sources(0), 5, generator=seeded(0))
    step = ZerothOrder(0.1, optimizer=partial(SGD, lr=0.01))

    def rows(method, offset):
        sources = overlapping_sources(1, offset=offset)
        problem = merging_problem(sources, start, learner=learn, noise_std=0.1)
        return distill(problem, method, num_steps=3, generator=seeded(2)).rows

    literal = LiteralCaption(step)
    assert rows(literal, 0.0).equal(rows(literal, 3.0))
    assert not rows(literal, 0.0).equal(start)
    assert not rows(step, 0.0).equal(rows(step, 3.0))
