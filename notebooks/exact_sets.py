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
# [The formal problem](formal_problem.ipynb) has a learner, a criterion and a budget. This chapter asks
# what follows from them alone, before any method is chosen. When is a small set as good as all rows,
# for every task at once? When is there no such set? Is there a best set at all? How much does a
# method lose by descending something else than $F$? And what is the gradient of a problem in which
# every value takes a training? Each answer is a short theorem, and a cell that shows it at work.
#
# ````{admonition} Reconstructed
# :class: reconstructed
# The statements and proofs of this chapter are ours, or are cited. The abstract announces a formal model and an
# analysis of methods by their accuracy and their "faithfulness to optimal DD operation"; the theorems behind it
# were not at hand.
# ````

# %% tags=["parameters"]
dim = 4  # features d, from 2 to 10
num_training = 400  # training rows that are distilled, at least 50
num_seeds = 20  # repetitions of what is averaged, each with a law and rows of its own, at least 2
penalty = 0.05  # ridge penalty of the gradients' section, in the units of a feature's variance
seed = 0  # seed of the first repetition

# %% tags=["hide-input"]
from dataclasses import replace
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

from ddlib.plots.style import GREY, WIDTH, use_style

use_style()

# %% [markdown]
# ## One set for every criterion
#
# Many learners look at their rows through a few averages only. Let $t(z)$ be a vector computed from one row $z$,
# and $\bar t(S)=\frac1m\sum_{i}t(z_i)$ its mean over the set, a *statistic*.
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
# The first part is the assumption. For the second: $\bar t(D)$ is a convex combination of the points $t(z_i)$
# in $\R^{\dim t}$, and by Carathéodory's theorem a point of a convex hull is a convex combination of at most
# $\dim t+1$ of them.
# ````
#
# For mean and covariance, $t(z)=(z,zz^\top)$, rows *without* weights do with far fewer: $d+1$ for $d$ columns
# ({prf:ref}`thm-gaussian`), where $\dim t$ is of the order of $d^2$. That one set of $d+1$ rows is handed,
# below, to six learners. None of them was thought of when it was made.

# %% tags=["hide-input"]
from ddlib.learners.bayesian_regression import BayesianRegression
from ddlib.learners.gaussian import GaussianMLE
from ddlib.learners.ridge import Ridge
from ddlib.tasks.transitions import draw_transitions

generator = torch.Generator().manual_seed(parameters.seed)
rows = draw_transitions(generator=generator, num_training=parameters.num_training).training
num_columns = rows.shape[1]
half = num_columns // 2  # a row is this slice, then the next; see the next chapter
moments = GaussianMLE()
small = moments.rows_for(moments(rows), num_columns + 1, generator=generator)

learners = {
    "Gaussian density": lambda data: GaussianMLE()(data).covariance,
    "ridge, penalty 0.01": Ridge(half, 0.01),
    "ridge, penalty 1": Ridge(half, 1.0),
    "ridge on the last response": lambda data: Ridge(1, 0.1)(data),
    "posterior mean": lambda data: BayesianRegression(half, 0.5, 1.0, len(rows))(data).mean,
    "posterior covariance": lambda data: (
        BayesianRegression(half, 0.5, 1.0, len(rows))(data).covariance
    ),
}
differences = pd.Series(
    {name: (learn(small) - learn(rows)).abs().max().item() for name, learn in learners.items()},
    name=f"largest difference, {len(small)} rows against {len(rows)}",
)
differences.to_frame().style.format("{:.1e}")

# %% tags=["remove-cell"]
glue("exact_rows", len(small), display=False)
glue("exact_worst", float(differences.max()), display=False)

# %% [markdown]
# The largest difference is {glue:text}`exact_worst:.0e`: rounding. {glue:text}`exact_rows` rows serve each of
# these learners, and each criterion that one may put after them. The posterior needs one thing more. It becomes
# sharper with the number of rows, so it has to be told for how many rows the small set speaks
# (`effective_size`). So does a learner that penalises a network by the logarithm of that number, as in [case
# study 1](merging.ipynb).
#
# Where such a statistic exists, the task does not matter *once the budget can carry the statistic*. Below that
# number it decides what is kept; [the next chapter](tasks.ipynb) measures by how much.

