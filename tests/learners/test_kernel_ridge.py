"""Kernel ridge regression against scikit-learn, and the label solve against its gradient."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist
from sklearn.kernel_ridge import KernelRidge as ScikitKernelRidge
from sklearn.metrics.pairwise import rbf_kernel

from ddlib.learners.kernel_ridge import RBF, KernelRidge, best_labels, prediction_error


def sample(num_rows, generator):
    """Rows of two inputs and two responses, one a wave and one a product."""
    x = torch.randn(num_rows, 2, dtype=torch.float64, generator=generator)
    return torch.cat([x, x[:, :1].sin(), x[:, :1] * x[:, 1:]], dim=1)


def training_error(learner, inputs, labels, training):
    model = learner(torch.cat([inputs, labels], dim=1))
    return ((training[:, 2:] - model(training[:, :2])) ** 2).mean()


def test_learner_against_scikit_learn(generator):
    rows, test = sample(30, generator), sample(10, generator)
    learner = KernelRidge(2, RBF(0.8), penalty=0.01)
    model = learner(rows)
    # scikit-learn's penalty stands beside the kernel, ours is per row.
    reference = ScikitKernelRidge(kernel="rbf", gamma=1 / (2 * 0.8**2), alpha=30 * 0.01)
    reference.fit(rows[:, :2].numpy(), rows[:, 2:].numpy())
    np.testing.assert_allclose(model.coefficients, reference.dual_coef_, atol=1e-10)
    predictions = reference.predict(test[:, :2].numpy())
    np.testing.assert_allclose(model(test[:, :2]), predictions, atol=1e-10)
    task = torch.tensor([0.7, 0.3], dtype=torch.float64)
    expected = ((test[:, 2:].numpy() - predictions) ** 2 @ [0.7, 0.3]).mean()
    assert prediction_error(test, model, task).item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_kernel_against_scikit_learn_far_from_the_origin_too(offset, generator):
    a, b = (sample(n, generator)[:, :2] for n in (5, 7))
    expected = rbf_kernel(a.numpy(), b.numpy(), gamma=1 / (2 * 1.3**2))
    np.testing.assert_allclose(RBF(1.3)(a + offset, b + offset), expected, atol=1e-11, rtol=0)


def test_kernel_has_two_derivatives_where_inputs_coincide(generator):
    """There the first is 0 and the second is -1 / bandwidth², in each coordinate."""
    inputs = torch.randn(20, 5, dtype=torch.float64, generator=generator)
    for i, point in enumerate(inputs):

        def value(x, i=i):
            return RBF(0.5)(x[None], inputs)[0, i]

        gradient = torch.autograd.functional.jacobian(value, point)
        hessian = torch.autograd.functional.hessian(value, point)
        torch.testing.assert_close(gradient, torch.zeros_like(gradient), atol=1e-12, rtol=0)
        torch.testing.assert_close(hessian, -4.0 * torch.eye(5, dtype=torch.float64))


@pytest.mark.parametrize("count", [2, 11, 600])
def test_median_bandwidth_against_scipy(count, generator):
    inputs = sample(count, generator)[:, :2]
    inputs[500:] *= 100.0
    expected = np.median(pdist(inputs[:500].numpy()))
    assert RBF.median(inputs).bandwidth == pytest.approx(expected, rel=1e-12)


def test_median_refuses_what_has_no_distance():
    with pytest.raises(ValueError, match="inputs: 1 rows; must be at least 2"):
        RBF.median(torch.zeros(1, 2))
    with pytest.raises(ValueError, match=r"bandwidth = 0\.0: must be above 0"):
        RBF.median(torch.zeros(5, 2))


def test_best_labels_have_no_gradient_and_no_better_neighbour(generator):
    training, learner = sample(60, generator), KernelRidge(2, RBF(1.0), penalty=1e-3)
    inputs = sample(5, generator)[:, :2]
    labels = best_labels(learner, inputs, training).requires_grad_()
    best = training_error(learner, inputs, labels, training)
    (gradient,) = torch.autograd.grad(best, labels)
    assert gradient.abs().max().item() < 1e-10
    for scale in (1e-2, 1.0):
        for _ in range(50):
            step = scale * torch.randn(5, 2, dtype=torch.float64, generator=generator)
            assert training_error(learner, inputs, labels + step, training) > best


def test_best_labels_beat_the_true_ones_and_fit_all_rows_by_all_inputs(generator):
    training, learner = sample(12, generator), KernelRidge(2, RBF(0.5), penalty=1e-2)
    inputs = training[:, :2]
    labels = best_labels(learner, inputs, training)
    assert training_error(learner, inputs, training[:, 2:], training).item() > 1e-3
    assert training_error(learner, inputs, labels, training).item() < 1e-15


def test_best_labels_of_a_repeated_input_are_shared(generator):
    training, learner = sample(30, generator), KernelRidge(2, RBF(1.0), penalty=1e-2)
    inputs = sample(3, generator)[[0, 1, 2, 2], :2]
    labels = best_labels(learner, inputs, training)
    torch.testing.assert_close(labels[2], labels[3])
    thrice = best_labels(learner, inputs[:3], training)
    error = training_error(learner, inputs, labels, training).item()
    expected = training_error(learner, inputs[:3], thrice, training).item()
    assert error == pytest.approx(expected, rel=1e-9)


def test_best_labels_refuse_training_rows_of_another_width(generator):
    training = sample(10, generator)
    with pytest.raises(ValueError, match="training: 4 columns; must be 2 inputs and 1 responses"):
        best_labels(KernelRidge(1, RBF(1.0), penalty=0.1), training[:2, :2], training)


def test_gradient_in_the_rows_also_where_they_are_training_rows(generator):
    training, learner = sample(8, generator), KernelRidge(2, RBF(0.8), penalty=0.05)
    task = torch.tensor([0.7, 0.3], dtype=torch.float64)

    def outputs(rows):
        model = learner(rows)
        return model.coefficients, prediction_error(training, model, task)

    rows = training[:3].clone().requires_grad_()
    assert torch.autograd.gradcheck(outputs, rows)
    assert torch.autograd.gradgradcheck(outputs, rows)


@pytest.mark.parametrize("settings", [(0, RBF(1.0), 0.1), (1, RBF(1.0), 0.0), (1, RBF(1.0), -1.0)])
def test_bad_settings_are_refused(settings):
    with pytest.raises(ValueError, match="must be"):
        KernelRidge(*settings)


@pytest.mark.parametrize("bandwidth", [0.0, -1.0, float("nan")])
def test_bad_bandwidths_are_refused(bandwidth):
    with pytest.raises(ValueError, match=r"bandwidth = .*: must be above 0"):
        RBF(bandwidth)
