# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What a small set can carry
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** when a small set is as good as all rows, and for which tasks; when no small set is; and what a
# method loses that minimises another function.
#
# **You need** [the formal problem](formal_problem.ipynb); convexity and the law of large numbers.
# ```
#
# [The formal problem](formal_problem.ipynb) has a {term}`learner`, a {term}`criterion` and a {term}`budget`.
# This chapter proves what follows from these three alone, for every method. When is a small set as good as all
# rows, for all tasks at once? When is no small set as good, and which sets are nearly as good? What does a
# method lose if it minimises another function than $F$? Each answer is a short theorem.
#
# ````{admonition} Reconstructed
# :class: reconstructed
# The abstract announces an analysis of methods by their accuracy and their "faithfulness to optimal DD
# operation". We did not have its theorems. The statements and proofs here are ours or, where cited, known.
# ````

# %% tags=["parameters"]
dim = 4  # features d, from 2 to 10
num_training = 400  # training rows that are distilled, at least 50
num_seeds = 20  # repetitions of what is averaged, at least 2
penalty = 0.05  # ridge penalty of the section on gradients, in the units of a feature's variance
seed = 0  # seed of the first repetition

# %% tags=["hide-input"]
from functools import partial
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from pydantic import Field

from ddlib.config import Config, Positive, Seed


class Parameters(Config):
    """What each parameter above may be."""

    dim: Annotated[int, Field(strict=True, ge=2, le=10)]
    num_training: Annotated[int, Field(strict=True, ge=50)]
    num_seeds: Annotated[int, Field(strict=True, ge=2)]
    penalty: Positive
    seed: Seed


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.numbers import number
from ddlib.plots.style import BLUE, GREY, ORANGE, WIDTH, use_style
from ddlib.plots.tables import typeset

use_style()

# %% [markdown]
# ## One set for every criterion
#
# Let $D$ be the training rows. Many learners use only a few averages of their rows. Let $t(z)$ be a vector
# computed from one row $z$, and let [$\bar t(S)=\frac1m\sum_{i}t(z_i)$](#symbol-statistic) be its mean over the
# $m$ rows of $S$. Such a mean is a {term}`statistic`.
#
# ````{prf:theorem} Exact distillation
# :label: thm-exact
#
# If $\learner(S)$ depends on $S$ only through $\bar t(S)$, every set with $\bar t(S)=\bar t(D)$ gives
# $\learner(S)=\learner(D)$, and so has the same value as $D$ of *every* criterion. If rows may carry weights
# that are at least 0 and sum to one, such a set exists with at most $\dim t+1$ of the rows of $D$ itself.
# ````
#
# ````{prf:proof}
# The first part is the assumption. For the second, $\bar t(D)$ is a convex combination of the points $t(z_i)$
# in $\R^{\dim t}$. By Carathéodory's theorem it is a convex combination of at most $\dim t+1$ of them.
# ````
#
# For mean and covariance, $t(z)=(z,zz^\top)$, and $\dim t$ grows as $d^2$ with the number $d$ of columns. Free
# synthetic rows without weights need only $d+1$ ({prf:ref}`thm-gaussian`). {numref}`tab-exact` gives one set of
# $d+1$ rows to four learners.

# %% tags=["hide-input"]
# | label: tab-exact
# | caption: >-
# |   What four learners learn from a few rows with the moments of all, against what they learn from all rows:
# |   the largest difference of an entry, which is rounding.
from ddlib.learners.bayesian_regression import BayesianRegression
from ddlib.learners.gaussian import Gaussian, GaussianMLE, expected_excess, random_gaussian
from ddlib.learners.ridge import Ridge, random_linear_law, squared_error
from ddlib.tasks.transitions import draw_transitions

generator = torch.Generator().manual_seed(parameters.seed)
rows = draw_transitions(generator=generator, num_training=parameters.num_training).training
half = rows.shape[1] // 2  # a row is this slice, then the next; see the next chapter
moments = GaussianMLE()
small = moments.rows_for(moments(rows), rows.shape[1] + 1, generator=generator)

learners = {
    "Gaussian density, covariance": lambda data: moments(data).covariance,
    "ridge, penalty 0.01": Ridge(half, 0.01),
    "ridge on the last response": Ridge(1, 0.1),
    "posterior mean": lambda data: BayesianRegression(half, 0.5, 1.0, len(rows))(data).mean,
}
differences = pd.Series(
    {name: (learn(small) - learn(rows)).abs().max().item() for name, learn in learners.items()},
    name=f"largest difference, {len(small)} rows against {len(rows)}",
).rename_axis("learner")
typeset(differences.to_frame(), ".0e")

# %% tags=["remove-cell"]
glue("exact_rows", len(small), display=False)
glue("exact_worst", number(differences.max(), ".0e"), display=False)

