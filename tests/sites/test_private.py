"""What a private summary tells: its loss, its limits without noise, its form under any noise."""

import numpy as np
import pytest

from ddlib.sites.features import features_of
from ddlib.sites.private import release
from tests.sites.private_rows import STATED, no_noise, rows, seeded_noise, told_sums

RHO = 1e4  # so little noise that nothing is shrunk or cut
KEPT = 0.02  # of a correlation, by which bins and the bound on norms may move it


def correlations(told):
    [pattern] = told.moments.patterns
    std = np.sqrt(pattern.scatter.diagonal())
    return pattern.scatter / np.outer(std, std)


def available(features):
    """Correlations over the rows that show both, by numpy."""
    return np.ma.corrcoef(np.ma.masked_invalid(features), rowvar=False).filled(np.nan)


def test_without_noise_correlations_are_those_of_the_rows():
    codes = rows(3000, seed=0)
    told = release(STATED, codes, rho=RHO, noise=no_noise)
    assert told.rows == pytest.approx(3000)
    assert told.seen == pytest.approx((~np.isnan(codes)).sum(0))
    features = features_of(told.scale, codes)
    apart = told.scale.owners[:, None] != told.scale.owners
    assert correlations(told)[apart] == pytest.approx(available(features)[apart], abs=KEPT)
    [pattern] = told.moments.patterns
    assert pattern.sums / pattern.rows == pytest.approx(np.nanmean(features, 0), abs=0.01)
    assert pattern.rows == pytest.approx(3000 * 0.81, rel=0.02)  # that show a pair


def test_levels_within_a_column_vary_as_the_margin_has_them():
    told = release(STATED, rows(500, seed=1), rho=0.01, noise=seeded_noise(0))
    [pattern] = told.moments.patterns
    for column, place, counts in zip(STATED, told.scale.places, told.counts, strict=True):
        if column.kind == "category":
            shares = counts[1:] / counts.sum()
            wanted = np.diag(shares) - np.outer(shares, shares)
        elif column.kind in ("binary", "ordered"):
            shares = 1 - np.cumsum(counts / counts.sum())[:-1]
            wanted = np.minimum(shares[:, None], shares) - np.outer(shares, shares)
        else:
            continue
        assert pattern.sums[place] / pattern.rows == pytest.approx(shares)
        assert pattern.scatter[place, place] / pattern.rows == pytest.approx(wanted)


@pytest.mark.parametrize("rho", [1e-6, 1e-3, 0.1, 10.0])
@pytest.mark.parametrize("num_rows", [1, 40, 1000])
def test_under_any_noise_there_is_a_scale_and_a_pattern_that_rows_could_have(rho, num_rows):
    told = release(STATED, rows(num_rows, seed=2), rho=rho, noise=seeded_noise(num_rows))
    assert not told.moments.faults()
    assert all((counts > 0).all() for counts in told.counts)
    assert ((told.seen >= 1) & (told.seen <= told.rows)).all()
    for column, law in zip(told.scale.columns, told.scale.laws, strict=True):
        if law is not None:
            assert STATED[column.name].low <= law.low[0] <= law.high[-1] <= STATED[column.name].high


def test_the_losses_of_all_releases_add_up_to_the_loss_that_was_asked_for():
    spent = []

    def counted(sums, sensitivity, rho):
        spent.append(rho)
        return sums

    release(STATED, rows(50, seed=3), rho=0.3, noise=counted)
    assert len(spent) == 3
    assert sum(spent) <= 0.3 * (1 + 1e-15)
    assert sum(spent) == pytest.approx(0.3, rel=1e-12)


@pytest.mark.parametrize("index", range(8))
def test_no_person_moves_what_noise_is_added_to_by_more_than_noise_covers(index):
    codes = rows(40, seed=4)
    if index == 7:  # one far beyond all bounds
        codes[7] = [1e9, -1e9, 1e9, 1, 3, 0]
    first = told_sums(codes, 0.1)
    # The second and third release depend on the first, which both tables share then.
    second = told_sums(np.delete(codes, index, axis=0), 0.1, margins=first[0][0])
    for (sums, sensitivity, _), (others, same, _) in zip(first, second, strict=True):
        assert sensitivity == same
        assert 0 < np.linalg.norm((sums - others).astype(float)) <= sensitivity * (1 + 1e-12)


def test_opendp_adds_the_noise_unless_told():
    codes = rows(300, seed=5)
    first, second = (np.concatenate(release(STATED, codes, rho=1.0).counts) for _ in range(2))
    assert (first != second).sum() > 10  # of 80, each with noise of three rows
