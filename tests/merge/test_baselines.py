"""Each baseline against pandas, scikit-learn and learning from the columns it uses."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from ddlib.dbn import LinearGaussianDBN, fit_em, learn_dbn
from ddlib.merge.baselines import (
    BASELINES,
    fill_drawn,
    fill_iterative,
    fill_mean,
    fill_zero,
    pairwise,
    shared_columns,
    source_alone,
    unstructured,
)

RIDGE = 0.7


def sources_of(hidden, num_variables=4, num_slices=2, num_rows=40, seed=0):
    """Rows of a random network with means that are not zero, one source for each of `hidden`."""
    generator = torch.Generator().manual_seed(seed)
    network = LinearGaussianDBN.random(num_variables, generator=generator, edge_probability=0.6)
    shift = torch.arange(1.0, 1.0 + num_variables, dtype=torch.float64)
    rows = network.sample(num_rows * len(hidden), num_slices, generator=generator) + shift
    sources = list(rows.clone().split(num_rows))
    for source, names in zip(sources, hidden, strict=True):
        source[:, :, names] = torch.nan
    return sources


def parameters(network, used=None):
    """All parameters, of some variables alone if told."""
    used = range(network.num_variables) if used is None else used
    square = np.ix_(used, used)
    return [
        part
        for cpds in (network.initial, network.transition)
        for part in (cpds.bias[used], cpds.weights[square], cpds.variances[used])
    ] + [network.lagged[square]]


def assert_same(first, second, tolerance=1e-9):
    for a, b in zip(first, second, strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def assert_independent(network, variable, sources):
    """No arc touches the variable; its law in two slices is that of all rows that see it."""
    for weights in (network.initial.weights, network.transition.weights, network.lagged):
        assert not weights[variable].any()
        assert not weights[:, variable].any()
    column = torch.cat(sources)[:, :, variable].numpy()
    for t, cpds in enumerate((network.initial, network.transition)):
        assert cpds.bias[variable].item() == pytest.approx(np.nanmean(column[:, t]), rel=1e-9)
        assert cpds.variances[variable].item() == pytest.approx(np.nanvar(column[:, t]), rel=1e-9)


@pytest.mark.parametrize(("fill", "value"), [(fill_mean, None), (fill_zero, 0.0)])
@pytest.mark.parametrize("num_slices", [1, 2, 3])
def test_fills_are_those_of_pandas(fill, value, num_slices):
    sources = sources_of([[0], [1, 2], []], num_slices=num_slices)
    table = pd.DataFrame(torch.cat(sources).flatten(1).numpy())
    table = table.fillna(table.mean() if value is None else value)
    rows = torch.tensor(table.to_numpy()).view(-1, num_slices, 4)
    assert_same(parameters(fill(sources, RIDGE)), parameters(learn_dbn(rows, ridge=RIDGE)))


def test_the_iterative_fill_predicts_the_hidden_column_from_the_others():
    """A column that is another one but for a little noise comes back, where a mean does not."""
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(200, 1, 1, generator=generator, dtype=torch.float64)
    noise = torch.randn(200, 1, 1, generator=generator, dtype=torch.float64)
    rows = torch.cat([first, 2 * first + 1 + 0.01 * noise], dim=2)
    clean = learn_dbn(rows).moments(1)
    sources = [rows[:100].clone(), rows[100:].clone()]
    sources[0][:, :, 1] = torch.nan
    # Half the noise of the column is lost in the fill: 0.5 · 1e-4 of a variance of 4.
    assert_same(fill_iterative(sources, 0.0).moments(1), clean, 2e-3)
    assert abs(fill_mean(sources, 0.0).moments(1)[1] - clean[1]).max() > 0.5


def test_a_source_alone_learns_from_the_columns_that_it_sees():
    hidden = [[0], [1, 2], []]
    sources = sources_of(hidden)
    for which, names in enumerate(hidden):
        network = source_alone(sources, RIDGE, which=which)
        seen = [variable for variable in range(4) if variable not in names]
        own = learn_dbn(sources[which][:, :, seen], ridge=RIDGE)
        assert own.lagged.any()
        assert_same(parameters(network, seen), parameters(own))
        for variable in names:
            assert_independent(network, variable, sources)


def test_shared_columns_are_those_that_every_source_sees():
    sources = sources_of([[0], [0], [1]])
    network = shared_columns(sources, RIDGE)
    own = learn_dbn(torch.cat(sources)[:, :, [2, 3]], ridge=RIDGE)
    assert own.lagged.any()
    assert_same(parameters(network, [2, 3]), parameters(own))
    for variable in (0, 1):
        assert_independent(network, variable, sources)


@pytest.mark.filterwarnings("error")
def test_with_no_shared_column_all_variables_are_independent():
    sources = sources_of([[0, 1], [2, 3]])
    network = shared_columns(sources, RIDGE)
    for variable in range(4):
        assert_independent(network, variable, sources)


def test_with_one_shared_column_it_is_learnt_alone():
    sources = sources_of([[0], [1], [2]])
    network = shared_columns(sources, RIDGE)
    own = learn_dbn(torch.cat(sources)[:, :, [3]], ridge=RIDGE)
    assert_same(parameters(network, [3]), parameters(own))


@pytest.mark.parametrize("num_slices", [1, 3])
@pytest.mark.parametrize("name", BASELINES)
def test_of_complete_sources_all_baselines_learn_from_the_pooled_rows(name, num_slices):
    sources = sources_of([[], []], num_slices=num_slices)
    expected = learn_dbn(torch.cat(sources), ridge=RIDGE)
    assert_same(parameters(BASELINES[name](sources, RIDGE)), parameters(expected))


def test_a_complete_source_alone_is_learnt_from_its_own_rows():
    sources = sources_of([[], []])
    expected = learn_dbn(sources[1], ridge=RIDGE)
    assert_same(parameters(source_alone(sources, RIDGE, which=1)), parameters(expected))


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("baseline", [*BASELINES.values(), source_alone])
def test_baselines_repeat_and_leave_the_sources_as_they_are(baseline):
    sources = sources_of([[0], [1], []])
    before = [source.clone() for source in sources]
    first, again = (parameters(baseline(sources, RIDGE)) for _ in range(2))
    assert_same(first, again, 0.0)
    for source, old in zip(sources, before, strict=True):
        torch.testing.assert_close(source, old, rtol=0, atol=0, equal_nan=True)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_draws_restore_the_variance_that_predictions_lose():
    """A column that is another one plus as much noise again; half of it is hidden."""
    first, noise = torch.randn(2, 2000, 1, 1, generator=generator(), dtype=torch.float64)
    rows = torch.cat([first, first + noise], dim=2)
    sources = [rows[:1000].clone(), rows[1000:].clone()]
    sources[0][:, :, 1] = torch.nan
    variance = {
        "predicted": fill_iterative(sources, 0.0).moments(1)[1][1, 1],
        "drawn": fill_drawn(sources, 0.0, num_fills=1, generator=generator()).moments(1)[1][1, 1],
    }
    # Predictions of the hidden half have variance 1 in place of 2. Sampling error is near 0.05.
    assert variance["predicted"] == pytest.approx(1.5, abs=0.15)
    assert variance["drawn"] == pytest.approx(2.0, abs=0.15)


def test_multiple_imputation_has_the_mean_moments_of_its_fills_and_speaks_for_the_rows():
    sources = sources_of([[0], [1], []])
    seeds = torch.randint(2**31 - 1, (3,), generator=generator()).tolist()
    rows = torch.cat(sources)
    fills = [
        torch.from_numpy(
            IterativeImputer(sample_posterior=True, random_state=seed).fit_transform(
                rows.flatten(1).numpy()
            )
        ).view(rows.shape)
        for seed in seeds
    ]
    expected = learn_dbn(torch.cat(fills), ridge=RIDGE, effective_size=len(rows))
    found = fill_drawn(sources, RIDGE, num_fills=3, generator=generator())
    assert_same(parameters(found), parameters(expected))


def test_pairwise_moments_take_the_noise_off_and_give_clean_moments_of_many_rows():
    clean = torch.cat(sources_of([[], []], num_rows=20_000))
    sources = [clean[:20_000].clone(), clean[20_000:].clone()]
    for source in sources:
        source += 0.7 * torch.randn(source.shape, generator=generator(1), dtype=torch.float64)
    sources[0][:, :, 0] = torch.nan
    told = pairwise(sources, 0.0, noise_std=0.7).moments(2)
    # 20 000 rows: standard errors of a covariance are near 0.01.
    assert_same(told, learn_dbn(clean).moments(2), 0.06)
    assert pairwise(sources, 0.0, noise_std=0.0).moments(2)[1][0, 0] > told[1][0, 0] + 0.4


def test_without_structure_all_arcs_are_there_and_the_likelihood_is_not_below_that_with():
    sources = sources_of([[0], [1], []])
    network = unstructured(sources, 1.0, noise_std=0.3)
    assert network.structure[1].sum() == 4 * 4 + 4 * 3 / 2
    sparse = fit_em(sources, noise_std=0.3, ridge=1.0).network
    rows = torch.cat(sources)
    ours, theirs = (fit.log_likelihood(rows, noise_std=0.3).sum() for fit in (network, sparse))
    assert ours > theirs