# %% [markdown]
# The largest difference is {glue:text}`exact_worst`, which is rounding. So {glue:text}`exact_rows` rows serve all
# of these learners, and every criterion of their models. (A posterior also needs the number of rows that the
# small set stands for, its `effective_size`.) With fewer rows than the statistic needs, the best set depends on
# the task. [The next chapter](tasks.ipynb) measures how much.
#
# ## When no small set is exact
#
# Call a statistic of $D$ *sufficient* if it determines the likelihood of $D$ at *every* parameter $\theta$, up
# to a factor without $\theta$. By the theorem of Pitman, Koopman and Darmois
# {cite:p}`koopman1936distributions`, a smooth family of densities on a fixed support has a continuous
# sufficient statistic, of a dimension that does not grow with the number $n$ of rows, only if it is an
# exponential family. A set of $m$ rows that depends continuously on $D$ and has the log-likelihood of $D$ at
# every $\theta$, up to a constant, is such a statistic. So outside the exponential families a set that is exact
# at every $\theta$ needs an $m$ that grows with $n$.
#
# The theorem does not say that one *estimate* needs many rows: every maximum-likelihood estimate $\hat\theta$ is
# itself a statistic of fixed dimension, sufficient or not.
#
# Logistic regression shows both. With inputs $x_i\in\R^d$, labels $y_i\in[0,1]$ and weights $v_i>0$ its loss is
#
# $$
# \begin{aligned}
# \ell(\theta;D)=\sum_{i=1}^nv_i\bigl[&\log(1+e^{\langle\theta,x_i\rangle})\\
# &-y_i\langle\theta,x_i\rangle\bigr].
# \end{aligned}
# $$ (eq-logistic)
#
# ````{prf:theorem} No small set has the logistic loss
# :label: thm-logistic
#
# Let the inputs of $D$ lie on $n$ different lines through the origin. If a set of $m$ rows, with any weights
# $v>0$ and any soft labels, has the loss {eq}`eq-logistic` of $D$ at every $\theta$, up to a constant, then
# $m\ge n$.
# ````
#
# ````{prf:proof}
# For large multiples of $\theta$,
# $\lim_{s\to\infty}\ell(s\theta)/s$
# $=\sum_iv_i\bigl[\max(0,\langle\theta,x_i\rangle)$ $-\,y_i\langle\theta,x_i\rangle\bigr]$.
# This function is linear except for a kink along each hyperplane $\langle\theta,x_i\rangle=0$, where its slope
# jumps by $v_i\|x_i\|>0$. Jumps of rows on one line add up and are positive, so none is cancelled: $D$ has kinks
# along exactly $n$ hyperplanes, and $m$ rows along at most $m$. Equal losses have equal limits, hence $n\le m$.
# ({cite:t}`izzo2023theoretical` prove another impossibility for this loss.)
# ````
#
# ## One learner needs few weighted rows
#
# A learner does not need the loss at every $\theta$, only the point at which a gradient vanishes. Let it solve
# the equations $\sum_iv_i\,\psi(z_i,\theta)=0$ for $\theta$, where $\psi(z,\theta)\in\R^q$, and the weights
# $v_i\ge0$ of the rows sum to one. Rows of $D$ have the weights $1/n$.
#
# ````{prf:theorem} A few rows of $D$ for one learner
# :label: thm-weighted
#
# Let $\hat\theta=\learner(D)$. At most $q+1$ rows of $D$, with weights, satisfy the equations at $\hat\theta$.
# If their equations have only one solution, the learner returns $\hat\theta$ from them.
# ````
#
# ````{prf:proof}
# $\frac1n\sum_i\psi(z_i,\hat\theta)=0$ says that 0 is a convex combination of the points $\psi(z_i,\hat\theta)$
# in $\R^q$. By Carathéodory's theorem it is one of at most $q+1$ of them, with the weights as coefficients.
# ````
#
# For logistic regression with the penalty $\frac\lambda2\|\theta\|^2$,
#
# $$
# \begin{gathered}
# \psi(z,\theta)=(p-y)\,x+\lambda\theta,\\
# p=1/(1+e^{-\langle\theta,x\rangle}),
# \end{gathered}
# $$ (eq-weighted)
#
# and $q=d$. With $\lambda>0$ the weighted loss is strictly convex, so that the solution is unique and $d+1$ rows
# carry $\hat\theta$. With $\lambda=0$ the kept rows attain the minimum of their loss at $\hat\theta$, hence they
# are not separable. The minimum is unique if and only if their inputs span $\R^d$.
#
# This does not contradict {prf:ref}`thm-logistic`. There two functions of $\theta$ agree. Here only $q$ numbers
# agree, at one $\hat\theta$ and for one $\lambda$. Another penalty has other equations.
#
# For an example we find such rows by linear programming: a basic solution of $q+1$ equations has at most $q+1$
# weights above 0. {numref}`tab-penalties` gives them to learners with other penalties. For comparison, ridge
# regression on the same columns gets $d+2$ *moment rows*, which have the mean and covariance of all rows.

# %% tags=["hide-input"]
# | label: tab-penalties
# | caption: >-
# |   Largest difference of a weight from that by all rows, when sets go to learners with other penalties. The
# |   weighted rows were made for the penalty 0.1.
from scipy.optimize import linprog, minimize

