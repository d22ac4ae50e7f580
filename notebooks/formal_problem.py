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
# # The formal problem
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** what a problem of dataset distillation consists of; what the best set of a few rows is in two
# cases; where the loss of a method comes from.
#
# **You need** linear algebra, Gaussian laws and least squares.
# ```
#
# You have {glue:text}`num_rows` rows of two numbers each, and may have three in their place. Which three?
# {numref}`fig-three-rows` has two answers, one bad and one good. {term}`Dataset distillation <dataset distillation>`
# (DD) asks this of any data: a much smaller set, from which a {term}`learner` should learn as much. The paper says
# that the problem has to contain its {term}`inference task`, and that without it DD "is under-specified"
# {cite:p}`kungurtsev2024dataset` (abstract).
#
# This chapter states the problem, and solves two small cases in which the best synthetic set has a closed form.
# Both show the optimum, the distance of a method from it, and where that distance comes from. The
# [notation page](../book/notation.md) lists the symbols.
#
# ````{admonition} Reconstructed
# :class: reconstructed
# The claim above is the paper's. The definitions {eq}`eq-dd` to {eq}`eq-gap`, the two cases, the theorems and
# all numbers are ours.
# ````

# %% tags=["parameters"]
dim = 4  # features d of both cases, at least 1
num_training = 400  # training rows that are distilled, at least 20
num_seeds = 6  # repetitions, each with a law and training rows of its own
num_steps = 200  # steps of gradient descent on the synthetic rows
noise_std = 0.5  # standard deviation of the responses' noise, in the units of the response
penalty = 0.01  # ridge penalty, in the units of a feature's variance, above 0
seed = 0  # seed of the first repetition; the others count up from it

# %% tags=["hide-input"]
from functools import partial
from typing import Annotated

import matplotlib.pyplot as plt
import pandas as pd
import torch
from pydantic import Field

from ddlib.config import Config, Count, NonNegative, Positive, Seed


class Parameters(Config):
    """What each parameter above may be."""

    dim: Annotated[int, Field(strict=True, ge=1, le=20)]
    num_training: Annotated[int, Field(strict=True, ge=20)]
    num_seeds: Annotated[int, Field(strict=True, ge=2)]
    num_steps: Count
    noise_std: NonNegative
    penalty: Positive
    seed: Seed


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.curves import plot_means, plot_references
from ddlib.plots.numbers import number
from ddlib.plots.style import use_style
from ddlib.plots.tables import typeset

use_style()

# %% tags=["hide-input"]
# | label: fig-three-rows
# | caption: >-
# |   Three rows (discs) in place of all (dots). The learner fits a Gaussian to the three, here as its ellipse of two
# |   standard deviations. The broken ellipse is that of the law of the data. Left: three of the rows, drawn at random.
# |   Right: three rows that were made. $F$, in nats per row, is least where both ellipses are the same.
# | alt: >-
# |   Two panels with the same cloud of dots and a broken ellipse around it. In the left one three discs lie
# |   close together, and their small ellipse leaves out most dots. In the right one the discs lie far apart, and
# |   their ellipse is nearly the broken one.
from ddlib.learners.gaussian import Gaussian, GaussianMLE
from ddlib.plots.style import BLUE, GREY, ORANGE, WIDTH

generator = torch.Generator().manual_seed(parameters.seed)
plane = Gaussian(
    torch.tensor([0.4, -0.2], dtype=torch.float64),
    torch.tensor([[1.0, 0.6], [0.6, 0.8]], dtype=torch.float64),
)
cloud = plane.sample(parameters.num_training, generator=generator)
fit = GaussianMLE()
triples = {
    "three at random": cloud[:3],
    "three made": fit.rows_for(fit(cloud), 3, generator=generator),
}
losses = {name: plane.cross_entropy(fit(rows)).item() for name, rows in triples.items()}


def outline(gaussian):
    """Return the ellipse of two standard deviations."""
    angle = torch.linspace(0, 2 * torch.pi, 121, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    return gaussian.mean + 2 * circle @ torch.linalg.cholesky(gaussian.covariance).T


fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.55 * WIDTH), sharey=True)
for axes, (name, rows) in zip(panels, triples.items(), strict=True):
    axes.scatter(*cloud.T, s=4, lw=0, color=GREY, alpha=0.4, label="_all rows")
    axes.plot(*outline(plane).T, "--", color=GREY, label="_law")
    axes.plot(*outline(fit(rows)).T, color=ORANGE, label="_learnt from three rows")
    axes.scatter(*rows.T, s=50, color=BLUE, zorder=3, label="_three rows")
    axes.set(
        title=f"{name}: $F$ = {losses[name]:.2f}",
        xlim=(-3.5, 4.3),
        ylim=(-3.5, 3.1),
        aspect="equal",
    )
