"""What the columns of a row are, on rows made by hand."""

from itertools import chain, combinations

import numpy as np
import pytest
import torch

from ddlib.problem.rows import Layout, check_rows

TABLE = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
# Two inputs, then three classes: 2, 0, 2, 1.
CLASSES = torch.tensor(
    [
        [0.0, 4.0, 0.0, 0.0, 1.0],
        [2.0, 4.0, 1.0, 0.0, 0.0],
        [0.0, 8.0, 0.1, 0.3, 0.6],
        [2.0, 8.0, 0.0, 1.0, 0.0],
    ]
)
CATEGORICAL = Layout(3, categorical=True)


def test_responses_are_the_last_columns_and_inputs_the_others():
    layout = Layout(1)
    assert layout.inputs(TABLE).tolist() == [[1, 2], [4, 5]]
    assert layout.responses(TABLE).tolist() == [[3], [6]]


def test_without_responses_all_columns_are_inputs():
    assert torch.equal(Layout().inputs(TABLE), TABLE)
    assert Layout().responses(TABLE).shape == (2, 0)


def test_a_batch_of_sets_is_split_along_its_last_dimension():
    assert Layout(1).inputs(TABLE[None]).shape == (1, 2, 2)
    assert Layout(1).responses(TABLE[None]).tolist() == [[[3], [6]]]


def test_the_class_of_a_row_is_the_likeliest_one():
    assert CATEGORICAL.classes(CLASSES).tolist() == [2, 0, 2, 1]
    assert [group.tolist() for group in CATEGORICAL.groups(CLASSES)] == [[1], [3], [0, 2]]


def test_without_classes_all_rows_are_one_group():
    assert Layout(1).classes(TABLE).tolist() == [0, 0]
    assert [group.tolist() for group in Layout(1).groups(TABLE)] == [[0, 1]]


def test_a_class_without_rows_has_an_empty_group():
    groups = CATEGORICAL.groups(CLASSES[:3])
    assert [len(group) for group in groups] == [1, 0, 2]


def nearest_probabilities(labels):
    """The nearest by brute force: the least-squares solution of each support, where it is >= 0."""
    k = len(labels)
    supports = chain.from_iterable(combinations(range(k), size) for size in range(1, k + 1))
    found = []
    for support in map(list, supports):
        point = np.zeros(k)
        point[support] = labels[support] + (1 - labels[support].sum()) / len(support)
        if (point >= 0).all():
            found.append(point)
    return min(found, key=lambda point: ((point - labels) ** 2).sum())


@pytest.mark.parametrize("size", [0.1, 1.0, 10.0])
def test_labels_are_moved_to_the_nearest_probabilities(size):
    generator = torch.Generator().manual_seed(0)
    labels = size * torch.randn(40, 3, dtype=torch.float64, generator=generator)
    rows = torch.cat([labels[:, :2], labels], dim=1)
    moved = CATEGORICAL.on_simplex(rows)
    assert moved[:, :2].equal(rows[:, :2])
    expected = np.stack([nearest_probabilities(each) for each in labels.numpy()])
    np.testing.assert_allclose(moved[:, 2:], expected, rtol=0, atol=1e-12 * max(size, 1))
    assert CATEGORICAL.on_simplex(moved).equal(moved)
    assert CATEGORICAL.on_simplex(rows.reshape(4, 10, 5)).equal(moved.reshape(4, 10, 5))


def test_probabilities_and_rows_without_classes_are_left_to_the_bit():
    assert CATEGORICAL.on_simplex(CLASSES).equal(CLASSES)
    assert Layout(3).on_simplex(-CLASSES).equal(-CLASSES)


def test_features_are_inputs_of_classes_and_all_columns_of_a_table():
    assert torch.equal(CATEGORICAL.features(CLASSES), CLASSES[:, :2])
    assert torch.equal(Layout(1).features(TABLE), TABLE)
    assert Layout().features(torch.zeros(5, 2, 3)).shape == (5, 6)


@pytest.mark.parametrize(("settings"), [(-1, False), (0, True), (1, True)])
def test_bad_settings_are_refused(settings):
    with pytest.raises(ValueError, match=f"num_responses = {settings[0]}: must be .* at least 0"):
        Layout(*settings)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_rows_that_are_not_finite_are_refused_by_name_and_row(bad):
    rows = TABLE.clone()
    rows[1, 2] = bad
    with pytest.raises(ValueError, match="training: row 1 has NaN or infinite entries"):
        check_rows("training", rows, Layout())


def test_rows_that_lack_a_class_are_refused_by_name_and_class():
    with pytest.raises(ValueError, match="initial: class 1 has no row"):
        check_rows("initial", CLASSES[:3], CATEGORICAL)


def test_good_rows_are_accepted():
    check_rows("training", CLASSES, CATEGORICAL)
    check_rows("training", TABLE, Layout(1))


def test_each_column_of_a_table_has_its_own_scale():
    rows = torch.tensor([[0.0, 10.0], [2.0, 50.0]])
    standardise = Layout(1).standardiser(rows)
    assert standardise(rows).tolist() == [[-1, -1], [1, 1]]
    assert standardise(torch.tensor([[3.0, 30.0]])).tolist() == [[2, 0]]


def test_the_inputs_of_classes_share_one_scale():
    standardise = CATEGORICAL.standardiser(CLASSES)
    # Deviations 1 and 2, so the common one is the root of (1 + 4) / 2.
    expected = (CLASSES[:, :2] - torch.tensor([1.0, 6.0])) / 2.5**0.5
    torch.testing.assert_close(standardise(CLASSES[:, :2]), expected)


def test_a_constant_column_is_centred_and_not_scaled():
    rows = torch.tensor([[5.0, 0.0], [5.0, 2.0]])
    assert Layout().standardiser(rows)(rows + 1.0).tolist() == [[1, 0], [1, 2]]
    constant = torch.tensor([[5.0, 1.0, 0.0], [5.0, 0.0, 1.0]])
    assert Layout(2, categorical=True).standardiser(constant)(constant[:, :1]).tolist() == [[0]] * 2