random = np.random.default_rng(parameters.seed)
d, n = parameters.dim, parameters.num_training
truth = random.normal(size=d)


def draw(num_rows):
    """Inputs of length 1 and labels 0 or 1, whose logits are three times the inputs' by `truth`."""
    x = random.normal(size=(num_rows, d))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x, (random.random(num_rows) < 1 / (1 + np.exp(-3 * x @ truth))).astype(float)


def logistic(x, y, weights, penalty):
    """The minimiser of the weighted logistic loss plus the penalty, by BFGS."""

    def value_and_gradient(theta):
        z = x @ theta
        value = weights @ (np.logaddexp(0, z) - y * z) + penalty / 2 * theta @ theta
        return value, x.T @ (weights * (1 / (1 + np.exp(-z)) - y)) + penalty * theta

    return minimize(value_and_gradient, np.zeros(d), jac=True, options={"gtol": 1e-10}).x


x, y = draw(n)
alike, made_for = np.full(n, 1 / n), 0.1
theta = logistic(x, y, alike, made_for)
psi = (1 / (1 + np.exp(-x @ theta)) - y)[:, None] * x + made_for * theta
equations, wanted = np.vstack([psi.T, np.ones(n)]), np.append(np.zeros(d), 1.0)
kept = linprog(random.random(n), A_eq=equations, b_eq=wanted, method="highs-ds").x > 0
weights = np.linalg.lstsq(equations[:, kept], wanted)[0]  # linprog's, without its tolerance

both = torch.from_numpy(np.column_stack([x, y]))
moment_rows = moments.rows_for(moments(both), d + 2, generator=generator)
names = [f"logistic, {kept.sum()} weighted rows of D", f"ridge, {d + 2} moment rows"]
transfer = pd.DataFrame(index=pd.Index(names, name="rows"))
for level in (0.01, 0.03, made_for, 0.3, 1.0):
    few = logistic(x[kept], y[kept], weights, level) - logistic(x, y, alike, level)
    ridge = Ridge(1, level)(moment_rows) - Ridge(1, level)(both)
    transfer[level] = np.abs(few).max(), ridge.abs().max().item()
typeset(transfer.T.rename_axis("learnt with the penalty"), ".1e")

# %% tags=["remove-cell"]
glue("made_for", made_for, display=False)
glue("logistic_other", float(transfer.iloc[0].drop(made_for).min()), display=False)
glue("ridge_worst_penalty", number(transfer.iloc[1].max(), ".0e"), display=False)

# %% [markdown]
# The weighted rows were found for the penalty {glue:text}`made_for`. There they are exact, up to the tolerance of
# the solver. With every other penalty they are off by at least {glue:text}`logistic_other:.3f`. The moment rows
# are right with all penalties, up to {glue:text}`ridge_worst_penalty`: they carry the statistic, not one
# estimate.
#
# ### Several learners at once
#
# If a set is for several learners $\learner_\lambda$, $\lambda\in\Lambda$, with criteria $\risk_\lambda$, there
# are two problems. The *averaged* problem draws $\lambda$ and minimises
# $\E_\lambda\risk_\lambda(\learner_\lambda(S))$, as in {eq}`eq-dd` with $\xi=\lambda$. The *robust* problem
# minimises $\sup_{\lambda\in\Lambda}\risk_\lambda(\learner_\lambda(S))$. Their solutions differ in general.
#
# As an example take ridge regression of one response with two penalties $\lambda$. Let $\risk_\lambda$ be the
# mean squared difference from the predictions of $\learner_\lambda(D)$ on the rows of $D$. One row $(x,y)$ gives
# $\learner_\lambda(S)=xy/(\|x\|^2+\lambda)$, which are parallel vectors for all $\lambda$. In general the vectors
# $\learner_\lambda(D)$ are not parallel. Then one row cannot serve both learners ({numref}`tab-conflict`).

# %% tags=["hide-input"]
# | label: tab-conflict
# | caption: >-
# |   Mean squared difference of predictions from those by all rows, for two penalties, and the mean and the
# |   maximum of the two. Numbers near $10^{-31}$ are rounding.
law_generator = torch.Generator().manual_seed(parameters.seed)
law = random_linear_law(d, 1, noise_std=0.5, generator=law_generator)
training = law.sample(n, generator=law_generator)
family = [Ridge(1, 0.01), Ridge(1, 1.0)]


def misses(flat):
    """For each penalty, the mean squared difference of predictions from those by all rows."""
    rows = torch.as_tensor(flat).reshape(-1, d + 1)
    differences = [training[:, :-1] @ (learner(rows) - learner(training)) for learner in family]
    return np.array([difference.square().mean().item() for difference in differences])