# %% [markdown]
# ## When no small set is exact
#
# The learners above have a statistic of fixed size. That is rare: under regularity, a family of densities whose
# maximum likelihood depends on the data through a statistic of fixed dimension is an exponential family (the
# theorem of Pitman, Koopman and Darmois {cite:p}`koopman1936distributions`). Logistic regression is the first
# learner outside. Its loss, with labels $y\in[0,1]$,
#
# $$
# \ell(\theta;D)=\sum_{i=1}^n
# v_i\bigl[\log(1+e^{\langle\theta,x_i\rangle})-y_i\langle\theta,x_i\rangle\bigr],\qquad v_i>0,
# $$ (eq-logistic)
#
# cannot be carried by fewer rows than it was made of.
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
# Look at the loss from far away:
# $\lim_{s\to\infty}\ell(s\theta)/s=\sum_iv_i\bigl[\max(0,\langle\theta,x_i\rangle)-y_i\langle\theta,x_i\rangle\bigr]$.
# This function is linear except for a kink along each hyperplane $\langle\theta,x_i\rangle=0$, where its slope
# jumps by $v_i\|x_i\|>0$; jumps of rows on one line add up, all being positive. So it has kinks along exactly
# $n$ hyperplanes. That of $m$ rows has kinks along at most $m$. Equal losses have equal limits, hence $n\le m$.
# ````
#
# {cite:t}`izzo2023theoretical` prove an impossibility for logistic regression as well. {numref}`fig-kinks`
# shows ours in two dimensions: the slope of the far-away loss over the angle of $\theta$, for twelve rows and
# for three.

# %% tags=["hide-input"]
# | label: fig-kinks
# | caption: >-
# |   Slope of the logistic loss seen from far away, over the angle of $\theta$ in the plane: each input makes
# |   a jump at the two angles orthogonal to it. Twelve rows make twenty-four jumps, three rows six.
# | alt: >-
# |   Two curves over the angle from 0 to 360 degrees, smooth but for jumps upwards. The one of twelve rows
# |   has many small jumps, the one of three rows six larger ones.
generator = torch.Generator().manual_seed(parameters.seed)
inputs = torch.randn(12, 2, dtype=torch.float64, generator=generator)
angles = torch.linspace(0, 2 * torch.pi, 2001, dtype=torch.float64)
around = torch.stack([angles.cos(), angles.sin()], dim=1)


turned = torch.stack([-angles.sin(), angles.cos()], dim=1)


def slope(x):
    """The derivative over the angle of the mean of max(0, <theta, x>), all labels being 0."""
    return ((around @ x.T > 0) * (turned @ x.T)).mean(1)


fig, axes = plt.subplots(figsize=(WIDTH, 0.4 * WIDTH))
axes.plot(angles.rad2deg(), slope(inputs), label="12 rows")
axes.plot(angles.rad2deg(), slope(inputs[:3]), label="3 rows", linestyle="--")
axes.set(xlabel=r"angle of $\theta$, degrees", ylabel="slope")
axes.set_xticks(range(0, 361, 60))
axes.legend()
plt.show()

# %% [markdown]
# No choice of three rows can follow the twelve. But the theorem speaks of the *loss at every $\theta$*. A
# learner asks for less: one $\theta$, the minimiser. For a learner with the penalty $\frac\lambda2\|\theta\|^2$
# and $m=d$ rows, any given $\hat\theta$ is the minimiser of a set with soft labels: with $X$ invertible, the
# labels
#
# $$
# y=p+m\lambda X^{-\top}\hat\theta,\qquad p_i=1/(1+e^{-\langle\hat\theta,x_i\rangle}),
# $$ (eq-soft-labels)
#
# make the gradient $\frac1mX^\top(p-y)+\lambda\hat\theta$ vanish at $\hat\theta$. So a small set can be exact
# *for that learner*. Below, it is handed to learners with the same loss and other penalties, beside the exact
# rows of a ridge regression on the same data.

# %% tags=["hide-input"]
from scipy.optimize import minimize


def logistic(x, y, penalty):
    """The minimiser of the mean logistic loss with soft labels plus the penalty, by BFGS."""

    def value_and_gradient(theta):
        z = x @ theta
        p = 1 / (1 + np.exp(-z))
        value = np.mean(np.logaddexp(0, z) - y * z) + penalty / 2 * theta @ theta
        return value, x.T @ (p - y) / len(x) + penalty * theta

    start = np.zeros(x.shape[1])
    return minimize(value_and_gradient, start, jac=True, options={"gtol": 1e-10}).x


random = np.random.default_rng(parameters.seed)
d, n = parameters.dim, parameters.num_training
truth = random.normal(size=d)
x = random.normal(size=(n, d))
y = (random.random(n) < 1 / (1 + np.exp(-x @ truth))).astype(float)

