"""Means and centres of classes against numpy and scikit-learn."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from scipy.cluster.vq import vq
from sklearn.neighbors import NearestCentroid

from ddlib.distillers.class_means import ClassMeans, part_means
from ddlib.distillers.k_means import KMeans, clusters
from ddlib.problem import DistillationProblem, Layout, NotApplicable, TrainingCriterion

CLASSES = Layout(3, categorical=True)


def new_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=new_generator(seed))


def class_problem(counts=(1, 1, 1), num_rows=30):
    """Classes of different sizes around centres of their own, so many initial rows of each."""
    classes = torch.arange(num_rows) % 5 % 3
    labels = torch.eye(3, dtype=torch.float64)[classes]
    rows = torch.cat([normal(num_rows, 4) + 3 * labels @ normal(3, 4, seed=1), labels], dim=1)
    groups = CLASSES.groups(rows)
    initial = torch.cat([rows[group[:k]] for group, k in zip(groups, counts, strict=True)])
    return DistillationProblem(
        lambda rows, generator=None: rows, TrainingCriterion(torch.sum), initial, training=rows,
        layout=CLASSES,
    )  # fmt: skip


def only_set(method, problem, seed=0):
    (rows,) = method.steps(problem, generator=new_generator(seed))
    return rows


def test_one_row_per_class_is_the_centroid():
    problem = class_problem()
    rows = problem.training.numpy()
    expected = NearestCentroid().fit(rows[:, :4], rows[:, 4:].argmax(1)).centroids_
    got = only_set(ClassMeans(), problem)
    np.testing.assert_allclose(CLASSES.inputs(got), expected, rtol=1e-12)
    assert CLASSES.responses(got).equal(torch.eye(3, dtype=torch.float64))


def test_the_means_of_parts_average_to_the_mean_of_the_class():
    """Six rows of class 2, in parts of three, have no row in two parts or in none."""
    problem = class_problem((1, 1, 2))
    group = CLASSES.groups(problem.training)[2]
    assert len(group) == 6
    wanted = problem.training[group].mean(0)
    sets = [only_set(ClassMeans(), problem, seed)[2:] for seed in range(5)]
    for rows in sets:
        torch.testing.assert_close(rows.mean(0), wanted, rtol=0, atol=1e-12)
        assert (rows[0] - rows[1]).abs().max() > 1e-3
    assert len({tuple(rows.flatten().tolist()) for rows in sets}) > 1


@pytest.mark.parametrize(("num_rows", "count"), [(7, 3), (4, 4), (9, 2)])
def test_parts_are_equal_to_within_a_row_and_no_row_is_left_out(num_rows, count):
    means = part_means(torch.eye(num_rows), count, generator=new_generator())
    members = means > 0
    assert members.sum(0).tolist() == [1] * num_rows
    sizes = members.sum(1)
    assert len(sizes) == count
    assert sizes.max() - sizes.min() <= 1
    torch.testing.assert_close(means, members / sizes[:, None])


def test_without_classes_responses_are_means_too():
    rows = normal(20, 3)
    problem = replace(
        class_problem(), initial=rows[:1], training=rows, layout=Layout(num_responses=1)
    )
    got = only_set(ClassMeans(), problem)
    np.testing.assert_allclose(got[0], rows.numpy().mean(0), rtol=0, atol=1e-15)


def test_more_rows_of_a_class_than_it_has_are_refused():
    problem = class_problem()
    few = CLASSES.groups(problem.training)[2]
    assert len(few) == 6
    crowded = torch.cat([problem.initial, problem.training[few]])
    with pytest.raises(
        NotApplicable, match=r"^initial: 7 rows of class 2; class means needs .*, and has 6$"
    ):
        only_set(ClassMeans(), replace(problem, initial=crowded))


def spread(features, which):
    """The sum of squared distances of rows to the mean of their cluster."""
    return sum(((f - f.mean(0)) ** 2).sum() for f in (features[which == k] for k in set(which)))


@pytest.mark.parametrize("seed", range(4))
def test_clusters_have_the_least_spread_of_all_partitions(seed):
    features = normal(7, 2, seed=seed)
    got = clusters(features, 3, num_starts=10, generator=new_generator())
    table = features.numpy()
    best = min(spread(table, np.array(which)) for which in product(range(3), repeat=7))
    assert spread(table, got.numpy()) == pytest.approx(best, rel=1e-12)


def test_each_row_is_the_mean_of_those_of_its_class_that_are_nearest_to_it():
    """The assignment is scipy's."""
    problem = class_problem((2, 1, 3))
    got = only_set(KMeans(), problem)
    assert CLASSES.classes(got).tolist() == [0, 0, 1, 2, 2, 2]
    for c, ours in enumerate([slice(0, 2), slice(2, 3), slice(3, 6)]):
        rows = problem.training[CLASSES.groups(problem.training)[c]].numpy()[:, :4]
        centres = got[ours].numpy()[:, :4]
        which = vq(rows, centres)[0]
        for k, centre in enumerate(centres):
            np.testing.assert_allclose(centre, rows[which == k].mean(0), rtol=0, atol=1e-12)


def test_without_classes_units_do_not_count_and_responses_are_means():
    """The second column parts the rows, though the first has a thousand times its units."""
    half = torch.arange(20) % 2
    rows = torch.stack([1e3 * normal(20), half + 1e-3 * normal(20, seed=1), half.double()], dim=1)
    problem = replace(
        class_problem(), initial=rows[:2], training=rows, layout=Layout(num_responses=1)
    )
    got = only_set(KMeans(), problem).numpy()
    expected = [rows.numpy()[k::2].mean(0) for k in range(2)]
    np.testing.assert_allclose(got[got[:, 2].argsort()], expected, rtol=1e-12)


def test_rows_that_coincide_are_centres_twice():
    rows = torch.tensor([[0.0, 1.0], [2.0, 3.0]], dtype=torch.float64)[torch.arange(6) % 2]
    problem = replace(class_problem(), initial=rows[:4], training=rows, layout=Layout())
    got = only_set(KMeans(), problem)
    assert sorted(map(tuple, got.tolist())) == [(0, 1), (0, 1), (2, 3), (2, 3)]