plt.show()

# %% tags=["remove-cell"]
glue("num_rows", parameters.num_training, display=False)
glue("three_random", losses["three at random"], display=False)
glue("three_made", losses["three made"], display=False)
glue("plane_all", plane.cross_entropy(fit(cloud)).item(), display=False)
glue("plane_law", plane.entropy().item(), display=False)

# %% [markdown]
# ## Three ingredients
#
# Let [$P$](#symbol-p) be the law of the data, and [$D^T$](#symbol-training) a set of training rows drawn from
# it. A *learner* $\learner$ turns a set of rows $S$ into a model [$\theta=\learner(S,\xi)$](#symbol-learner),
# where [$\xi$](#symbol-randomness) is the randomness of learning. A {term}`criterion`
# [$\risk_Q(\theta)$](#symbol-criterion) says how bad the model is at its task, on the law $Q$ on which it will
# be used. A {term}`budget` [$m$](#symbol-budget) bounds the number of rows; [$\sets_m$](#symbol-sets) are the
# feasible sets of $m$ rows. Together they define an optimisation problem:
#
# $$
# \begin{aligned}
# &\underbrace{\min_{S\in\sets_m}}_{\text{budget: }m\text{ rows}}F(S),\\
# &F(S)=\E_\xi\,\underbrace{\risk_Q}_{\text{criterion}}
# \bigl(\underbrace{\learner(S,\xi)}_{\text{learner: a model from }S}\bigr).
# \end{aligned}
# $$ (eq-dd)
#
# In words: of all sets within the *budget*, find the one from which the *learner* makes the model that is best by
# the *criterion*, on average over the randomness of learning. For {numref}`fig-three-rows` the parts are these:
#
# | part | of the formula | in the figure |
# | --- | --- | --- |
# | budget | $m$ | three rows of two numbers, in place of {glue:text}`num_rows` |
# | learner | $\learner(S,\xi)$ | the Gaussian with mean and covariance of the three; no $\xi$ |
# | criterion | $\risk_Q$ | cross-entropy of the law and this Gaussian, nats per row |
# | value | $F(S)$ | {glue:text}`three_random:.2f` for three random rows, {glue:text}`three_made:.2f` for those made |
#
# All {glue:text}`num_rows` rows have $F=$ {glue:text}`plane_all:.2f` too, and no set has less than the entropy of the
# law, {glue:text}`plane_law:.2f`.
#
# The problem is *bilevel*: each value of $F$ needs a model to be learnt. During distillation $F$ cannot be
# evaluated, because $Q$ is not known. So a method minimises a {term}`working objective`
# [$\hat F$](#symbol-working-objective), built from $D^T$. It can depart from {eq}`eq-dd` at three places: the
# criterion (another quantity is matched), the learner (a simpler one is used) and the law ($D^T$ takes the
# place of $Q$). Besides, its optimiser may not reach the least value of $\hat F$. The loss of a method's set
# [$\hat S$](#symbol-found) against the best set is its
# {term}`regret`,
#
# $$
# F(\hat S)-\min_{S\in\sets_m}F(S)\ \ge\ 0 .
# $$ (eq-faithfulness)
#
# A user compares a set with other data. Let [$F_{sub}(m)$](#symbol-subset) be the value of a {term}`random
# subset` of $m$ clean rows, [$F_{clean}$](#symbol-clean) that of all clean rows, and [$F_{true}$](#symbol-true)
# that of the law itself. The {term}`gap closed`,
#
# $$
# \gamma(S)=\frac{F_{sub}-F(S)}{F_{sub}-F_{clean}} ,
# $$ (eq-gap)
#
# is 0 for a set as good as the subset and 1 for one as good as all clean rows. Where $F_{sub}$ is far from
# $F_{clean}$ the gap closed *saturates*: it is near 1 for sets of very different regret. So we show the regret
# beside it.
#
# *Stochastic learners.* A network starts from random weights, so its $\theta$ depends on $\xi$. A set should
# not be good for one start only. So methods draw a new $\xi$ at each step, and compare two values of $\hat F$
# at the same $\xi$. [The next chapter](exact_sets.ipynb) compares the mean over several learners with the worst
# of them.
#
# *Feasible sets.* $\sets_m$ may also fix the labels, bound the inputs (pixels), or allow real rows only. Where
# labels are free, a row may carry a *soft* label, a probability for each class. The smaller $\sets_m$, the
# larger the minimum of $F$. In the code `feasible` projects rows onto $\sets_m$ after each step.