made_for = 0.1
theta = logistic(x, y, made_for)
few = 2 * np.linalg.qr(random.normal(size=(d, d)))[0]
soft = 1 / (1 + np.exp(-few @ theta)) + d * made_for * np.linalg.solve(few.T, theta)
both = torch.from_numpy(np.column_stack([x, y]))
moment_rows = moments.rows_for(moments(both), d + 2, generator=generator)

transfer = pd.DataFrame(
    {
        "logistic": {
            penalty: np.abs(logistic(few, soft, penalty) - logistic(x, y, penalty)).max()
            for penalty in (0.01, 0.03, made_for, 0.3, 1.0)
        },
        "ridge": {
            penalty: (Ridge(1, penalty)(moment_rows) - Ridge(1, penalty)(both)).abs().max().item()
            for penalty in (0.01, 0.03, made_for, 0.3, 1.0)
        },
    }
)
transfer.rename_axis("penalty of the learner").style.format("{:.1e}").format_index("{:g}")

# %% tags=["remove-cell"]
glue("logistic_own", float(transfer["logistic"][made_for]), display=False)
glue("logistic_other", float(transfer["logistic"].drop(made_for).min()), display=False)
glue("ridge_worst_penalty", float(transfer["ridge"].max()), display=False)
glue("made_for", made_for, display=False)

# %% [markdown]
# At its own penalty, {glue:text}`made_for`, the logistic set is exact to {glue:text}`logistic_own:.0e`; at
# every other it is off by at least {glue:text}`logistic_other:.3f`. The rows for ridge regression are right at
# all of them, to {glue:text}`ridge_worst_penalty:.0e`: they carry the statistic, not one answer. A set without
# a statistic behind it is made for one learner, and says so only to those who ask.
#
# ````{admonition} Exercise
# :class: tip
# For which penalties are the labels {eq}`eq-soft-labels` between 0 and 1? What does that say about $\sets_m$?
#
# ```{dropdown} Solution
# The second term grows with $m\lambda$, so for large penalties labels leave $[0,1]$. If labels have to be
# probabilities, the feasible set is smaller, and the inputs must be chosen such that
# $|m\lambda X^{-\top}\hat\theta|$ fits between $p$ and its bounds: larger inputs do that. What is feasible
# decides what is possible.
# ```
# ````

# %% [markdown]
# ## Is there a best set?
#
# A minimum over all sets of $m$ rows need not be attained: rows live in an unbounded space.
#
# ````{prf:theorem} Existence
# :label: thm-existence
#
# If $\sets_m$ is closed, $F$ is lower semicontinuous on it, and for some $c$ the sets with $F(S)\le c$ are
# bounded and at least one, then $F$ has a minimum on $\sets_m$. Without boundedness it may have none.
# ````
#
# ````{prf:proof}
# $\{S\in\sets_m:F(S)\le c\}$ is closed (lower semicontinuity), bounded and not empty, hence compact, and a
# lower semicontinuous function has a minimum on a compact set. For the second part, take least squares without
# a penalty on one row $(x,y)$ whose label must be $y=1$: $\learner(S)=1/x$. For the criterion $\theta^2$ the
# infimum is 0, approached as $x\to\infty$ and attained by no row.
# ````
#
# A penalty cures this example: with $\learner(S)=x/(x^2+\lambda)$ the row $x=0$ gives $\theta=0$. A learner
# that ignores far-away rows, a bounded range of the inputs (pixels), or a start near the data and few steps do
# it as well. For ridge regression {prf:ref}`thm-ridge` gives the minimum in closed form: the matrices of rank
# at most $m$ are a closed set.

