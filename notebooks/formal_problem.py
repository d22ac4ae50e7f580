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
# Dataset distillation (DD) replaces a data set by a much smaller one, from which a learner is to
# learn as much. As much *of what*? The paper's answer is that the question has to be part of the
# problem: without the inference task, DD "is under-specified" {cite:p}`kungurtsev2024dataset` (abstract).
#
# This chapter writes the problem down and then solves it twice, on the two smallest cases in which
# the best synthetic set is known in closed form. In both you can see the optimum, the distance of a
# method from it, and where that distance comes from. Symbols are those of the
# [notation page](../book/notation.md).

# %% tags=["parameters"]
dim = 4  # features d of both cases, at least 1
num_training = 400  # training rows that are distilled, at least 20
num_seeds = 10  # repetitions, each with a law and training rows of its own
num_steps = 300  # steps of gradient descent on the synthetic rows
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
from ddlib.plots.style import use_style

use_style()

# %% [markdown]
# ## Three ingredients
#
# Let $P$ be the law of the data, and $D^T$ a set of training rows drawn from it. A *learner*
# $\learner$ turns a set of rows $S$ into a model $\theta=\learner(S,\xi)$, where $\xi$ is whatever
# is random in learning. A *criterion* $\risk_Q(\theta)$ says how bad the model is at its task, on
# the law $Q$ on which it will be used. A *budget* $m$ bounds the number of rows; $\sets_m$ are the
# sets that keep to it. With these three, and not before, there is an optimisation problem:
#
# $$
# \min_{S\in\sets_m} F(S),\qquad F(S)=\E_\xi\,\risk_Q\bigl(\learner(S,\xi)\bigr).
# $$ (eq-dd)
#
# The problem is *bilevel*: to evaluate $F$ at one $S$, a whole model must be learnt first. And
# nobody can evaluate $F$ while distilling, since $Q$ is not known. A method therefore descends a
# *working objective* $\hat F$, built from $D^T$. It can leave the optimum of {eq}`eq-dd` at three
# places: the criterion (it matches something else instead), the learner (it replaces it by a
# simpler one) and the law (it lets $D^T$ stand for $Q$). What it loses is its *faithfulness*,
#
# $$
# F(\hat S)-\min_{S\in\sets_m}F(S)\ \ge\ 0 ,
# $$ (eq-faithfulness)
#
# and what it is worth to a user is the *gap closed*,
#
# $$
# \gamma(S)=\frac{F_{sub}-F(S)}{F_{sub}-F_{clean}} ,
# $$ (eq-gap)
#
# with $F_{sub}(m)$ the value of a random subset of $m$ clean rows, and $F_{clean}$ that of all of
# them: 0 is as good as the subset, 1 as good as all the data. The limit is $F_{true}$, the value of
# the law itself.

# %% [markdown]
# Three remarks on the ingredients.
#
# *Stochastic learners.* A network starts from random weights, so its $\theta$ depends on $\xi$, and $F$ is an
# expectation. A set must not be good for one start only. Methods draw a new $\xi$ each step; a difference of
# two values of $\hat F$ is taken at the same $\xi$, or it would show the luck of the draw.
#
# *Budgets.* We count rows. One could count numbers, or bytes, or privacy; the budget only says which sets
# belong to $\sets_m$.
#
# *Feasible sets and soft labels.* $\sets_m$ may ask for more than a length: labels that stay what they are,
# inputs in the range of a pixel, rows that are real ones. Where labels are free, a row may carry a *soft*
# label, a probability for each class, which says more than a class. The smaller $\sets_m$, the larger the least
# value of $F$. In the code `feasible` projects rows onto $\sets_m$ after each step.
#
# %% [markdown]
# ## A Gaussian density
#
# The smallest case: the rows are $x\in\R^d$ from a Gaussian law $P=Q=N(\mu,\Sigma)$. The learner is
# maximum likelihood: mean and covariance of the rows. The criterion is the cross-entropy of the
# learnt density, in nats a row,
#
# $$
# \begin{aligned}
# \risk_Q(\theta)&=-\E_{x\sim Q}\log p_\theta(x)\\
# &=\tfrac12\Bigl[\log\det
# 2\pi\Sigma_\theta+\tr\Sigma_\theta^{-1}\bigl(\Sigma+(\mu-\mu_\theta)(\mu-\mu_\theta)^\top\bigr)\Bigr].
# \end{aligned}
# $$ (eq-cross-entropy)
#
# The learner looks at its rows only through their mean and covariance. So any set with the mean and
# covariance of $D^T$ is as good as $D^T$, for *every* criterion. The smallest such set has $d+1$ rows.
#
# ````{prf:theorem} Exact distillation of a Gaussian
# :label: thm-gaussian
#
# Rows $z_1,\dots,z_m\in\R^d$ with mean $\mu$ and covariance $\Sigma$ (divisor $m$) exist if and only
# if $m\ge\operatorname{rank}\Sigma+1$.
# ````
#
# ````{prf:proof}
# *If.* Let $r=\operatorname{rank}\Sigma$ and $\Sigma=LL^\top$ with $L\in\R^{d\times r}$. Since $m-1\ge r$,
# there are $r$ orthonormal columns $U\in\R^{m\times r}$ orthogonal to the vector $\mathbf 1$ of ones. Take
# $Z=\mathbf 1\mu^\top+\sqrt m\,UL^\top$. The mean of its rows is $\mu$, as $\mathbf 1^\top U=0$; their
# covariance is $\frac1m\,m\,LU^\top UL^\top=\Sigma$. *Only if.* The $m$ centred rows sum to zero, so
# they span at most $m-1$ dimensions, and the rank of their covariance is at most $m-1$.
# ````
#
# By hand this takes four lines. We draw a law and training rows, and make $d+1$ rows with the
# moments of the training rows.