# %% [markdown]
# ## A Gaussian density
#
# The rows are $x\in\R^d$ from a Gaussian law $P=Q=N(\mu,\Sigma)$. The learner is maximum likelihood: mean
# $\mu_\theta$ and covariance $\Sigma_\theta$ of the rows. The criterion is the cross-entropy of the learnt
# density $p_\theta$, in nats per row,
#
# $$
# \begin{aligned}
# &\risk_Q(\theta)=-\E_{x\sim Q}\log p_\theta(x)\\
# &\ =\tfrac12\Bigl[\log\det2\pi\Sigma_\theta\\
# &\qquad+\tr\Sigma_\theta^{-1}\bigl(\Sigma+(\mu-\mu_\theta)(\mu-\mu_\theta)^\top\bigr)\Bigr].
# \end{aligned}
# $$ (eq-cross-entropy)
#
# The learner uses only the mean and covariance of its rows. So any set with the mean and covariance of $D^T$ is
# as good as $D^T$, for *every* criterion. The smallest such set has $d+1$ rows.
#
# ````{prf:theorem} Exact distillation of a Gaussian
# :label: thm-gaussian
#
# Rows $z_1,\dots,z_m\in\R^d$ with mean $\mu$ and covariance $\Sigma$ (divisor $m$) exist if and only if
# $m\ge\operatorname{rank}\Sigma+1$.
# ````
#
# ````{prf:proof}
# *If.* Let $r=\operatorname{rank}\Sigma$ and $\Sigma=LL^\top$ with $L\in\R^{d\times r}$. Since $m-1\ge r$,
# there are $r$ orthonormal columns $U\in\R^{m\times r}$ orthogonal to the vector $\mathbf 1$ of ones. Take
# $Z=\mathbf 1\mu^\top+\sqrt m\,UL^\top$. The mean of its rows is $\mu$, as $\mathbf 1^\top U=0$; their
# covariance is $\frac1m\,m\,LU^\top UL^\top=\Sigma$. *Only if.* The $m$ centred rows sum to zero, so they span
# at most $m-1$ dimensions, and the rank of their covariance is at most $m-1$.
# ````
#
# We draw a law and training rows. Then we build $d+1$ rows with the moments of the training rows by hand.
# {numref}`tab-gaussian-values` has their $F$, beside that of other sets.

# %%
from ddlib.learners.gaussian import random_gaussian

generator = torch.Generator().manual_seed(parameters.seed)
law = random_gaussian(parameters.dim, generator=generator)
training = law.sample(parameters.num_training, generator=generator)

m = parameters.dim + 1
covariance = torch.cov(training.T, correction=0).reshape(parameters.dim, -1)
mean, factor = training.mean(0), torch.linalg.cholesky(covariance)
ones_first = torch.cat([torch.ones(m, 1), torch.randn(m, m - 1, generator=generator)], dim=1)
U = torch.linalg.qr(ones_first.double()).Q[:, 1:]
by_hand = mean + m**0.5 * U @ factor.T

# %% [markdown]
# The library does the same. A {py:obj}`~ddlib.DistillationProblem` holds the learner, a working criterion and
# an initial set of $m$ rows. A {term}`distiller` defines how the rows move, and {py:obj}`~ddlib.distill` runs
# it.

# %%
# | label: tab-gaussian-values
# | caption: >-
# |   Gaussian density: $F$ of a few rows against that of all rows. The {math}`d+1` rows with their moments are
# |   as good as all of them.
from ddlib.distillers.exact import Exact
from ddlib.problem import DistillationProblem, TestCriterion, TrainingCriterion, distill, evaluate

learner = GaussianMLE()
model_of_all = learner(training)
criterion = TrainingCriterion(model_of_all.cross_entropy)
problem = DistillationProblem(learner=learner, criterion=criterion, initial=training[:m])
distilled = distill(problem, Exact(model_of_all), num_steps=1, generator=generator)

on_law = TestCriterion(law.cross_entropy)
sets = {
    f"subset of {m} rows": training[:m],
    f"{m} rows by hand": by_hand,
    f"{m} rows, Exact": distilled.rows,
    f"all {parameters.num_training} rows": training,
}
values = pd.Series({name: evaluate(learner, rows, on_law) for name, rows in sets.items()})
values["the law itself"] = law.entropy().item()
typeset(values.rename("$F$, nats per row").rename_axis("learnt from").to_frame(), ".4f")

# %% tags=["remove-cell"]
glue("gaussian_rows", m, display=False)
glue("gaussian_training", parameters.num_training, display=False)
glue("gaussian_difference", number(abs(values.iloc[2] - values.iloc[3]), ".0e"), display=False)