# %% [markdown]
# ## What another objective costs
#
# A method descends $\hat F$ in place of $F$. How bad can its set be?
#
# ````{prf:theorem} Faithfulness
# :label: thm-faithful
#
# If $\hat S$ minimises $\hat F$ on $\sets_m$, and $F$ has a minimum there, then
#
# $$
# F(\hat S)-\min_{\sets_m}F\ \le\ 2\sup_{S\in\sets_m}\bigl|F(S)-g(\hat F(S))\bigr|
# $$
#
# for every increasing function $g$.
# ````
#
# ````{prf:proof}
# Let $S^*$ minimise $F$ and $b$ be the supremum. $\hat S$ minimises $g\circ\hat F$ too, so
# $F(\hat S)\le g(\hat F(\hat S))+b\le g(\hat F(S^*))+b\le F(S^*)+2b$.
# ````
#
# The function $g$ says that *values do not matter, order does*. And the supremum splits along the three places
# at which a method may leave the problem. Replace the law first, then the learner, then the criterion,
# $F\to F_1\to F_2\to\hat F$; by the triangle inequality
#
# $$
# \sup|F-\hat F|\ \le\
# \underbrace{\sup|F-F_1|}_{\text{law}}+\underbrace{\sup|F_1-F_2|}_{\text{learner}}+\underbrace{\sup|F_2-\hat
# F|}_{\text{criterion}} .
# $$ (eq-three-departures)
#
# [The chapter on methods](methods.ipynb) sorts them by these three terms. {numref}`fig-order` looks at one line
# of sets: from a training row through the best single row for ridge regression, and beyond. It has $F$ itself,
# the error on training rows, and two objectives that match something.

# %% tags=["hide-input"]
from ddlib.distillers.distribution_matching import embedding_distance, random_layer
from ddlib.distillers.gradient_matching import squared_distance
from ddlib.learners.ridge import random_linear_law, squared_error
from ddlib.problem.rows import Layout
from ddlib.problem.training import loss_gradient

one = torch.ones(1, dtype=torch.float64)
generator = torch.Generator().manual_seed(parameters.seed)
law = random_linear_law(parameters.dim, 1, noise_std=0.5, generator=generator)
training = law.sample(parameters.num_training, generator=generator)
ridge = Ridge(1, penalty=0.01)
best = ridge.rows_for(law.best_weights(one, 1), 1)
start = training[:1]
zero = ridge.initial(training, generator=generator)
layout, index = Layout(num_responses=1), [torch.arange(1)]
layers = [random_layer(training, 256, generator=generator) for _ in range(8)]
standardise = layout.standardiser(training)


def objectives(rows):
    """F and three working objectives of one synthetic row."""
    gradients = [loss_gradient(ridge, zero, data) for data in (training, rows)]
    means = [
        embedding_distance(layout, lambda x, e=e: e(standardise(x)), training, rows, index)
        for e in layers
    ]
    return {
        "$F$, on the law": law.risk(ridge(rows), one).item(),
        "error on training rows": squared_error(training, ridge(rows), one).item(),
        "gradient matching, at $\\theta_0$": squared_distance(*gradients).item(),
        "distribution matching": torch.stack(means).mean().item(),
    }


places = np.linspace(-0.5, 2.5, 241)
line = pd.DataFrame([objectives(start + s * (best - start)) for s in places], index=places)
scaled = (line - line.min()) / (line.loc[0.0] - line.min())

# %% tags=["hide-input"]
# | label: fig-order
# | caption: >-
# |   Four objectives along a line of sets of one row: 0 is a training row, 1 the best row for the law. Each
# |   is shifted and scaled to be 0 at its minimum and 1 at the training row; dots are the minima.
# | alt: >-
# |   Four curves over the position on the line. F and the error on training rows lie on each other, with a
# |   minimum near 1. Gradient matching and distribution matching have their minima elsewhere.
fig, axes = plt.subplots()
for name, curve in scaled.items():
    (drawn,) = axes.plot(curve, label=name)
    axes.plot(curve.idxmin(), 0, "o", color=drawn.get_color(), clip_on=False, zorder=3)
axes.set(xlabel="place on the line", ylabel="objective, scaled", ylim=(-0.05, 1.6))
axes.legend()
plt.show()

# %% tags=["remove-cell"]
own = line["$F$, on the law"]
for key, name in {
    "training": line.columns[1],
    "gradient": line.columns[2],
    "mean": line.columns[3],
}.items():
    glue(f"order_loss_{key}", float(own[line[name].idxmin()] - own.min()), display=False)
glue("order_start", float(own.loc[0.0] - own.min()), display=False)

# %% [markdown]
# The training row is {glue:text}`order_start:.2f` above the minimum of $F$ on this line. The minimum of the
# training error is only {glue:text}`order_loss_training:.2f` above it, though the two functions differ in
# value: their order is nearly the same. The minimum of gradient matching is
# {glue:text}`order_loss_gradient:.2f` above it, that of distribution matching {glue:text}`order_loss_mean:.2f`.
# Neither of the two mentions what the model is for.