# %%
from ddlib.learners.gaussian import GaussianMLE, random_gaussian

generator = torch.Generator().manual_seed(parameters.seed)
law = random_gaussian(parameters.dim, generator=generator)
training = law.sample(parameters.num_training, generator=generator)

m = parameters.dim + 1
mean, factor = training.mean(0), torch.linalg.cholesky(torch.cov(training.T, correction=0))
ones_first = torch.cat([torch.ones(m, 1), torch.randn(m, m - 1, generator=generator)], dim=1)
U = torch.linalg.qr(ones_first.double()).Q[:, 1:]
by_hand = mean + m**0.5 * U @ factor.T

# %% [markdown]
# The same through the library. A {py:obj}`~ddlib.DistillationProblem` holds the learner, a working criterion
# made from training rows and an initial set, whose length is the budget. A distiller says how to move, and
# {py:obj}`~ddlib.distill` runs it.

# %%
from ddlib.distillers.exact import Exact
from ddlib.problem import DistillationProblem, TrainingCriterion, distill

learner = GaussianMLE()
model_of_all = learner(training)
problem = DistillationProblem(
    learner=learner,
    criterion=TrainingCriterion(model_of_all.cross_entropy),
    initial=training[:m],
)
distilled = distill(problem, Exact(model_of_all), num_steps=1, generator=generator)

# %%
from ddlib.problem import TestCriterion, evaluate

on_law = TestCriterion(law.cross_entropy)
pd.Series(
    {
        f"subset of {m} rows": evaluate(learner, training[:m], on_law),
        f"{m} rows by hand": evaluate(learner, by_hand, on_law),
        f"{m} rows, Exact": evaluate(learner, distilled.rows, on_law),
        f"all {parameters.num_training} rows": evaluate(learner, training, on_law),
        "the law itself": law.entropy().item(),
    },
    name="F, nats a row",
).to_frame().style.format("{:.4f}")

# %% tags=["remove-cell"]
rows_needed = parameters.dim + 1
difference = abs(evaluate(learner, distilled.rows, on_law) - evaluate(learner, training, on_law))
glue("gaussian_rows", rows_needed, display=False)
glue("gaussian_training", parameters.num_training, display=False)
glue("gaussian_difference", float(difference), display=False)

# %% [markdown]
# {glue:text}`gaussian_rows` rows do what {glue:text}`gaussian_training` do; the two values of $F$
# differ by {glue:text}`gaussian_difference:.0e` nats, which is rounding. What remains between them and
# the law is not a matter of distillation: it is the error of the training rows themselves.
#
# {numref}`fig-gaussian-budget` shows the same over the budget and over many laws. Below $d+1$ rows this
# learner has no model at all, so the curves begin there. A descent on the rows with the exact
# gradient ({py:obj}`~ddlib.FirstOrder`) is drawn beside the closed form: it starts from the subset and has to find
# what `Exact` writes down.