# %% [markdown]
# {glue:text}`gaussian_rows` rows are as good as {glue:text}`gaussian_training`: the two values of $F$ differ by
# {glue:text}`gaussian_difference` nats, which is rounding. What remains above the law is the error of the
# training rows.
#
# {numref}`fig-gaussian-budget` shows this over the budget and over several laws. With fewer than $d+1$ rows
# this learner has no model, so the curves begin there. From there on $\min F=F_{true}$ by
# {prf:ref}`thm-gaussian`, and the figure shows the regret. {py:obj}`~ddlib.FirstOrder` starts from the random
# subset and descends with the exact gradient in the rows.

# %% tags=["hide-input"]
from ddlib.distillers.first_order import FirstOrder


def gaussian_rows(seed, budgets):
    """Rows (seed, rows m, method, F above the law) for one law and its training rows."""
    generator = torch.Generator().manual_seed(seed)
    law = random_gaussian(parameters.dim, generator=generator)
    training = law.sample(parameters.num_training, generator=generator)
    everything = learner(training)
    limit = law.entropy().item()
    for m in budgets:
        subset = training[torch.randperm(len(training), generator=generator)[:m]]
        problem = DistillationProblem(learner, TrainingCriterion(everything.cross_entropy), subset)
        steps = parameters.num_steps
        descent = distill(problem, FirstOrder(), num_steps=steps, generator=generator, every=10**6)
        exact = distill(problem, Exact(everything), num_steps=1, generator=generator)
        sets = {"random subset": subset, "FirstOrder": descent.rows, "Exact": exact.rows}
        for method, rows in (sets | {"all rows": training}).items():
            excess = evaluate(learner, rows, TestCriterion(law.cross_entropy)) - limit
            yield {"seed": seed, "m": m, "method": method, "excess": excess}


d, N = parameters.dim, parameters.num_training
budgets = sorted({min(m, N) for m in (d + 1, 2 * d, 4 * d, 16 * d)} - {d})
seeds = range(parameters.seed, parameters.seed + parameters.num_seeds)
gaussian = pd.DataFrame(row for s in seeds for row in gaussian_rows(s, budgets))

# %% tags=["hide-input"]
# | label: fig-gaussian-budget
# | caption: >-
# |   Gaussian density: how far $F$ is above that of the law, over the budget $m$. Geometric mean over the laws
# |   and its 95 % interval.
# | alt: >-
# |   Line plot on log axes. The excess of the random subset falls steeply as the budget grows and stays above
# |   the other curves. Exact distillation lies on the level of all training rows at every budget. First-order
# |   distillation starts above it and then joins it.
import numpy as np

from ddlib.plots.names import name_lines

fig, axes = plt.subplots()
logs = gaussian.assign(log10=np.log10(gaussian["excess"]))
plot_means(logs[logs["method"] != "all rows"], axes, x="m", y="log10", by="method")
plot_references(axes, {"all rows": logs.loc[logs["method"] == "all rows", "log10"].mean()})
axes.set(
    xscale="log",
    xlabel="rows $m$",
    ylabel="excess of $F(S)$ in nats per row,\nlogarithm to base 10",
)
axes.set_xticks(budgets, budgets)
axes.minorticks_off()
name_lines(axes)
plt.show()

# %% [markdown]
# `Exact` is on the level of all rows at every budget, as {prf:ref}`thm-gaussian` says. `FirstOrder` descends
# the same working objective and joins it at the larger budgets.
#
# ### A heuristic without a task
#
# Some methods match a feature of the data, for example its mean, without any learner. The two sets of
# {numref}`tab-heuristic` have the same size and match the mean of the training rows to rounding. One has the
# right spread, the other a hundredth of it.

# %%
# | label: tab-heuristic
# | caption: >-
# |   Two sets of the same size that match the mean of the training rows to rounding. Their $F$ is very
# |   different.
matched = distilled.rows
shrunk = matched.mean(0) + 0.01 * (matched - matched.mean(0))
sets = {"right spread": matched, "a hundredth of it": shrunk}
distances = {name: (rows.mean(0) - training.mean(0)).norm().item() for name, rows in sets.items()}
costs = {name: evaluate(learner, rows, on_law) for name, rows in sets.items()}
columns = {"distance of the means": distances, "$F$, nats per row": costs}
typeset(pd.DataFrame(columns).rename_axis("spread of the set"), ".3g")

