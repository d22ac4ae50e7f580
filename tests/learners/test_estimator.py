"""Estimators of scikit-learn as learners, against scikit-learn fitted directly."""

import random
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier
from torch.nn.functional import one_hot

from ddlib.learners.estimator import EstimatorLearner
from ddlib.learners.logistic import LogisticRegression as OurLogisticRegression
from ddlib.learners.logistic import error_rate, soft_cross_entropy
from ddlib.problem import NotApplicable
from ddlib.tasks.digits import load_digits_splits, two_moons

REGRESSION = torch.randn(30, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def moons(num_rows=60, seed=0):
    return two_moons(num_rows, noise_std=0.1, generator=seeded(seed)).double()


def soft_moons():
    """The moons with labels between the classes."""
    rows = moons()
    rows[:, 2:] = 0.6 * rows[:, 2:] + 0.4 * torch.rand(60, 1, generator=seeded(3)) * torch.tensor(
        [1.0, 0.0]
    )
    rows[:, 3] = 1 - rows[:, 2]
    return rows


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(C=3.0),
        make_pipeline(StandardScaler(), GaussianNB()),
        DecisionTreeClassifier(max_depth=3, random_state=0),
    ],
)
def test_a_classifier_against_scikit_learn(estimator):
    rows, test = moons(), moons(200, seed=1)
    learner = EstimatorLearner(estimator, 2)
    predicted = learner.predict(learner(rows, generator=seeded()), test[:, :2])
    theirs = estimator.fit(rows[:, :2].numpy(), rows[:, 2:].argmax(1).numpy())
    shares, classes = theirs.predict_proba(test[:, :2].numpy()), test[:, 2:].argmax(1).numpy()
    np.testing.assert_allclose(predicted.exp(), shares, atol=1e-12)
    ours = soft_cross_entropy(predicted, test[:, 2:]).item()
    assert ours == pytest.approx(log_loss(classes, shares), abs=1e-12)
    accuracy = accuracy_score(classes, theirs.predict(test[:, :2].numpy()))
    assert error_rate(predicted, test[:, 2:]).item() == pytest.approx(1 - accuracy)
    assert accuracy > 0.8


def test_an_estimator_without_probabilities_votes():
    rows, test = moons(), moons(200, seed=1)
    learner = EstimatorLearner(SVC(), 2)
    predicted = learner.predict(learner(rows, generator=seeded()), test[:, :2])
    votes = SVC().fit(rows[:, :2], rows[:, 2:].argmax(1)).predict(test[:, :2])
    np.testing.assert_array_equal(predicted.argmax(1), votes)
    assert predicted.exp().max(1).values.eq(1).all()
    assert predicted.isfinite().all()


@pytest.mark.parametrize("num_responses", [1, 2])
@pytest.mark.parametrize("estimator", [Ridge(0.3), make_pipeline(StandardScaler(), Ridge(0.3))])
def test_a_regressor_against_scikit_learn(estimator, num_responses):
    learner = EstimatorLearner(estimator, num_responses, categorical=False)
    inputs, responses = REGRESSION[:, :-num_responses], REGRESSION[:, -num_responses:]
    predicted = learner.predict(learner(REGRESSION, generator=seeded()), inputs)
    theirs = estimator.fit(inputs.numpy(), responses.numpy()).predict(inputs.numpy())
    assert predicted.shape == (30, num_responses)
    np.testing.assert_allclose(predicted, theirs.reshape(30, num_responses), atol=1e-12)


def test_soft_labels_are_the_loss_of_the_soft_labels():
    """Ours descends the cross-entropy of soft labels itself; intercepts are inputs of ones."""
    rows = soft_moons()
    rows = torch.cat([rows[:, :2], torch.ones(60, 1), rows[:, 2:]], dim=1)
    estimator = LogisticRegression(C=1 / (60 * 0.05), fit_intercept=False, tol=1e-10)
    learner = EstimatorLearner(estimator, 2)
    model = learner(rows, generator=seeded())
    # A penalty on one vector of differences is that of two vectors halved.
    ours = OurLogisticRegression(2, penalty=0.1)(torch.cat([rows[:, :2], rows[:, 3:]], dim=1))
    np.testing.assert_allclose(model.coef_[0], ours[:, 1] - ours[:, 0], atol=1e-6)
    assert not np.allclose(model.coef_, EstimatorLearner(estimator, 2, labels="hard")(
        rows, generator=seeded()).coef_, atol=1e-2)  # fmt: skip


def test_a_pipeline_sees_each_row_once_and_weighs_by_its_last_step():
    rows = soft_moons()
    pipeline = make_pipeline(StandardScaler(), PCA(2), SelectKBest(k=1), LogisticRegression())
    model = EstimatorLearner(pipeline, 2)(rows, generator=seeded())
    inputs, shares = rows[:, :2].numpy(), rows[:, 2:].numpy()
    steps = pipeline[:-1].fit(inputs, shares.argmax(1))
    copies = np.vstack([steps.transform(inputs)] * 2)
    theirs = LogisticRegression().fit(copies, np.repeat([0, 1], 60), sample_weight=shares.T.ravel())
    np.testing.assert_allclose(model[-1].coef_, theirs.coef_, atol=1e-5)
    np.testing.assert_allclose(
        model.predict_proba(inputs), theirs.predict_proba(steps.transform(inputs)), atol=1e-5
    )