# %% tags=["hide-input"]
from ddlib.distillers.first_order import FirstOrder
from ddlib.plots.style import WIDTH


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
        descent = distill(
            problem, FirstOrder(), num_steps=parameters.num_steps, generator=generator, every=10**6
        )
        exact = distill(problem, Exact(everything), num_steps=1, generator=generator)
        sets = {"random subset": subset, "FirstOrder": descent.rows, "Exact": exact.rows}
        for method, rows in (sets | {"all rows": training}).items():
            excess = evaluate(learner, rows, TestCriterion(law.cross_entropy)) - limit
            yield {"seed": seed, "m": m, "method": method, "excess": excess}


d, N = parameters.dim, parameters.num_training
budgets = sorted({min(m, N) for m in (d + 1, d + 2, 2 * d, 4 * d, 8 * d, 16 * d)} - {d})
seeds = range(parameters.seed, parameters.seed + parameters.num_seeds)
gaussian = pd.DataFrame(row for s in seeds for row in gaussian_rows(s, budgets))

# %% tags=["hide-input"]
# | label: fig-gaussian-budget
# | caption: >-
# |   Gaussian density: how far $F$ is above the law, over the budget $m$. Geometric mean over the laws and
# |   its 95 % interval. `Exact` lies on the line of all rows from its first point, $m=d+1$.
# | alt: >-
# |   Line plot on log axes. The excess of the random subset falls from about a hundred nats to a tenth of a
# |   nat as the budget grows; exact and first-order distillation lie flat on the level of all training rows
# |   at every budget.
import numpy as np

fig, axes = plt.subplots()
logs = gaussian.assign(log10=np.log10(gaussian["excess"]))
plot_means(logs[logs["method"] != "all rows"], axes, x="m", y="log10", by="method")
plot_references(axes, {"all rows": logs.loc[logs["method"] == "all rows", "log10"].mean()})
axes.set(xscale="log", xlabel="rows $m$", ylabel=r"$\log_{10}\,(F(S)-F_{true})$, $F$ in nats a row")
axes.set_xticks(budgets, budgets)
axes.minorticks_off()
axes.legend()
plt.show()

# %% [markdown]
# The subset pays for every row that it lacks. `Exact` is on the level of all rows at once. `FirstOrder` gets
# there as well wherever its steps suffice, which tells us that the working objective is the right
# one, and that the closed form is a shortcut and not a different problem.
#
# ### A heuristic without a task
#
# Matching a feature of the data is a popular shortcut: choose $S$ such that its mean equals that of
# $D^T$, say. It never mentions a learner. Here are two sets of the same size that both match the
# mean of the training rows to rounding. One has the right spread, the other a hundredth of it.

# %%
matched = distilled.rows
shrunk = matched.mean(0) + 0.01 * (matched - matched.mean(0))
heuristic = pd.DataFrame(
    {
        "distance of the means": [
            (rows.mean(0) - training.mean(0)).norm().item() for rows in (matched, shrunk)
        ],
        "F, nats a row": [evaluate(learner, rows, on_law) for rows in (matched, shrunk)],
    },
    index=["right spread", "a hundredth of it"],
)
heuristic.style.format("{:.3g}")

# %% tags=["remove-cell"]
glue("heuristic_good", float(heuristic["F, nats a row"].iloc[0]), display=False)
glue("heuristic_bad", float(heuristic["F, nats a row"].iloc[1]), display=False)

# %% [markdown]
# To the heuristic the two are equally good. To the density learner one costs
# {glue:text}`heuristic_good:.2f` nats a row and the other {glue:text}`heuristic_bad:.0f`. For a learner that
# only wants the mean they would be equally good indeed: *that* is the task for which the
# heuristic is right.

