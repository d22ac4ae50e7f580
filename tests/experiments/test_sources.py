"""What case study 1 draws: the law, clean rows, and what the sources show of them."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from ddlib.config import ParameterError
from ddlib.dbn import LinearGaussianDBN
from ddlib.experiments.sources import SourcesConfig, draw_data


def tiny(seed=0, **settings):
    small = {
        "num_variables": 3,
        "num_sources": 3,
        "training_rows": 12,
        "validation_rows": 5,
        "test_rows": 40,
    }
    return SourcesConfig(seed=seed, **(small | settings))


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_data_have_the_sizes_and_holes_that_the_config_says():
    config = tiny(num_slices=3, num_hidden=2, num_variables=4, test_rows=7)
    data = draw_data(config, generator=seeded(0))
    assert data.clean.shape == (3 * 12, 3, 4)
    assert data.test.shape == (7, 3, 4)
    assert [tuple(rows.shape) for rows in data.training] == [(12, 3, 4)] * 3
    assert [tuple(rows.shape) for rows in data.validation] == [(5, 3, 4)] * 3
    assert data.clean.isfinite().all()
    assert data.test.isfinite().all()
    for training, validation in zip(data.training, data.validation, strict=True):
        hidden = training.isnan().all(0).all(0)
        assert hidden.sum() == 2
        assert (training.isnan() == hidden).all()
        assert (validation.isnan() == hidden).all()


def test_sources_are_the_clean_rows_and_noise_and_the_splits_are_drawn_apart():
    data = draw_data(tiny(noise_std=0.0), generator=seeded(1))
    training = torch.cat(data.training)
    seen = training.isfinite()
    assert training[seen].equal(data.clean[seen])
    assert not (torch.cat(data.validation)[:, None] == training).any()
    assert not (data.test[:, None] == data.clean).any()


def test_noise_has_the_std_of_the_config():
    data = draw_data(tiny(training_rows=2000, noise_std=0.7), generator=seeded(0))
    noise = torch.cat(data.training) - data.clean
    noise = noise[noise.isfinite()].numpy()
    assert stats.kstest(noise / 0.7, "norm").pvalue > 1e-3


def test_all_data_come_from_the_law():
    config = tiny(training_rows=2000, noise_std=0.0, test_rows=4000, validation_rows=1000)
    data = draw_data(config, generator=seeded(2))
    mean, covariance = (moment.numpy() for moment in data.law.moments(2))
    validation = np.concatenate([rows.flatten(1).numpy() for rows in data.validation])
    for rows in (data.clean.flatten(1).numpy(), data.test.flatten(1).numpy(), validation):
        assert np.nanmean(rows, axis=0) == pytest.approx(mean, abs=0.1)
        observed = pd.DataFrame(rows).cov().to_numpy()  # pairwise complete
        np.testing.assert_allclose(observed, covariance, atol=0.15)


@pytest.mark.parametrize("num_sources", [2, 3, 4])
@pytest.mark.parametrize("num_variables", [2, 3, 5])
def test_a_config_is_possible_exactly_when_each_variable_is_seen(num_sources, num_variables):
    for num_hidden in range(num_variables):
        settings = {
            "num_variables": num_variables,
            "num_sources": num_sources,
            "num_hidden": num_hidden,
        }
        # Unchecked, to see what the data would be.
        unchecked = SourcesConfig(seed=0).model_copy(update=settings | {"training_rows": 2})
        data = draw_data(unchecked, generator=seeded(0))
        if torch.cat(data.training).isfinite().any(0).all():
            SourcesConfig(seed=0, **settings)
        else:
            with pytest.raises(ParameterError, match="num_hidden"):
                SourcesConfig(seed=0, **settings)


def test_the_law_is_random_in_the_seed_and_dense_in_the_edge_probability():
    full = draw_data(tiny(edge_probability=1.0), generator=seeded(0)).law
    none = draw_data(tiny(edge_probability=0.0), generator=seeded(0)).law
    assert isinstance(full, LinearGaussianDBN)
    assert full.structure[0].sum() == 3
    assert full.structure[1].sum() == 9 + 3
    assert none.structure[0].sum() == 0
    assert none.structure[1].sum() == 3  # every variable depends on its own past
    other = draw_data(tiny(edge_probability=1.0), generator=seeded(1)).law
    assert not other.lagged.equal(full.lagged)


def hidden_of(config):
    """What each source hides, and the clean rows."""
    data = draw_data(config, generator=seeded(config.seed))
    hidden = [rows.isnan().all(0).all(0).nonzero().flatten().tolist() for rows in data.training]
    return hidden, data.clean


def test_what_is_hidden_may_be_drawn_or_placed_and_the_rows_stay():
    settings = {"num_variables": 6, "num_sources": 4, "num_hidden": 2}
    dealt, clean = hidden_of(tiny(**settings))
    drawn, clean_drawn = hidden_of(tiny(**settings, hide="drawn"))
    apart, clean_apart = hidden_of(tiny(**settings, hide="apart"))
    assert clean.equal(clean_drawn)
    assert clean.equal(clean_apart)
    assert apart == [[0, 2], [0, 3], [1, 2], [1, 3]]
    assert [len(names) for names in drawn] == [2] * 4
    assert drawn != dealt


@pytest.mark.parametrize("change", [{"num_hidden": 1}, {"num_sources": 3}, {"num_variables": 3}])
def test_holes_that_keep_pairs_apart_need_four_sources_that_hide_two(change):
    sizes = {"num_variables": 6, "num_sources": 4, "num_hidden": 2}
    settings = sizes | {"hide": "apart"} | change
    with pytest.raises(ParameterError, match="hide = 'apart': must have num_sources = 4 and num_"):
        tiny(**settings)


def test_weak_weights_leave_more_to_the_shocks():
    """The variance that a variable's parents explain grows with the weights."""

    def explained(weights):
        laws = [
            draw_data(tiny(weights=weights, edge_probability=1.0), generator=seeded(seed)).law
            for seed in range(5)
        ]
        return torch.stack([1 - law.transition.variances for law in laws]).mean()

    assert explained("weak") < explained("strong") - 0.1


def test_rows_that_were_stored_before_weights_could_be_chosen_are_of_strong_ones():
    assert "weights" in tiny().implied()
    assert "weights" not in tiny(weights="weak").implied()