def test_soft_labels_need_weights_or_are_made_hard():
    rows = soft_moons()
    told = r"^estimator: KNeighborsClassifier takes no sample_weight, .* use labels='hard'"
    for estimator in (KNeighborsClassifier(), make_pipeline(PCA(), KNeighborsClassifier())):
        with pytest.raises(NotApplicable, match=told):
            EstimatorLearner(estimator, 2)(rows, generator=seeded())
    model = EstimatorLearner(KNeighborsClassifier(), 2, labels="hard")(rows, generator=seeded())
    theirs = KNeighborsClassifier().fit(rows[:, :2], rows[:, 2:].argmax(1))
    np.testing.assert_array_equal(model.predict(rows[:, :2]), theirs.predict(rows[:, :2]))
    EstimatorLearner(KNeighborsClassifier(), 2)(moons(), generator=seeded())


def test_a_class_without_a_row_has_no_chance():
    rows = moons()
    rows = torch.cat([rows, torch.zeros(60, 1)], dim=1)
    learner = EstimatorLearner(GaussianNB(), 3)
    predicted = learner.predict(learner(rows, generator=seeded()), rows[:, :2])
    assert predicted.shape == (60, 3)
    assert predicted[:, 2].exp().max() < 1e-15


def global_states():
    return torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(5),
        make_pipeline(StandardScaler(), MLPClassifier((4,), max_iter=20)),
        GridSearchCV(  # whose folds take the global stream, and are no setting of an estimator
            DecisionTreeClassifier(), {"max_depth": [1, 3]}, cv=KFold(3, shuffle=True)
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:.*Maximum iterations:sklearn.exceptions.ConvergenceWarning")
def test_only_the_generator_is_drawn_from(estimator):
    rows, learner = moons(), EstimatorLearner(estimator, 2)
    before = global_states()
    one, same, other = (learner(rows, generator=seeded(seed)) for seed in (5, 5, 6))
    np.testing.assert_equal(global_states()[1:], before[1:])
    assert global_states()[0].equal(before[0])
    np.testing.assert_array_equal(drawn(one), drawn(same))
    assert not np.array_equal(drawn(one), drawn(other))
    assert not hasattr(estimator, "classes_")


def drawn(model):
    """Numbers of a model that its randomness decides."""
    if isinstance(model, GridSearchCV):
        return [model.cv_results_[f"split{fold}_test_score"] for fold in range(3)]
    return model.predict_proba(moons(seed=1)[:, :2].numpy())


def test_a_warning_comes_once():
    learner = EstimatorLearner(LogisticRegression(C=1e6, max_iter=1), 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for seed in range(4):
            learner(moons(seed=seed), generator=seeded())
    (only,) = [each for each in caught if each.category is ConvergenceWarning]
    assert str(only.message).startswith("LogisticRegression: lbfgs failed to converge")


def test_a_forest_learns_the_digits():
    data = load_digits_splits(generator=seeded())
    learner = EstimatorLearner(RandomForestClassifier(50), 10)
    model = learner(data.training, generator=seeded(1))
    predicted = learner.predict(model, data.test[:, :64])
    assert predicted.dtype == data.test.dtype
    assert error_rate(predicted, data.test[:, 64:]) < 0.08


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"estimator": Ridge()}, "estimator: Ridge is no classifier; must be a classifier, as "
         "categorical = True"),
        ({"categorical": False}, "estimator: GaussianNB is no regressor; must be a regressor, as "
         "categorical = False"),
        ({"num_responses": 1}, "num_responses = 1: must be a whole number, at least 2"),
        ({"labels": "x"}, "labels = 'x': must be 'soft' or 'hard'"),
    ],
)  # fmt: skip
def test_bad_settings_are_refused(settings, told):
    with pytest.raises(ValueError, match=f"^{told}"):
        EstimatorLearner(**{"estimator": GaussianNB(), "num_responses": 2} | settings)


@pytest.mark.parametrize(
    ("estimator", "told"),
    [
        (GaussianNB, "the class GaussianNB"),
        (StandardScaler(), r"StandardScaler\(\)"),
        ("svm", "'svm'"),
    ],
)
def test_what_is_no_estimator_is_refused(estimator, told):
    with pytest.raises(TypeError, match=f"^estimator = {told}: must be a classifier of scikit-le"):
        EstimatorLearner(estimator, 2)


def test_rows_that_an_estimator_cannot_learn_are_told_in_one_line():
    rows = moons()
    rows[:, 2:] = one_hot(torch.zeros(60, dtype=torch.long), 2)
    told = r"^estimator: LogisticRegression does not learn from these rows, ValueError: .*2 classes"
    with pytest.raises(ValueError, match=told):
        EstimatorLearner(LogisticRegression(), 2)(rows, generator=seeded())


@pytest.mark.parametrize("estimator", [SVR(), GradientBoostingRegressor()])
def test_an_estimator_of_one_response_is_told_what_wraps_it(estimator):
    learner = partial(EstimatorLearner, num_responses=2, categorical=False)
    with pytest.raises(ValueError, match=r"wrap .* in sklearn\.multioutput\.MultiOutputRegressor$"):
        learner(estimator)(REGRESSION, generator=seeded())
    wrapped = learner(MultiOutputRegressor(estimator))
    model = wrapped(REGRESSION, generator=seeded())
    assert wrapped.predict(model, REGRESSION[:, :3]).shape == (30, 2)


def test_other_inputs_are_told_in_one_line():
    learner = EstimatorLearner(GaussianNB(), 2)
    model = learner(moons(), generator=seeded())
    with pytest.raises(ValueError, match=r"^estimator: GaussianNB does not predict .* 3 features"):
        learner.predict(model, torch.zeros(2, 3))