# %% [markdown]
# The heuristic cannot tell the two apart, but their values of $F$ are very different. For a learner that uses
# only the mean they are equally good. For that task the heuristic is right.
#
# ## Ridge regression
#
# Rows are pairs $(x,y)$, with $d$ features $x$ and $k$ responses $y=B^\top x+\sigma\varepsilon$. The learner is
# ridge regression with penalty $\lambda$,
#
# $$
# \begin{aligned}
# \learner(S)&=\Theta\ \in\R^{d\times k},\\
# \Theta&=\Bigl(\tfrac1mX^\top X+\lambda I\Bigr)^{-1}\tfrac1mX^\top Y,
# \end{aligned}
# $$ (eq-ridge)
#
# and the criterion is the squared error of its predictions, with a weight $w_j\ge0$ for each response:
#
# $$
# \begin{aligned}
# &\risk_Q(\Theta)=\sum_{j=1}^k w_j\,\E_Q\,(y_j-\theta_j^\top x)^2\\
# &\ =\sum_{j=1}^k w_j\bigl[(\theta_j-b_j)^\top\Sigma\,(\theta_j-b_j)+\sigma^2\bigr].
# \end{aligned}
# $$ (eq-squared-error)
#
# Here $\theta_j$ and $b_j$ are the columns of $\Theta$ and $B$, and $x$ has mean 0 and covariance $\Sigma$. The
# weights $w$ are the task: $w=(1,0)$ asks for the first response only.
#
# ````{prf:theorem} What $m$ rows can carry
# :label: thm-ridge
#
# For $\lambda>0$ a matrix $\Theta\in\R^{d\times k}$ is learnt by {eq}`eq-ridge` from some $m$ rows if and only
# if $\operatorname{rank}\Theta\le m$. Hence $\min_{S\in\sets_m}F(S)=\sigma^2\sum_jw_j+\sum_{i>m}s_i^2$, with
# $s_1\ge s_2\ge\dots$ the singular values of $\Sigma^{1/2}B\operatorname{diag}(\sqrt w)$.
# ````
#
# ````{prf:proof}
# *Only if.* $(\frac1mX^\top X+\lambda I)^{-1}X^\top=X^\top(\frac1mXX^\top+\lambda I)^{-1}$, so
# $\Theta=X^\top C$ for a matrix $C$ with $m$ rows: its rank is at most $m$. *If.* Let $\Theta=UCV^\top$ be a
# singular value decomposition with $r\le m$ nonzero values, and take $X=\sqrt m\,U^\top$,
# $Y=\sqrt m(1+\lambda)CV^\top$, with $m-r$ rows of zeros below both. Then $\frac1mX^\top X=UU^\top$, which is
# the identity on the columns of $U$, and $\learner(S)=\frac1{1+\lambda}U\,(1+\lambda)CV^\top=\Theta$. *The
# minimum.* Let $W=\operatorname{diag}(\sqrt w)$ and $A=\Sigma^{1/2}BW$. By {eq}`eq-squared-error`,
# $F-\sigma^2\sum_jw_j$ is the squared Frobenius norm of $\Sigma^{1/2}\Theta W-A$. The first matrix has rank at
# most $m$, so the norm is at least $\sum_{i>m}s_i^2$ {cite:p}`eckart1936approximation`. It is attained, also
# where $\Sigma$ is singular or weights are 0. Let the columns of $V_m$ be the first $m$ right singular vectors
# of $A$, and $\Theta=BWV_mV_m^\top W^+$ with the pseudo-inverse $W^+$, of rank at most $m$. Columns of $A$ with
# weight 0 vanish, hence those of its truncation $A_m=AV_mV_m^\top$ do, and $\Sigma^{1/2}\Theta W=A_mW^+W=A_m$.
# ````
#
# With one response a single row is enough, whatever $d$ is. {numref}`fig-ridge-budget` shows three responses of
# equal weight. The descent minimises $\hat F$, the mean squared error on $D^T$. The bound of the theorem needs
# the law, which no method sees.

# %% tags=["hide-input"]
from torch.optim import Adam

from ddlib.learners.ridge import Ridge, random_linear_law, squared_error

k = 3
ridge = Ridge(num_responses=k, penalty=parameters.penalty)
equal = torch.full((k,), 1 / k, dtype=torch.float64)


def draw_ridge(seed):
    """A law, its training rows, and the generator that drew them."""
    generator = torch.Generator().manual_seed(seed)
    law = random_linear_law(parameters.dim, k, noise_std=parameters.noise_std, generator=generator)
    return law, law.sample(parameters.num_training, generator=generator), generator


