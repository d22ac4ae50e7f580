"""The law of visits: it finds a known process, and new people are as the real ones are."""

import numpy as np
import pandas as pd
import pytest
import torch

from ddlib.dbn import learn_dbn
from ddlib.visits import to_slices
from ddlib.visits.model import (
    LEFT,
    NEXT,
    NOW,
    STATIC,
    TIME,
    VisitModel,
    canonical,
    group_of_people,
)
from ddlib.visits.sampling import sample, score_of
from tests.visits.tables import long_table, read

A = np.array([[0.7, 0.0], [0.3, 0.5]])
B = np.array([0.0, 0.4])  # of the static column


def process(seed: int, people: int, visits: int) -> pd.DataFrame:
    """Visits of a known linear Gaussian process: next = A now + B base + noise of deviation 0.5."""
    drawn = np.random.default_rng(seed)
    base = drawn.normal(size=people)
    z = drawn.normal(size=(people, 2)) * 0.8 + np.outer(base, [0, 0.6])
    rows = []
    for k in range(visits):
        rows.append(pd.DataFrame({"id": range(people), "day": 30 * k, "base": base,
                                  "x": z[:, 0], "y": z[:, 1]}))  # fmt: skip
        z = z @ A.T + np.outer(base, B) + 0.5 * drawn.normal(size=z.shape)
    return pd.concat(rows).sort_values(["id", "day"], ignore_index=True)


@pytest.fixture(scope="module")
def known():
    """Visits of the process, a third of whose people lack y, a third x; and their model."""
    table = process(0, 450, 4)
    third = table.id % 3
    holes = table.assign(x=table.x.mask(third == 1), y=table.y.mask(third == 2))
    visits = read(holes)
    return table, VisitModel.of(visits, num_draws=4, min_count=2, seed=0)


def weights_of(model, static=("base",)):
    """What the mean of the next visit's scores takes of base, x and y, in the columns' units."""
    law = model.windows
    given = law.cells(
        [*((STATIC, name) for name in static), (NOW, "x"), (NOW, "y"), ("", TIME), ("", LEFT)]
    )
    wanted = law.cells([(NEXT, "x"), (NEXT, "y")])
    covariance = np.mean([state.covariance for state in law.states], axis=0)
    found = np.linalg.solve(covariance[np.ix_(given, given)], covariance[np.ix_(given, wanted)])[
        : len(static) + 2
    ].T
    units = model.visits.table()[[*static, "x", "y"]].std().to_numpy()
    return found * units[-2:, None] / units


def test_the_law_is_that_of_the_process_though_no_window_is_complete_in_two_thirds(known):
    np.testing.assert_allclose(weights_of(known[1]), np.column_stack([B, A]), atol=0.08)


def test_the_law_is_that_of_the_network_of_two_slices():
    """Case study 1's network, learnt from the same complete windows of the same people."""
    visits = read(process(1, 400, 3).drop(columns="base"))
    slices = torch.from_numpy(to_slices(visits).codes)
    network = learn_dbn(torch.cat([slices[:, :2], slices[:, 1:]]))
    covariance = network.moments(2)[1].numpy()
    wanted = np.linalg.solve(covariance[:2, :2], covariance[:2, 2:]).T
    model = VisitModel.of(visits, num_draws=4, min_count=2, seed=0)
    np.testing.assert_allclose(weights_of(model, ()), wanted, atol=0.05)


def test_new_people_follow_the_process(known):
    table, model = known
    new = sample(model, 2000, "test").table()
    both = new.merge(
        new.assign(day=new.day - 30)[["id", "day", "x", "y"]], on=["id", "day"], suffixes=("", "2")
    )
    assert len(both) == 3 * 2000  # four visits, thirty days apart, as all real people have
    x = np.column_stack([np.ones(len(both)), both[["base", "x", "y"]]])
    found = np.linalg.lstsq(x, both[["x2", "y2"]].to_numpy(), rcond=None)[0][1:].T
    np.testing.assert_allclose(found, np.column_stack([B, A]), atol=0.08)
    for name in ("base", "x", "y"):
        assert new[name].mean() == pytest.approx(table[name].mean(), abs=0.1)
        assert new[name].std() == pytest.approx(table[name].std(), rel=0.1)