average = minimize(lambda row: misses(row).mean(), training[0].numpy()).x
limit = {"type": "ineq", "fun": lambda u: u[-1] - misses(u[:-1])}
start = np.append(average, misses(average).max())
robust = minimize(lambda u: u[-1], start, constraints=limit, options={"ftol": 1e-10}).x[:-1]
exact = moments.rows_for(moments(training), d + 2, generator=generator)
sets = {"1 row, averaged": average, "1 row, robust": robust, f"{d + 2} moment rows": exact}
conflict = pd.DataFrame({name: misses(flat) for name, flat in sets.items()})
conflict.index = ["penalty 0.01", "penalty 1"]
both_penalties = pd.DataFrame({"mean": conflict.mean(), "maximum": conflict.max()}).T
typeset(pd.concat([conflict, both_penalties]).rename_axis("set"), ".2g")

# %% [markdown]
# The averaged row has the smaller mean, the robust row the smaller maximum. The moment rows give both learners
# what all rows give them, and so solve both problems.
#
# ## Nearly exact sets
#
# {prf:ref}`thm-logistic` excludes sets that are exact at every $\theta$. Sets that are *nearly* exact on a ball
# need not be large. The lemma is about a loss $f(u,z)$ of any vector $u\in\R^q$ and a row $z$. We use it twice,
# first with $u=\theta$, then with the set in the place of $u$.
#
# ````{prf:lemma} Uniform deviation
# :label: thm-uniform
#
# Let $0\le f(u,z)\le b$ and $|f(u,z)-f(u',z)|\le L\|u-u'\|$ for $u,u'$ in the ball of radius $\rho$. Let
# $z_1,\dots,z_m$ be independent draws from one law, and $0<\epsilon\le\rho$, $0<\delta<1$. With probability at
# least $1-\delta$,
#
# $$
# \begin{gathered}
# \sup_{\|u\|\le\rho}\Bigl|\frac1m\sum_{i=1}^mf(u,z_i)-\E f(u,z)\Bigr|\\
# \le\ 2L\epsilon\\
# +\ b\,\sqrt{\frac{q\log(3\rho/\epsilon)+\log(2/\delta)}{2m}} .
# \end{gathered}
# $$ (eq-uniform)
# ````
#
# ````{prf:proof}
# Take as many points of the ball as possible with distances above $\epsilon$. Balls of radius $\epsilon/2$
# around them are disjoint and lie in the ball of radius $\rho+\epsilon/2$. By their volumes there are at most
# $(1+2\rho/\epsilon)^q\le(3\rho/\epsilon)^q$ points, and each $u$ is within $\epsilon$ of one. By Hoeffding's
# inequality the difference exceeds $t$ at one point with probability at most $2e^{-2mt^2/b^2}$, and at some
# point with probability at most $(3\rho/\epsilon)^q\,2e^{-2mt^2/b^2}$, which is $\delta$ if $t$ is the last
# term of {eq}`eq-uniform`. Between $u$ and its point each of the two means changes by at most $L\epsilon$.
# ````
#
# Let the $m$ rows be drawn from the rows of $D$. At every $\theta$ of the ball their mean loss is that of $D$, up
# to an error whose bound does not depend on the number $n$ of rows. {numref}`tab-uniform` has the largest
# difference over 250 random $\theta$, for the logistic loss with $\rho=5$ and $\|x\|=1$. Here $L=1$ and
# $b=\log(1+e^\rho)$.

# %% tags=["hide-input"]
# | label: tab-uniform
# | caption: >-
# |   Largest difference of the mean logistic loss over the ball between random rows and all rows of the data,
# |   as the mean over draws, for data of three sizes; and the bound.
radius, sizes = 5.0, (50, 200, 800)


def in_ball(num_numbers, radius):
    """250 random points of the ball, a row each."""
    points = random.normal(size=(250, num_numbers))
    lengths = radius * random.random((250, 1)) ** (1 / num_numbers)
    return lengths * points / np.linalg.norm(points, axis=1, keepdims=True)


points, deviations = in_ball(d, radius), {}
for size in (400, 4000, 40_000):
    inputs, labels = draw(size)
    logits = inputs @ points.T
    losses = np.logaddexp(0, logits) - labels[:, None] * logits
    for m in sizes:
        picks = random.integers(size, size=(parameters.num_seeds, m))
        gaps = [np.abs(losses[pick].mean(0) - losses.mean(0)).max() for pick in picks]
        deviations[m, f"n = {size}"] = np.mean(gaps)
uniform = pd.Series(deviations).unstack().rename_axis("random rows m")
epsilon = radius * np.logspace(-4, 0, 200)
exponent = d * np.log(3 * radius / epsilon) + np.log(2 / 0.05)
roots = [np.log1p(np.exp(radius)) * np.sqrt(exponent / (2 * m)) for m in sizes]
uniform["bound, probability 0.95"] = [(2 * epsilon + root).min() for root in roots]
typeset(uniform, ".3f")

# %% tags=["remove-cell"]
largest = uniform.drop(columns="bound, probability 0.95").max(axis=1)
glue("bound_over", float((uniform["bound, probability 0.95"] / largest).min()), display=False)