def first_order_on_ridge(training, task, m, generator):
    """Distil `m` rows for `task` by descending the error on the training rows."""
    start = training[torch.randperm(len(training), generator=generator)[:m]]
    criterion = TrainingCriterion(partial(squared_error, training, task=task))
    problem = DistillationProblem(ridge, criterion, start)
    distiller, steps = FirstOrder(optimizer=partial(Adam, lr=0.05)), parameters.num_steps
    run = distill(problem, distiller, num_steps=steps, generator=generator, every=10**6)
    return start, run.rows


def ridge_rows(seed, budgets):
    """Rows (seed, m, method, F) for one law and its training rows, all responses alike."""
    law, training, generator = draw_ridge(seed)
    on_law = TestCriterion(partial(law.risk, task=equal))
    for m in budgets:
        subset, distilled = first_order_on_ridge(training, equal, m, generator)
        optimum = ridge.rows_for(law.best_weights(equal, m), m)
        sets = {"random subset": subset, "bound": optimum, "FirstOrder on $D^T$": distilled}
        for method, rows in (sets | {"all rows": training}).items():
            yield {"seed": seed, "m": m, "method": method, "F": evaluate(ridge, rows, on_law)}


ridge_budgets = [1, 2, 3, 8]
ridge_table = pd.DataFrame(row for s in seeds for row in ridge_rows(s, ridge_budgets))

# %% tags=["hide-input"]
# | label: fig-ridge-budget
# | caption: >-
# |   Ridge regression with three responses of equal weight: $F$ over the budget $m$, mean over the laws and
# |   95 % interval. The bound is the least value that any $m$ rows can have.
# | alt: >-
# |   Line plot. The random subset is far above the other curves, with a wide band. First-order distillation
# |   follows the theoretical bound down to the level of all rows and then stays there.
fig, axes = plt.subplots()
drawn = ridge_table["method"].isin(["random subset", "FirstOrder on $D^T$"])
plot_means(ridge_table[drawn], axes, x="m", y="F", by="method")
means = ridge_table.groupby(["method", "m"])["F"].mean()
axes.plot(means["bound"], "k:", label="bound")
plot_references(axes, {"all rows": means["all rows"].mean()})
axes.set(xscale="log", xlabel="rows $m$", ylabel="$F(S)$, mean squared error", ylim=(0, None))
axes.set_xticks(ridge_budgets, ridge_budgets)
axes.minorticks_off()
name_lines(axes, {"FirstOrder on $D^T$": "FirstOrder on\ntraining rows"})
plt.show()

# %% [markdown]
# One row carries one direction. The best row explains most of the three responses, and the bound shows what is
# lost. By {prf:ref}`thm-ridge` three rows can carry all three responses, so that nothing is lost.
#
# ### The task decides
#
# At $m=1$ the tasks "first response", "second response" and "both alike" need different rows. For
# {numref}`fig-task-matrix` we distil a set for each task and judge it on each. An entry is the gap closed
# {eq}`eq-gap`, where the subset and all rows are judged on the task of the column. {numref}`tab-task-regret`
# has the regret for one row.

# %% tags=["hide-input"]
from ddlib.problem import gap_closed

tasks = {"first": [1.0, 0.0, 0.0], "second": [0.0, 1.0, 0.0], "both": [0.5, 0.5, 0.0]}
tasks = {name: torch.tensor(weights, dtype=torch.float64) for name, weights in tasks.items()}


def task_rows(seed, budgets):
    """Rows (m, distilled for, judged on, gap closed, regret)."""
    law, training, generator = draw_ridge(seed)
    for m in budgets:
        for distilled_for, task in tasks.items():
            subset, rows = first_order_on_ridge(training, task, m, generator)
            for judged_on, other in tasks.items():
                on_law = TestCriterion(partial(law.risk, task=other))
                value, low, high = (evaluate(ridge, s, on_law) for s in (rows, subset, training))
                closed = gap_closed(value, subset=low, clean=high)
                regret = value - law.risk(law.best_weights(other, m), other).item()
                cell = {"m": m, "distilled for": distilled_for, "judged on": judged_on}
                yield cell | {"gap": closed, "regret": regret}


matrix = pd.DataFrame(row for s in seeds for row in task_rows(s, [1, 2]))
medians = matrix.groupby(["m", "distilled for", "judged on"], sort=False).median()
median, regrets = medians["gap"].unstack(), medians["regret"].unstack()

# %% tags=["hide-input"]
# | label: fig-task-matrix
# | caption: >-
# |   Median gap closed over the laws. Rows: the task that the set was distilled for; columns: the task that
# |   it is judged on. Left: one synthetic row. Right: two.
# | alt: >-
# |   Two three-by-three heat maps. With one row the sets for the first and the second response are near one
# |   on their own task and low on the other. With two rows the set for both is near one on all three tasks.
from ddlib.plots.matrices import draw_matrix

fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.5 * WIDTH), sharey=True)
for axes, m in zip(panels, [1, 2], strict=True):
    draw_matrix(median.loc[m], axes)
    axes.set(title=f"$m={m}$", xlabel="judged on")
panels[0].set_ylabel("distilled for")
plt.show()

# %%
# | label: tab-task-regret
# | caption: >-
# |   Median regret of one row, in units of the mean squared error, by the task that it was distilled for and
# |   the task that it is judged on. The least of each column is bold.
typeset(regrets.loc[1].rename_axis(columns=None), ".2g", best="min")

# %% tags=["remove-cell"]
diagonal = [median.loc[(1, task), task] for task in ("first", "second")]
crossed = [median.loc[(1, "first"), "second"], median.loc[(1, "second"), "first"]]
glue("task_diagonal", float(np.min(diagonal)), display=False)
glue("task_crossed", float(np.max(crossed)), display=False)
both = pd.DataFrame({"gap": median.loc[(1, "both")], "regret": regrets.loc[(1, "both")]})
glue("both_largest_gap", both["gap"].idxmax(), display=False)
glue("both_least_regret", both["regret"].idxmin(), display=False)
glue("task_both_two_rows", float(median.loc[(2, "both")].min()), display=False)

# %% [markdown]
# A row made for one response closes at least {glue:text}`task_diagonal:.2f` of the gap on its own task, and at
# most {glue:text}`task_crossed:.2f` on the other one. Learner, data and budget are the same. Only the task
# differs, and with it the best set.
#
# Gap closed and regret do not say the same. In the last row of {numref}`tab-task-regret`, the set for "both"
# has its least regret on the task "{glue:text}`both_least_regret`", so there no row is much better. But its
# largest gap closed is on "{glue:text}`both_largest_gap`". A large gap closed can hide a large regret, and a
# smaller one can be the best possible.
#
# The right panel shows when the conflict ends. By {prf:ref}`thm-ridge` two rows carry any two responses, so one
# set can serve all three tasks. The set for "both" closes at least {glue:text}`task_both_two_rows:.2f` of each
# gap. **The task matters while the budget is too small for all that the learner could use.**

# %% [markdown]
# ## Where the loss comes from
#
# The regret {eq}`eq-faithfulness` has two sources in this example. One is the *law*: the descent sees training
# rows in place of $Q$. The other is the *optimiser*: it stops after some steps. To separate them, we distil two
# rows once against the training rows and once against the law itself, which no user could do. We do so with the
# exact gradient, and with the {term}`zeroth-order` estimate. The latter uses values of $\hat F$ along $q$
# random directions $\delta_i\sim N(0,I)$ with a step $\epsilon$,
#
# $$
# \begin{aligned}
# g&=\frac1q\sum_{i=1}^qg_i\,\delta_i,\\
# g_i&=\frac{\hat F(S+\epsilon\delta_i)-\hat F(S-\epsilon\delta_i)}{2\epsilon} .
# \end{aligned}
# $$ (eq-zeroth-order)

# %% tags=["hide-input"]
from ddlib.distillers.zeroth_order import ZerothOrder

distillers = {
    "first-order": FirstOrder(optimizer=partial(Adam, lr=0.05)),
    "zeroth-order": ZerothOrder(
        smoothing=1e-3, num_directions=2, antithetic=True, optimizer=partial(Adam, lr=0.05)
    ),
}


def regret_rows(seed):
    """Rows (seed, working objective and distiller, step, logarithm of the regret)."""
    law, training, generator = draw_ridge(seed)
    risk = partial(law.risk, task=equal)
    bound = risk(law.best_weights(equal, 2)).item()
    objectives = {"training rows": partial(squared_error, training, task=equal), "the law": risk}
    for objective, criterion in objectives.items():
        for name, distiller in distillers.items():
            problem = DistillationProblem(ridge, TrainingCriterion(criterion), training[:2])
            steps = parameters.num_steps
            run = distill(problem, distiller, num_steps=steps, generator=generator, every=10)
            for snapshot in run.snapshots:
                regret = evaluate(ridge, snapshot.rows, TestCriterion(risk)) - bound
                log10, method = np.log10(max(regret, 1e-12)), f"{name}, {objective}"
                yield {"seed": seed, "method": method, "step": snapshot.step, "log10": log10}


regret = pd.DataFrame(row for s in seeds for row in regret_rows(s))