def test_schedules_are_as_the_real_ones_but_no_real_persons():
    table = long_table(people=300)
    visits = read(table, min_count=10)
    model = VisitModel.of(visits, num_draws=4, min_count=10, seed=0)
    new = sample(model, 3000, "test")
    shares = np.bincount(new.counts, minlength=7) / 3000
    real = np.bincount(visits.counts, minlength=7) / 300
    np.testing.assert_allclose(shares, real, atol=0.03)
    gaps, wanted = new.gap[new.has_next], visits.gap[visits.has_next]
    quantiles = [0.1, 0.5, 0.9]
    np.testing.assert_allclose(np.quantile(gaps, quantiles), np.quantile(wanted, quantiles), atol=3)
    assert (gaps > 0).all()
    assert (gaps % 1 == 0).all()
    assert (new.time[new.first] == 0).all()
    faults = new.schema.faults(new.table()[[*new.schema.names]])
    assert not faults


def test_people_who_fall_ill_may_have_fewer_visits():
    """The number of visits depends on where x goes, which no first visit tells."""
    drawn = np.random.default_rng(3)
    rows = []
    for person in range(600):
        x = drawn.normal()
        for k in range(8):
            rows.append((person, k, x))
            x = 0.9 * x + 0.5 * drawn.normal()
            if drawn.random() < 1 / (1 + np.exp(3 - 2 * x)):
                break
    table = pd.DataFrame(rows, columns=["id", "day", "x"])
    model = VisitModel.of(read(table), num_draws=4, min_count=2, seed=0)
    new = sample(model, 4000, "test").table()
    for k in range(6):
        later = [t.x[(t.day == k) & (t.groupby("id").day.transform("max") > k)].mean()
                 for t in (table, new)]  # fmt: skip
        assert later[1] == pytest.approx(later[0], abs=0.15)
    sizes = [t.groupby("id").size() for t in (table, new)]
    assert sizes[1].mean() == pytest.approx(sizes[0].mean(), abs=0.3)


def test_static_columns_stay_static_and_levels_are_levels():
    visits = read(long_table(people=120))
    new = sample(VisitModel.of(visits, num_draws=2, min_count=2, seed=0), 50, "test")
    table = new.table()
    assert (table.groupby("id")[["age", "sex"]].nunique() == 1).all(axis=None)
    assert set(table.sign) == {0, 1}
    assert table.id.nunique() == 50


def people_of(table: pd.DataFrame) -> pd.DataFrame:
    """New people of a table."""
    return sample(VisitModel.of(read(table), num_draws=2, min_count=2, seed=0), 20, "test").table()


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return people_of(long_table())


@pytest.mark.parametrize("seed", [0, 1])
def test_the_order_of_rows_and_people_changes_nothing(seed, people):
    table = long_table()
    shuffled = table.sample(frac=1, random_state=seed)
    shuffled = shuffled.assign(id="p" + (99 - shuffled.id).astype(str))[
        ["id", "sign", "y", "x", "sex", "age", "day"]
    ]
    found = people_of(shuffled)
    pd.testing.assert_frame_equal(found[[*people.columns]], people, check_dtype=False, rtol=1e-9)


def test_a_canonical_order_is_that_of_the_values():
    table = long_table()
    visits = canonical(read(table))
    assert sorted(visits.keys) == sorted(table.id.unique())
    wanted = table.set_index("id").loc[[*visits.keys]].reset_index()
    pd.testing.assert_frame_equal(visits.table(), wanted, check_dtype=False)


@pytest.mark.parametrize("seed", range(5))
def test_any_group_of_neighbouring_values_is_of_enough_people(seed):
    drawn = np.random.default_rng(seed)
    person = np.sort(drawn.integers(0, 12, 80))
    codes = np.where(drawn.random(80) < 0.1, np.nan, drawn.normal(size=80) + person / 3)
    group = group_of_people(codes, person, 4)
    order = np.argsort(codes)[: (~np.isnan(codes)).sum()]

    def fewest(size):
        return min(len(set(person[order[k : k + size]])) for k in range(len(order) - size + 1))

    assert fewest(group) >= 4
    assert fewest(group - 1) < 4


def test_scores_of_times_are_those_that_give_them():
    model = VisitModel.of(read(process(0, 90, 2)), num_draws=2, min_count=2, seed=0)
    margin = model.windows.margins[NOW, "x"]
    codes = np.linspace(-1.2, 1.2, 30)
    np.testing.assert_allclose(
        margin.codes_of_raw(score_of(margin, codes)[:, None]), codes, rtol=1e-6
    )