# %% [markdown]
# ## Ridge regression
#
# Now rows are pairs $(x,y)$, with $d$ features $x$ and $k$ responses $y=B^\top x+\sigma\varepsilon$. The learner is
# ridge regression with penalty $\lambda$,
#
# $$
# \learner(S)=\Theta=\Bigl(\tfrac1mX^\top X+\lambda I\Bigr)^{-1}\tfrac1mX^\top Y\ \in\R^{d\times k},
# $$ (eq-ridge)
#
# and the criterion is the squared error of its predictions, with a weight $w_j\ge0$ for each response:
#
# $$
# \risk_Q(\Theta)=\sum_{j=1}^k w_j\,\E_Q\,(y_j-\theta_j^\top x)^2
# =\sum_{j=1}^k w_j\bigl[(\theta_j-b_j)^\top\Sigma\,(\theta_j-b_j)+\sigma^2\bigr].
# $$ (eq-squared-error)
#
# The weights $w$ *are* the task: $w=(1,0)$ asks for the first response and nothing else.
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
# minimum.* By {eq}`eq-squared-error`, $F-\sigma^2\sum_jw_j$ is the squared Frobenius norm of
# $\Sigma^{1/2}(\Theta-B)\operatorname{diag}(\sqrt w)$. Over matrices of rank at most $m$, its least value is
# the sum of the squared singular values that are cut off (Eckart and Young).
# ````
#
# With one response a **single row** is therefore enough, whatever $d$ is. {numref}`fig-ridge-budget` shows
# three responses of equal weight. The descent works on the training rows: its $\hat F$ is the mean
# squared error on $D^T$. The bound of the theorem needs the law, and no method sees it.

# %% tags=["hide-input"]
from torch.optim import Adam

from ddlib.learners.ridge import Ridge, random_linear_law, squared_error

k = 3
ridge = Ridge(num_responses=k, penalty=parameters.penalty)
equal = torch.full((k,), 1 / k, dtype=torch.float64)


def first_order_on_ridge(training, task, m, generator):
    """Distil `m` rows for `task` by descending the error on the training rows."""
    start = training[torch.randperm(len(training), generator=generator)[:m]]
    criterion = TrainingCriterion(partial(squared_error, training, task=task))
    distiller = FirstOrder(optimizer=partial(Adam, lr=0.05))
    problem = DistillationProblem(ridge, criterion, start)
    return start, distill(
        problem, distiller, num_steps=parameters.num_steps, generator=generator, every=10**6
    ).rows


def ridge_rows(seed, budgets):
    """Rows (seed, m, method, F) for one law and its training rows, all responses alike."""
    generator = torch.Generator().manual_seed(seed)
    law = random_linear_law(parameters.dim, k, noise_std=parameters.noise_std, generator=generator)
    training = law.sample(parameters.num_training, generator=generator)
    on_law = TestCriterion(partial(law.risk, task=equal))
    for m in budgets:
        subset, distilled = first_order_on_ridge(training, equal, m, generator)
        optimum = ridge.rows_for(law.best_weights(equal, m), m)
        sets = {"random subset": subset, "bound": optimum, "FirstOrder on $D^T$": distilled}
        for method, rows in (sets | {"all rows": training}).items():
            yield {"seed": seed, "m": m, "method": method, "F": evaluate(ridge, rows, on_law)}


ridge_budgets = [1, 2, 3, 4, 8, 16]
ridge_table = pd.DataFrame(row for s in seeds for row in ridge_rows(s, ridge_budgets))

# %% tags=["hide-input"]
# | label: fig-ridge-budget
# | caption: >-
# |   Ridge regression with three responses of equal weight: $F$ over the budget $m$, mean over the laws and
# |   95 % interval. The bound is the least value that any $m$ rows can have. From $m=3$ on, distilled rows
# |   are as good as all training rows.
# | alt: >-
# |   Line plot. The squared error of the random subset falls slowly with the budget. First-order distillation
# |   follows the theoretical bound down to the level of all rows, which both reach at three rows.
fig, axes = plt.subplots()
curves = ridge_table[ridge_table["method"] != "all rows"]
plot_means(curves[curves["method"] != "bound"], axes, x="m", y="F", by="method")
bound = curves[curves["method"] == "bound"].groupby("m")["F"].mean()
axes.plot(bound, "k:", label="bound")
plot_references(
    axes, {"all rows": ridge_table.loc[ridge_table["method"] == "all rows", "F"].mean()}
)
axes.set(xscale="log", xlabel="rows $m$", ylabel="$F(S)$, mean squared error", ylim=(0, None))
axes.set_xticks(ridge_budgets, ridge_budgets)
axes.minorticks_off()
axes.legend()
plt.show()

# %% [markdown]
# One row carries one direction. It is spent on the direction that explains most of the three
# responses; the rest is lost, and the bound says exactly how much. With three rows nothing is lost.
# The subset has the same number of numbers to spend, and spends them on noise.
#
# ### The task decides
#
# At $m=1$ the three tasks "first response", "second response" and "both alike" ask for different rows. In
# {numref}`fig-task-matrix` we distil one row for each task, and judge it on each. The entry is the gap
# closed {eq}`eq-gap`, where subset and all rows are judged on the task of the column.