# %% tags=["hide-input"]
# | label: fig-faithfulness
# | caption: >-
# |   Regret along the descent of two rows: geometric mean over the laws and 95 % interval. A descent on the law
# |   has only the optimiser's error. A descent on the training rows also has their error.
# | alt: >-
# |   Four curves of the logarithm over steps. Of the two first-order curves, that of the training rows levels
# |   off and that of the law keeps falling. The two zeroth-order curves fall slowly and lie close together.
fig, axes = plt.subplots()
plot_means(regret, axes, x="step", y="log10", by="method", markers=False)
for line in axes.lines:
    line.set_linestyle("--" if str(line.get_label()).endswith("the law") else "-")
axes.set(xlabel="step", ylabel="logarithm of the regret, base 10")
name_lines(axes, {name: name.replace(", ", ",\n") for name in regret["method"].unique()})
plt.show()

# %% tags=["remove-cell"]
last = regret[regret["step"] == regret["step"].max()]
final = 10 ** last.groupby("method")["log10"].mean()
for name in distillers:
    key = name.replace("-", "_")
    glue(f"loss_{key}_training", number(final[f"{name}, training rows"], ".1g"), display=False)
    glue(f"loss_{key}_law", number(final[f"{name}, the law"], ".1g"), display=False)

# %% [markdown]
# {numref}`fig-faithfulness` has the four runs. First-order descent ends with the regret
# {glue:text}`loss_first_order_law` on the law and {glue:text}`loss_first_order_training` on the training rows.
# So nearly all of the latter comes from the rows, and more steps would not help. Zeroth-order descent ends at
# {glue:text}`loss_zeroth_order_law` even on the law, so most of its regret is the optimiser's. It needs more
# steps, but no gradient of the learner. Case study 1 uses it too.
#
# ## Exercises
#
# ```{exercise} A learner that sees less
# :label: ex-formal-mean
#
# Replace the learner of the Gaussian example by one that learns the mean alone, and takes $I$ for the
# covariance. How many rows does an exact set need now? Does the criterion matter? Is the set exact for the old
# learner, too?
# ```
#
# ```{solution} ex-formal-mean
# One row is enough: the mean $\bar x$ of $D^T$. The learner maps it to the model that it learns from all rows,
# so *every* criterion has the same value, and the criterion does not matter. For maximum likelihood the same
# row is no set at all, since one row has no covariance. Data and criterion are as before. Only the learner
# changed, and the least budget for exactness fell from $d+1$ to 1.
# ```
#
# ```{exercise} One row, another question
# :label: ex-formal-one-row
#
# By {prf:ref}`thm-ridge` the best single row for the task "first" is known. First predict, without code: what
# is its regret on the task "second"? Then check it with `law.best_weights` and `ridge.rows_for`.
# ```
#
# ```{solution-start} ex-formal-one-row
# ```

# %%
law, _, _ = draw_ridge(parameters.seed)
row = ridge.rows_for(law.best_weights(tasks["first"], 1), 1)
least = {name: law.risk(law.best_weights(task, 1), task).item() for name, task in tasks.items()}
for name, task in tasks.items():
    value = evaluate(ridge, row, TestCriterion(partial(law.risk, task=task)))
    print(f"{name}: regret {value - least[name]:.4f}")
signal = (law.weights[:, 1] @ law.covariance @ law.weights[:, 1]).item()
print(f"variance that the features explain of the second response: {signal:.4f}")

# %% tags=["remove-cell"]
glue("second_signal", signal, display=False)

# %% [markdown]
# The task "first" has the weight 0 on the second response, so its best $\Theta$ has zeros in the second
# column: the model predicts 0. What it loses is all that the features explain of that response,
# $b_2^\top\Sigma\,b_2=$ {glue:text}`second_signal:.4f`, since the best row for "second" loses only the noise.
# The row is optimal for its own task, so the loss is no fault of a method: it is in the question.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - A DD problem consists of a learner, a criterion and a budget. If one changes, the best set can change.
# - If the learner uses only a few statistics of its data, a set that carries them serves every task of that
#   learner. With fewer rows the best set depends on the task.
# - The regret of a method can come from its criterion, its learner, its law or its optimiser. The last two are
#   measured here.
# ```
#
# [The next chapter](exact_sets.ipynb) proves what follows from the three ingredients alone. Then come [many
# tasks](tasks.ipynb) and [the known methods](methods.ipynb). [Case study 1](merging.ipynb) has a learner that
# searches for the structure of a network, with hidden columns and noise. It uses the same `DistillationProblem`
# and the same {py:obj}`zeroth-order distiller <ddlib.ZerothOrder>`.
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/formal_problem.py PARAMS="num_steps=100 noise_std=1.0"
# ```