# %% [markdown]
# The difference falls roughly as $1/\sqrt m$ and hardly depends on $n$. The bound is at least
# {glue:text}`bound_over:.0f` times as large.
#
# A {term}`coreset` {cite:p}`feldman2020core` is a set of weighted rows of $D$ that has a small *relative* error
# at every $\theta\in\R^d$. This is a stronger condition. {cite:t}`munteanu2018coresets` prove that some data have
# no logistic coreset whose size is strongly sublinear in $n$. They define a complexity $\mu$ of a data set. It
# compares the margins $(2y_i-1)\langle\theta,x_i\rangle$ of one sign with those of the other: $\mu$ is the
# largest ratio, over $\theta$, of the sum of the positive margins to the sum of the negative ones in absolute
# value. If $\mu$ is bounded, sampling by importance gives small coresets. Without a bound on $\mu$ there are none
# in general.
#
# ## Is there a best set?
#
# ````{prf:theorem} Existence
# :label: thm-existence
#
# Let $\sets_m$ be closed and $F$ lower semicontinuous on it. If for some $c$ the set
# $\{S\in\sets_m:F(S)\le c\}$ is bounded and not empty, then $F$ has a minimum on $\sets_m$. Without boundedness
# it may have none.
# ````
#
# ````{prf:proof}
# By lower semicontinuity $\{S\in\sets_m:F(S)\le c\}$ is closed. It is bounded and not empty, hence compact, and a
# lower semicontinuous function has a minimum on a compact set. For the second part, take least squares on one
# row $(x,1)$ with $x\ge1$, so that $\learner(S)=1/x$. The criterion $\theta^2$ has no minimum.
# ````
#
# It is enough that every number of a row has a bounded range, as pixels have. Ridge regression has a minimum by
# {prf:ref}`thm-ridge`.
#
# ## What another objective costs
#
# A method minimises [$\hat F$](#symbol-working-objective) in place of $F$. The {term}`regret`
# {eq}`eq-faithfulness` of its set has a bound.
#
# ````{prf:theorem} Regret
# :label: thm-faithful
#
# Let $K\subset\sets_m$ contain a minimiser $S^*$ of $F$ on $\sets_m$, and let $\hat S$ minimise $\hat F$ on
# $K$. For every increasing function $g$,
#
# $$
# \begin{gathered}
# F(\hat S)-\min_{\sets_m}F\ \le\\
# 2\sup_{S\in K}\bigl|F(S)-g(\hat F(S))\bigr| .
# \end{gathered}
# $$ (eq-regret-bound)
# ````
#
# ````{prf:proof}
# Let $b$ be the supremum. $\hat S$ minimises $g\circ\hat F$ on $K$ too, so
# $F(\hat S)\le g(\hat F(\hat S))+b$ $\le g(\hat F(S^*))+b$ $\le F(S^*)+2b$.
# ````
#
# The theorem holds for every increasing $g$, because only the *order* of sets by $\hat F$ matters. The set $K$
# can be a ball, or a sublevel set $\{F\le c\}$ with $c\ge F(\hat S)$. Over all of $\sets_m$ the bound can be
# infinite. For ridge regression both $F$ and the training error are quadratic in
# [$\learner(S)$](#symbol-learner), with different second derivatives: $\Sigma$ and its estimate. Responses can be
# any numbers, so the supremum over all rows is infinite. No $g$ helps, because sets with equal $\hat F$ have
# values of $F$ that are arbitrarily far apart.
#
# A method can depart from the problem at three places. Replace the law first, then the learner, then the
# criterion, $F\to F_1\to F_2\to\hat F$. By the triangle inequality, with all suprema over $K$,
#
# $$
# \begin{gathered}
# \sup|F-g\circ\hat F|\ \le\ \underbrace{\sup|F-F_1|}_{\text{law}}\\
# +\,\underbrace{\sup|F_1-F_2|}_{\text{learner}}\\
# +\,\underbrace{\sup|F_2-g\circ\hat F|}_{\text{criterion}} .
# \end{gathered}
# $$ (eq-three-departures)
#
# [The chapter on methods](methods.ipynb) sorts methods by these three terms. The first can be bounded before
# anything is distilled. Let $f(S,z)$ be the loss of the model $\learner(S)$ on the row $z$. Let $F$ be its mean
# over the law $Q$, and $\hat F$ its mean over $n$ training rows from $Q$. Let $S$ consist of $q$ numbers, and let
# $K$ be the ball $\|S\|\le\rho$ in $\R^q$. Let $f$ satisfy the assumptions of {prf:ref}`thm-uniform` with $S$ in
# the place of $u$, and let $K$ contain a minimiser of $F$. Then with probability at least $1-\delta$
#
# $$
# \begin{gathered}
# F(\hat S)-\min_{\sets_m}F\ \le\ 4L\epsilon\\
# +\ 2b\,\sqrt{\frac{q\log(3\rho/\epsilon)+\log(2/\delta)}{2n}} .
# \end{gathered}
# $$ (eq-generalisation)
#
# For a given bound $n$ has to grow roughly in proportion to $q$. So a smaller set has a smaller bound.
# {numref}`tab-regret-bound` is for ridge regression from one row, judged by the squared error. $K$ consists of
# 250 random points of a ball, and the regret is that within $K$. The last column is the bound
# {eq}`eq-regret-bound` if $g$ adds the best constant.