# %% [markdown]
# ## The rows' own error
#
# An exact set is as good as the training rows, and no better. What they lack is an error of *sampling*, and it
# has a well-known size: for maximum likelihood of a model with $r$ parameters from $n$ rows of its own law, the
# expected excess of the cross-entropy is near $r/2n$ nats a row. A Gaussian of $d$ columns has $r=d+d(d+1)/2$.

# %% tags=["hide-input"]
from ddlib.learners.gaussian import random_gaussian


def excess(seed, num_rows):
    """Excess cross-entropy of maximum likelihood from `num_rows` rows, in nats a row."""
    generator = torch.Generator().manual_seed(seed)
    law = random_gaussian(parameters.dim, generator=generator)
    model = GaussianMLE()(law.sample(num_rows, generator=generator))
    return (law.cross_entropy(model) - law.entropy()).item()


count = parameters.dim + parameters.dim * (parameters.dim + 1) // 2
sizes = [50, 100, 200, 400, 800, 1600]
seeds = range(parameters.seed, parameters.seed + 10 * parameters.num_seeds)
measured = pd.Series({size: np.mean([excess(s, size) for s in seeds]) for size in sizes})
pd.DataFrame({"measured": measured, "r / 2n": [count / 2 / size for size in sizes]}).rename_axis(
    "training rows"
).style.format("{:.4f}")

# %% tags=["remove-cell"]
glue("sampling_ratio", float(measured.iloc[-1] * 2 * sizes[-1] / count), display=False)
glue("sampling_rows", sizes[-1], display=False)

# %% [markdown]
# At {glue:text}`sampling_rows` rows the measured excess is {glue:text}`sampling_ratio:.2f` times $r/2n$. No
# distilled set of these rows can be expected to do better on the law, unless it knows something that the rows
# do not say: the law's structure, its physics, or how the rows were spoilt. The case studies are about such
# knowledge. If the rows come from another law than $Q$, there is besides an error of *law*, which does not
# shrink with $n$.

# %% [markdown]
# ## The gradient of a bilevel problem
#
# To descend $\hat F(S)=\hat{\mathcal R}(\theta(S))$ one needs the gradient of a model in its training rows, a
# *hypergradient*. If the learner minimises a loss $\ell(\theta;S)$ that is strongly convex in $\theta$, the
# implicit function theorem gives it: $\nabla_\theta\ell(\theta(S);S)=0$ for all $S$, and so
#
# $$
# \nabla_S\hat F=-\,\partial_S\nabla_\theta\ell\,\bigl(\nabla^2_\theta\ell\bigr)^{-1}\,\nabla\hat{\mathcal R}.
# $$ (eq-implicit)
#
# One linear system with the Hessian, no matter how the minimum was found. The other way is to *unroll*: run $N$
# steps $\theta_{t+1}=\theta_t-\eta\nabla_\theta\ell(\theta_t;S)$ and differentiate through them. To save memory
# one may differentiate through the last $M$ steps only (truncation).
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
# $\partial_S\theta_N=-\eta B\sum_{j<M}(I-\eta H)^j=-B\bigl[I-(I-\eta H)^M\bigr]H^{-1}$. The difference from
# $-BH^{-1}$ is $B(I-\eta H)^MH^{-1}$, and $\|(I-\eta H)^M\|\le(1-\eta\mu)^M$, $\|H^{-1}\|\le1/\mu$.
# ````
#
# Ridge regression has a closed form, so its gradient is known exactly and the approximations can be laid beside
# it ({numref}`fig-hypergradient`).

# %% tags=["hide-input"]
from ddlib.problem.hypergradients import implicit_gradient, unrolled_gradient

generator = torch.Generator().manual_seed(parameters.seed)
inner = Ridge(1, penalty=parameters.penalty)
synthetic = training[: 2 * parameters.dim]
x = synthetic[:, :-1]
curvature = torch.linalg.eigvalsh(x.T @ x / len(x)) + parameters.penalty
inner = replace(inner, step_size=1 / curvature[-1].item())
rate = 1 - (curvature[0] / curvature[-1]).item()
criterion = partial(squared_error, training, task=one)

leaf = synthetic.clone().requires_grad_()
(exact,) = torch.autograd.grad(criterion(inner(leaf)), leaf)
implicit = implicit_gradient(inner, criterion, synthetic, inner(synthetic))


def error(gradient):
    """Distance from the exact gradient, relative to its length."""
    return ((gradient - exact).norm() / exact.norm()).item()