# %% tags=["hide-input"]
from ddlib.problem import gap_closed

tasks = {"first": [1.0, 0.0, 0.0], "second": [0.0, 1.0, 0.0], "both": [0.5, 0.5, 0.0]}
tasks = {name: torch.tensor(weights, dtype=torch.float64) for name, weights in tasks.items()}


def task_rows(seed, budgets):
    """Rows (seed, m, distilled for, judged on, gap closed)."""
    generator = torch.Generator().manual_seed(seed)
    law = random_linear_law(parameters.dim, k, noise_std=parameters.noise_std, generator=generator)
    training = law.sample(parameters.num_training, generator=generator)
    for m in budgets:
        for distilled_for, task in tasks.items():
            subset, rows = first_order_on_ridge(training, task, m, generator)
            for judged_on, other in tasks.items():
                on_law = TestCriterion(partial(law.risk, task=other))
                value, low, high = (
                    evaluate(ridge, data, on_law) for data in (rows, subset, training)
                )
                closed = gap_closed(value, subset=low, clean=high)
                yield {"m": m, "for": distilled_for, "on": judged_on, "gap": closed}


matrix = pd.DataFrame(row for s in seeds for row in task_rows(s, [1, 2]))
median = matrix.groupby(["m", "for", "on"], sort=False)["gap"].median().unstack()

# %% tags=["hide-input"]
# | label: fig-task-matrix
# | caption: >-
# |   Median gap closed over the laws. Rows: the task that the set was distilled for; columns: the task that
# |   it is judged on. Left: one synthetic row. Right: two.
# | alt: >-
# |   Two three-by-three heat maps. With one row the diagonal is near one and cells off it are low or
# |   negative. With two rows the set made for both responses serves all three tasks.
from ddlib.plots.matrices import draw_matrix

fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.5 * WIDTH), sharey=True)
for axes, m in zip(panels, [1, 2], strict=True):
    draw_matrix(median.loc[m], axes)
    axes.set(title=f"$m={m}$", xlabel="judged on")
panels[0].set_ylabel("distilled for")
plt.show()

# %% tags=["remove-cell"]
diagonal = [median.loc[(1, task), task] for task in ("first", "second")]
crossed = [median.loc[(1, "first"), "second"], median.loc[(1, "second"), "first"]]
glue("task_diagonal", float(np.min(diagonal)), display=False)
glue("task_crossed", float(np.max(crossed)), display=False)
glue("task_both_two_rows", float(median.loc[(2, "both")].min()), display=False)

# %% [markdown]
# A row made for one response closes at least {glue:text}`task_diagonal:.2f` of the gap on its own task, and at best
# {glue:text}`task_crossed:.2f` on the other one. The row for both is a compromise. Same learner, same data, same
# budget: only the task differs, and the best set differs with it. This is the paper's thesis in its
# smallest form.
#
# The right panel shows when the conflict goes away. By {prf:ref}`thm-ridge` two rows carry any two
# responses, so the set for "both" serves everyone: it closes at least {glue:text}`task_both_two_rows:.2f` of each gap.
# **The task matters as long as the budget is too small for what the learner could know.**

# %% [markdown]
# ## Where the loss comes from
#
# The difference {eq}`eq-faithfulness` has two sources in this example. The *law*: the descent sees
# training rows in place of $Q$. The *optimiser*: it stops somewhere. We tell them apart by distilling
# two rows once against the training rows and once against the law itself (which no user could do),
# with the exact gradient and with the zeroth-order estimate, which sees values of $\hat F$ alone: along random
# directions $\delta\sim N(0,I)$,
#
# $$
# g=\frac1q\sum_{i=1}^q\frac{\hat F(S+\epsilon\delta_i)-\hat F(S-\epsilon\delta_i)}{2\epsilon}\,\delta_i .
# $$ (eq-zeroth-order)

# %% tags=["hide-input"]
from ddlib.distillers.zeroth_order import ZerothOrder

distillers = {
    "first-order": FirstOrder(optimizer=partial(Adam, lr=0.05)),
    "zeroth-order": ZerothOrder(
        smoothing=1e-3, num_directions=2, antithetic=True, optimizer=partial(Adam, lr=0.05)
    ),
}