# %% tags=["hide-input"]
# | label: tab-regret-bound
# | caption: >-
# |   Mean regret of the best set for the training rows, and its two bounds, in units of the squared error.
features, response = np.split(in_ball(d + 1, 3.0), [d], axis=1)
models = features * response / ((features**2).sum(1, keepdims=True) + 1)  # ridge, penalty 1


def errors(num_rows):
    """The mean squared error of each model on fresh rows."""
    inputs, labels = draw(num_rows)
    return ((labels[:, None] - inputs @ models.T) ** 2).mean(0)


on_law, found = errors(40_000), []
for size in (100, 400, 1600) * 5 * parameters.num_seeds:
    working = errors(size)
    regret, gap = on_law[working.argmin()] - on_law.min(), on_law - working
    found.append((size, regret, 2 * np.abs(gap).max(), np.ptp(gap)))
overfit = pd.DataFrame(found, columns=["training rows n", "regret", "bound", "with a constant"])
typeset(overfit.groupby("training rows n").mean().rename_axis("training rows $n$"), ".4f")

# %% tags=["remove-cell"]
averages = overfit.groupby("training rows n").mean()
glue("regret_under", float((averages["with a constant"] / averages["regret"]).min()), display=False)

# %% [markdown]
# The bounds fall roughly as $1/\sqrt n$. Even the smaller one is at least {glue:text}`regret_under:.0f` times
# the mean regret.
#
# ## The rows' own error
#
# An {term}`exact set` is as good as the training rows, which have a *sampling error*. For maximum likelihood of
# a model with $r$ parameters from $n$ rows of its own law, the expected excess of the cross-entropy is near
# $r/2n$ nats per row. A Gaussian of $d$ columns has $r=d+d(d+1)/2$. A set can do better than the rows that it
# is made from. Let $\hat\mu$ and $\hat\Sigma$ be mean and covariance (divisor $n$) of $n$ rows from
# $N(\mu,\Sigma)$, let $c>0$, and let $\psi$ be the digamma function.
#
# ````{prf:theorem} The covariance should be inflated
# :label: thm-inflation
#
# For every Gaussian law and $n>d+2$, the model $N(\hat\mu,c\hat\Sigma)$ has the expected excess
#
# $$
# \begin{gathered}
# \tfrac12\Bigl[d\log c+d\log\tfrac2n-d\\
# +\sum_{i=1}^d\psi\bigl(\tfrac{n-i}2\bigr)+\frac{d(n+1)}{c(n-d-2)}\Bigr]
# \end{gathered}
# $$ (eq-excess)
#
# nats per row. It is least at $c^*=\frac{n+1}{n-d-2}>1$, and $d+1$ rows give this model.
# ````
#
# ````{prf:proof}
# By {eq}`eq-cross-entropy`, the excess over the entropy $\frac12[\log\det2\pi\Sigma+d]$ has the mean
# $\frac12\E\bigl[\log\det c\hat\Sigma-\log\det\Sigma$ $+\,\frac1c\tr\hat\Sigma^{-1}(\Sigma+hh^\top)-d\bigr]$ with
# $h=\mu-\hat\mu$. Here $n\hat\Sigma$ has Wishart's distribution with $n-1$ degrees of freedom, hence
# $\E\log\det n\hat\Sigma=\log\det\Sigma$ $+\,d\log2+\sum_i\psi(\frac{n-i}2)$ and
# $\E\hat\Sigma^{-1}=\frac n{n-d-2}\Sigma^{-1}$. The mean $\hat\mu$ is independent of $\hat\Sigma$ and has
# covariance $\frac1n\Sigma$, so the trace has the mean $\frac{n}{n-d-2}\,d\,(1+\frac1n)$. The derivative of
# {eq}`eq-excess` in $c$, $\frac d2\bigl[\frac1c-\frac{c^*}{c^2}\bigr]$, changes sign at $c^*$ only. The rows
# are those of {prf:ref}`thm-gaussian` for $c^*\hat\Sigma$.
# ````
#
# {numref}`fig-inflation` has the excess of the rows' own covariance and of the inflated one.

# %% tags=["hide-input"]
seeds = range(parameters.seed, parameters.seed + 20 * parameters.num_seeds)


def excesses(seed, num_rows, inflation):
    """Excess of all rows and of d + 1 rows with the inflated covariance, in nats per row."""
    generator = torch.Generator().manual_seed(seed)
    law = random_gaussian(d, generator=generator)
    everything = moments(law.sample(num_rows, generator=generator))
    inflated = Gaussian(everything.mean, inflation * everything.covariance)
    learnt = moments(moments.rows_for(inflated, d + 1, generator=generator))
    return [(law.cross_entropy(m) - law.entropy()).item() for m in (everything, learnt)]


