"""Standard errors clustered by people are those of statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm

from ddlib.merge.equations import fit
from ddlib.merge.estimators import LEARNERS
from ddlib.visits.pooling import sandwich


@pytest.mark.parametrize("learned", ["linear", "logistic"])
def test_the_sandwich_is_that_of_statsmodels(learned):
    drawn = np.random.default_rng(0)
    people = np.repeat(np.arange(40), drawn.integers(1, 8, 40))
    effect = drawn.normal(size=40)[people]
    x = np.column_stack(
        [np.ones(len(people)), drawn.normal(size=(len(people), 2)) + effect[:, None]]
    )
    signal = x @ [0.3, 1.0, -0.5] + effect + drawn.normal(size=len(people))
    y = signal if learned == "linear" else (signal > 0).astype(float)
    theta = fit(LEARNERS[learned], x, y[:, None], penalty=0.0)
    found = sandwich(LEARNERS[learned], theta, x, y[:, None], people, penalty=0.0)
    model = sm.OLS(y, x) if learned == "linear" else sm.Logit(y, x)
    options = {} if learned == "linear" else {"disp": 0}
    wanted = model.fit(cov_type="cluster", cov_kwds={"groups": people}, **options)
    np.testing.assert_allclose(theta[0], wanted.params, rtol=1e-5)
    np.testing.assert_allclose(found, wanted.cov_params(), rtol=1e-4)


def test_the_prior_alone_gives_the_posterior_where_scores_say_nothing():
    """Of the covariance of a normal prior, where people's sums of scores vanish."""
    x = np.column_stack([np.ones(4), [1.0, -1.0, 2.0, -2.0]])
    y = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    theta = np.array([[0.0, 1.0]])
    learner = LEARNERS["linear"]
    found = sandwich(learner, theta, x, y, np.arange(4), penalty=1.0)
    np.testing.assert_allclose(found, 0, atol=1e-12)