steps = [1, 2, 5, 10, 20, 40, 80, 160, 320]
unroll = partial(unrolled_gradient, inner, criterion, synthetic, generator=generator)
errors = pd.DataFrame(
    {
        "unrolled, $N$ steps": [error(unroll(num_steps=n)) for n in steps],
        "truncated to the last $M$ of 2000": [
            error(unroll(num_steps=2000, window=n)) for n in steps
        ],
    },
    index=steps,
)

# %% tags=["hide-input"]
# | label: fig-hypergradient
# | caption: >-
# |   Relative error of the hypergradient of ridge regression over the steps that are differentiated, on a
# |   logarithmic axis. The dotted line falls at the theorem's rate $(1-\eta\mu)^M$.
# | alt: >-
# |   Two falling curves on a logarithmic axis over the number of steps, which in the end run parallel to a
# |   dotted line, the theorem's rate.
fig, axes = plt.subplots()
for name, curve in errors.items():
    axes.semilogy(curve.clip(lower=1e-12), "o-", markersize=4, label=name)
axes.semilogy(
    steps, np.clip(rate ** np.array(steps), 1e-12, None), ":", color=GREY, label=r"$(1-\eta\mu)^M$"
)
axes.set(xlabel="steps", ylabel="relative error")
axes.legend()
plt.show()

# %% tags=["remove-cell"]
glue("implicit_error", error(implicit), display=False)
glue("unrolled_short", float(errors.iloc[3, 0]), display=False)
glue("truncated_short", float(errors.iloc[3, 1]), display=False)
glue("short_steps", steps[3], display=False)

# %% [markdown]
# The implicit gradient agrees with the exact one to {glue:text}`implicit_error:.0e`. Through
# {glue:text}`short_steps` steps the unrolled gradient is off by {glue:text}`unrolled_short:.2f` of its length,
# the truncated one by {glue:text}`truncated_short:.2f`: for *this* learner, the one that has converged. If the
# learner really stops after $N$ steps, the unrolled gradient is exact, and {eq}`eq-implicit` does not apply.
# Which gradient is right depends on which learner is meant: once more, the problem has to say so.

# %% [markdown]
# ## Neighbours
#
# **Coresets** choose rows of $D$, with weights {cite:p}`feldman2020core`. In our words: the same $F$, and a
# smaller feasible set. What that costs can be seen on ridge regression with a single row, where all choices can
# be tried.


# %% tags=["hide-input"]
def single_rows(seed):
    """Excess F over the bound of one row: random, the best training row, and the distilled row."""
    generator = torch.Generator().manual_seed(seed)
    law = random_linear_law(parameters.dim, 1, noise_std=0.5, generator=generator)
    training = law.sample(parameters.num_training, generator=generator)
    on_law = [law.risk(ridge(row[None]), one).item() for row in training]
    on_training = [squared_error(training, ridge(row[None]), one).item() for row in training]
    distilled = ridge.rows_for(ridge(training), 1)
    bound = law.risk(law.weights, one).item()
    return {
        "a random row": np.median(on_law) - bound,
        "the best of all training rows": on_law[int(np.argmin(on_training))] - bound,
        "a distilled row": law.risk(ridge(distilled), one).item() - bound,
    }


singles = pd.DataFrame(
    [single_rows(s) for s in range(parameters.seed, parameters.seed + parameters.num_seeds)]
)
singles.median().rename("median of F above the law's").to_frame().style.format("{:.3f}")

# %% tags=["remove-cell"]
glue("coreset_one", float(singles.median().iloc[1]), display=False)
glue("distilled_one", float(singles.median().iloc[2]), display=False)

# %% [markdown]
# The best of all training rows is {glue:text}`coreset_one:.2f` above the law's value, the distilled row
# {glue:text}`distilled_one:.3f`. A row that nobody measured can point where no measured row does.
#
# **Hyperparameter optimisation** tunes a few numbers of the learner by validation error
# {cite:p}`maclaurin2015gradient,franceschi2018bilevel`. Here the rows themselves are the hyperparameters: the
# same bilevel problem, with the same two gradients, and many more unknowns. So the same care is due: rows are
# tuned on training rows, chosen on validation rows, and reported on test rows.
#
# ## What to take along
#
# - A learner with a statistic of fixed size can be served exactly, for all criteria at once, by as many rows as
#   the statistic needs.
# - Without one, a small set answers one question of one learner.
# - Of a working objective only its order counts; what it costs splits into law, learner and criterion.
# - An exact set inherits the error of its rows. To beat it, one has to know more than the rows say.