excess = {}
for size in (4 * d, 8 * d, 25 * d, 100 * d, 400 * d):
    best = (size + 1) / (size - d - 2)
    measured = np.mean([excesses(s, size, best) for s in seeds], axis=0)
    closed = expected_excess(d, size), expected_excess(d, size, best)
    excess[size] = (d + d * (d + 1) / 2) / (2 * size), *closed, *measured
names = ["r / 2n", "c = 1", "c*", "c = 1, all rows, simulated", f"c*, {d + 1} rows, simulated"]
excess = pd.DataFrame(excess, index=names).T.rename_axis("training rows n")

# %% tags=["hide-input"]
# | label: fig-inflation
# | caption: >-
# |   Expected excess of the cross-entropy over the law's entropy, over the training rows $n$: by the closed form
# |   (lines) and simulated (dots). The inflated covariance ($c^*$) is better than that of the rows ($c=1$) where
# |   rows are few. The dotted line is $r/2n$.
# | alt: >-
# |   Falling curves on logarithmic axes. With few rows that of the inflated covariance is clearly below that
# |   of the rows' own; with many rows both lie on the dotted line. The dots are on the lines.
from ddlib.plots.curves import plain_decades

fig, axes = plt.subplots(figsize=(WIDTH, 0.5 * WIDTH))
axes.loglog(excess["r / 2n"], ":", color=GREY, label="$r/2n$")
for name, color in (("c = 1", ORANGE), ("c*", BLUE)):
    axes.loglog(excess[name], color=color, label=name)
for name, color in zip(names[3:], (ORANGE, BLUE), strict=True):
    axes.loglog(excess[name], "o", color=color, markersize=4, label=name)
axes.set(xlabel="training rows $n$", ylabel="excess, nats per row")
plain_decades(axes.xaxis)
plain_decades(axes.yaxis)
axes.legend()
plt.show()

# %% tags=["remove-cell"]
glue("excess_rows", int(excess.index[0]), display=False)
glue("excess_saved", 100 * float(1 - excess["c*"].iloc[0] / excess["c = 1"].iloc[0]), display=False)

# %% [markdown]
# With {glue:text}`excess_rows` training rows, inflation saves {glue:text}`excess_saved:.0f` per cent of the
# excess. With many rows the saving vanishes as $1/n^2$. The inflated set has no more information about the law
# than the training rows. It uses a property of the *learner*: maximum likelihood makes the covariance too small
# for prediction.
#
# To save more, a method must use knowledge of the law: its structure, its physics, or the noise in the rows. The
# case studies are about such knowledge. Training rows from a law other than $Q$ add an error of *law*.
#
# ## The gradient of a bilevel problem
#
# In a *bilevel* problem one function is minimised inside another: the learner minimises its loss, and the method
# minimises $\hat F(S)=\hat{\mathcal R}(\theta(S))$. A descent of $\hat F$ needs its gradient in the rows that the
# model is learnt from, a *hypergradient*. If the learner minimises a loss $\ell(\theta;S)$ that is strongly
# convex in $\theta$, the implicit function theorem gives it: $\nabla_\theta\ell(\theta(S);S)=0$ for all $S$, and
# so
#
# $$
# \nabla_S\hat F=-\,\partial_S\nabla_\theta\ell\,\bigl(\nabla^2_\theta\ell\bigr)^{-1}\,\nabla\hat{\mathcal R}.
# $$ (eq-implicit)
#
# It takes one linear system with the Hessian. The other way is to *unroll*: run $N$ steps
# $\theta_{t+1}=\theta_t-\eta\nabla_\theta\ell(\theta_t;S)$ with step size $\eta$ and differentiate through
# them. *Truncation* saves memory: it differentiates through the last $M$ steps only.
#
# ````{prf:theorem} Bias of truncation
# :label: thm-truncation
#
# Let $\ell$ be quadratic in $\theta$ with a Hessian between $\mu$ and $L$, let $\eta\le1/L$, and let
# $\theta_{N-M},\dots,\theta_N$ be at the minimum. Then the gradient through the last $M$ steps differs from
# {eq}`eq-implicit` by at most $(1-\eta\mu)^M$ times
# $\|\partial_S\nabla_\theta\ell\|\,\|\nabla\hat{\mathcal R}\|/\mu$.
# ````
#
# ````{prf:proof}
# Let $H$ be the Hessian and $B=\partial_S\nabla_\theta\ell$. Through $M$ steps from a constant,
# $\partial_S\theta_N=-\eta B\sum_{j<M}(I-\eta H)^j$ $=-B\bigl[I-(I-\eta H)^M\bigr]H^{-1}$. The difference from
# $-BH^{-1}$ is $B(I-\eta H)^MH^{-1}$, and $\|(I-\eta H)^M\|\le(1-\eta\mu)^M$, $\|H^{-1}\|\le1/\mu$.
# ````
#
# Ridge regression has a closed form, so its gradient is known exactly. {numref}`tab-gradients` has the distance
# of each approximation from it, relative to its length, and the rate $(1-\eta\mu)^M$ of the theorem.