def faithfulness_rows(seed):
    """Rows (seed, working objective, distiller, step, F above the bound)."""
    generator = torch.Generator().manual_seed(seed)
    law = random_linear_law(parameters.dim, k, noise_std=parameters.noise_std, generator=generator)
    training = law.sample(parameters.num_training, generator=generator)
    risk = partial(law.risk, task=equal)
    bound = risk(law.best_weights(equal, 2)).item()
    objectives = {"training rows": partial(squared_error, training, task=equal), "the law": risk}
    for objective, criterion in objectives.items():
        for name, distiller in distillers.items():
            problem = DistillationProblem(ridge, TrainingCriterion(criterion), training[:2])
            run = distill(
                problem, distiller, num_steps=parameters.num_steps, generator=generator, every=10
            )
            for snapshot in run.snapshots:
                loss = evaluate(ridge, snapshot.rows, TestCriterion(risk)) - bound
                yield {
                    "seed": seed,
                    "method": f"{name}, {objective}",
                    "step": snapshot.step,
                    "log10": np.log10(max(loss, 1e-12)),
                }


faithfulness = pd.DataFrame(row for s in seeds for row in faithfulness_rows(s))

# %% tags=["hide-input"]
# | label: fig-faithfulness
# | caption: >-
# |   Distance of $F$ from its minimum along the descent of two rows: geometric mean over the laws and 95 %
# |   interval. Descending the law shows the optimiser's error alone; descending the training rows adds what
# |   they do not tell about the law.
# | alt: >-
# |   Four curves of log distance over steps. The two that descend the training rows level off; of the two
# |   that descend the law, first-order keeps falling and zeroth-order falls more slowly.
fig, axes = plt.subplots()
plot_means(faithfulness, axes, x="step", y="log10", by="method", markers=False)
axes.set(xlabel="step", ylabel=r"$\log_{10}\,(F(S)-\min F)$")
axes.legend()
plt.show()

# %% tags=["remove-cell"]
last = faithfulness[faithfulness["step"] == faithfulness["step"].max()]
final = 10 ** last.groupby("method")["log10"].mean()
for name in distillers:
    key = name.replace("-", "_")
    glue(f"loss_{key}_training", float(final[f"{name}, training rows"]), display=False)
    glue(f"loss_{key}_law", float(final[f"{name}, the law"]), display=False)

# %% [markdown]
# After the last step, first-order descent is {glue:text}`loss_first_order_law:.0e` above the minimum when it
# descends the law, and {glue:text}`loss_first_order_training:.0e` when it descends the training rows: the whole
# difference is the law's, and more steps would not help. For zeroth-order descent the two are
# {glue:text}`loss_zeroth_order_law:.0e` and {glue:text}`loss_zeroth_order_training:.0e`. It asks less of the
# learner, no gradient, and pays in steps. Case study 1 has a learner without a gradient, and pays this price.
#
# ````{admonition} Exercise
# :class: tip
# In {prf:ref}`thm-ridge` the feasible rows are unbounded. Suppose that each feature vector must be one of the training
# rows', and only the responses are free ("label distillation"). How many rows are needed for $k=1$?
#
# ```{dropdown} Solution
# With $X$ fixed, $\Theta=X^\top(\frac1mXX^\top+\lambda I)^{-1}\frac1mY$ ranges over the span of the rows of $X$
# as $Y$ varies. A generic $\theta\in\R^d$ lies in it only when the rows span $\R^d$: $m=d$ are needed, in place
# of 1. What is feasible, $\sets_m$, is part of the problem too.
# ```
# ````

# %% [markdown]
# ## What to take along
#
# - A DD problem is a learner, a criterion and a budget. Change one, and the best set changes.
# - Where the learner sees its data through a few statistics, exact distillation needs as many rows as
#   it takes to carry them, and then serves every task of that learner.
# - Below that number the task decides what is kept.
# - What a method loses comes from its criterion, its learner or its law, and can be measured apart.
#
# [The next chapter](exact_sets.ipynb) proves what follows from the three ingredients alone. Then the problem
# meets [many tasks](tasks.ipynb) and [the known methods](methods.ipynb), and in [case study 1](merging.ipynb)
# the same `DistillationProblem` and the same {py:obj}`zeroth-order distiller <ddlib.ZerothOrder>` meet a
# learner that searches for the structure of a network, with hidden columns and noise.