# %% tags=["hide-input"]
# | label: tab-gradients
# | caption: >-
# |   Distance of approximate hypergradients from the exact one, relative to its length, over the number of steps
# |   that they differentiate through.
from ddlib.problem.hypergradients import implicit_gradient, unrolled_gradient

synthetic = training[: 2 * d]
x = synthetic[:, :-1]
curvature = torch.linalg.eigvalsh(x.T @ x / len(x)) + parameters.penalty
inner = Ridge(1, parameters.penalty, step_size=1 / curvature[-1].item())
criterion = partial(squared_error, training, task=torch.ones(1, dtype=torch.float64))
leaf = synthetic.clone().requires_grad_()
(exact,) = torch.autograd.grad(criterion(inner(leaf)), leaf)


def error(gradient):
    """Distance from the exact gradient, relative to its length."""
    return ((gradient - exact).norm() / exact.norm()).item()


unroll = partial(unrolled_gradient, inner, criterion, synthetic, generator=generator)
errors = {
    steps: {
        "unrolled, $N$ steps": error(unroll(num_steps=steps)),
        "last $M$ of 2000 steps": error(unroll(num_steps=2000, window=steps)),
        "rate": (1 - (curvature[0] / curvature[-1]).item()) ** steps,
    }
    for steps in (10, 40, 160)
}
typeset(pd.DataFrame(errors).T.rename_axis("$N$ or $M$"), ".1e")

# %% tags=["remove-cell"]
implicit = error(implicit_gradient(inner, criterion, synthetic, inner(synthetic)))
glue("implicit_error", number(implicit, ".1e"), display=False)

# %% [markdown]
# The distance of the implicit gradient is {glue:text}`implicit_error`, which is rounding.
#
# All of this is about a learner that has converged. For a learner that stops after $N$ steps, the unrolled
# gradient is exact and {eq}`eq-implicit` does not apply. So the problem has to say which learner is meant.
# *Hyperparameter optimisation* is the same problem, with a few numbers of the learner in place of the rows
# {cite:p}`maclaurin2015gradient,franceschi2018bilevel`.
#
# ## Exercises
#
# ```{exercise} A learner of medians
# :label: ex-exact-median
#
# A learner returns the median of one column. The median is not the mean of any function $t(z)$ of one row. Is
# there an exact set all the same? What does that say of {prf:ref}`thm-exact`?
# ```
#
# ```{solution} ex-exact-median
# One row that lies at the median of $D$ is exact, for this learner and every criterion of its model. So the
# theorem's assumption is sufficient, not necessary. What counts is how much of the data the learner uses: here
# one number. A learner of all quantiles uses all rows, and then no smaller set is exact in general.
# ```
#
# ```{exercise} The same rows, a learner that sees more
# :label: ex-exact-kernel
#
# The rows `small` have the mean and the covariance of all `rows`, and {numref}`tab-exact` gives them to
# learners that see no more than that. Give them to kernel ridge regression with a Gaussian kernel, too
# ({py:obj}`~ddlib.learners.kernel_ridge.KernelRidge`). How far are predictions at the training inputs from
# those learnt from all rows?
# ```
#
# ```{solution-start} ex-exact-kernel
# ```

# %%
from ddlib.learners.kernel_ridge import RBF, KernelRidge

inputs = rows[:, :-half]
readers = {
    "ridge": Ridge(half, 0.1),
    "kernel ridge": KernelRidge(half, RBF.median(inputs), 0.1),
}
apart = {}
for name, learner in readers.items():
    few, every = (learner.predict(learner(data), inputs) for data in (small, rows))
    apart[name] = ((few - every).square().mean() / every.var()).sqrt().item()
    print(f"{name}: {apart[name]:.1e} of the spread of the predictions")

# %% tags=["remove-cell"]
glue("kernel_apart", 100 * apart["kernel ridge"], display=False)

# %% [markdown]
# For ridge regression the difference is rounding. For kernel ridge regression it is
# {glue:text}`kernel_apart:.0f` per cent of the spread of the predictions. This learner uses all values of its
# kernel at the rows, and mean and covariance do not determine these values. A set is exact *for a learner*. The
# same rows are exact for four learners of this chapter, and not for a fifth.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - A learner with a statistic of fixed size has small exact sets, for all criteria at once.
# - Without a sufficient statistic of fixed size no small set is exact at every $\theta$. A few weighted rows
#   are exact for one learner, and random rows are nearly exact on a ball.
# - The regret of a method is at most twice the error of its objective on a set $K$. This error splits into law,
#   learner and criterion.
# - An exact set has the sampling error of the training rows. A set that uses more knowledge can be better.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/exact_sets.py PARAMS="dim=3 num_seeds=5"
# ```
