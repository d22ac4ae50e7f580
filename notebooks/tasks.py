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
# # One formulation, many tasks
#
# The abstract says that the formal model brings DD to "different modeling environments". This chapter tries
# eight of them on one data set. For each task we distil a few synthetic rows from that data set, and judge them
# on all eight tasks. If the best set depended on the data alone, the eight sets would do equally well. They do
# not.
#
# ````{admonition} Reconstructed
# :class: reconstructed
# Apart from the two case studies, the abstract does not name the environments. The system, its tasks, their
# learners and all sizes are ours.
# ````

# %% tags=["parameters"]
num_seeds = 20  # systems that the matrices are taken over, at least 2
num_steps = 200  # steps of descent for each task
few_rows = 2  # budget m of the first matrix, below what the learners could use
more_rows = 12  # budget m of the second, enough for the statistic of all columns
seed = 0  # the first system

# %% tags=["hide-input"]
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from pydantic import Field

from ddlib.runs.compute import collect
from ddlib.config import Config, Count, Seed
from ddlib.experiments.methods import MethodsConfig


class Parameters(Config):
    """What each parameter above may be."""

    num_seeds: Annotated[int, Field(strict=True, ge=2)]
    num_steps: Count
    few_rows: Count
    more_rows: Annotated[int, Field(strict=True, ge=9)]
    seed: Seed

    def configs(self, tasks, methods, num_rows):
        """Return the configs of all seeds, tasks and methods at one budget."""
        return [
            MethodsConfig(
                seed=self.seed + i, task=task, method=method, num_rows=num_rows,
                num_steps=self.num_steps,
            )
            for i in range(self.num_seeds)
            for task in tasks
            for method in methods
        ]  # fmt: skip


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.style import WIDTH, use_style

use_style()
glue("num_seeds", parameters.num_seeds, display=False)
glue("few_rows", parameters.few_rows, display=False)
glue("more_rows", parameters.more_rows, display=False)

# %% [markdown]
# ## One data set
#
# A linear system has a state $x\in\R^3$ and an input $u\in\R$,
#
# $$
# x'=Ax+Bu+\sigma w,\qquad w\sim N(0,I).
# $$ (eq-system)
#
# Here $A$, $B$ and $\sigma$ are fixed, $w$ is noise, and $x'$ is the next state. While data are gathered the
# input is random. A row is $(x,u,x',u')$, that is this time step and the next, in eight columns. A dynamic
# Bayesian network takes it as four variables in two slices. A regression takes it as four features and the
# responses $x'$. The next input $u'$ is random, and no regression predicts it.

# %%
from ddlib.tasks.registry import draw_tasks

generator = torch.Generator().manual_seed(parameters.seed)
tasks = draw_tasks("transitions", generator=generator)
names = list(tasks)
pd.DataFrame(
    {
        "learner": [type(task.learner).__name__ for task in tasks.values()],
        "rows": [len(task.training) for task in tasks.values()],
    },
    index=names,
)

# %% [markdown]
# The table has the criterion of each task for the model $\theta=\learner(S)$, and the bound where one is known:
#
# | task | learner | criterion $\risk_Q(\theta)$ | bound |
# | --- | --- | --- | --- |
# | density | Gaussian, with a pseudo-row of prior | cross-entropy of all eight columns, nats per row | entropy of the law |
# | prediction | ridge regression | squared error of $x'$ | {prf:ref}`thm-ridge` |
# | one state | the same | squared error of $x'_1$ alone | the same |
# | covariate shift | the same | squared error of $x'$ where inputs are large and states small, $Q\ne P$ | the same, with the covariance of $Q$ |
# | control | the same | cost of the system under the regulator designed on $\theta$ | least cost of any controller |
# | posterior | Bayesian linear regression | divergence from the posterior of all training rows, nats | 0 |
# | kernel regression | kernel ridge regression, Gaussian kernel | squared error of $x'$ | noise variance |
# | Bayesian network | hill climbing by BIC, then maximum likelihood | cross-entropy of all columns, nats per row | entropy of the law |
#
# For *control* we design a linear-quadratic regulator $u=-Kx$ from the learnt $(\hat A,\hat B)$ by the Riccati
# equation {cite:p}`chu2004structure`, and run it on the true system. The criterion is its cost for states and
# inputs, not a prediction error. The working objectives $\hat F$ use a fit to training rows in place of the
# law. For covariate shift the inputs of $Q$ are known, and their responses are not.
#
# A {py:obj}`task <ddlib.Task>` is a learner, its criteria on training, validation and test data, and rows. To
# distil for one takes three lines:

# %%
from ddlib.distillers import DISTILLERS
from ddlib.problem import distill, evaluate

task, method = tasks["control"], DISTILLERS["first-order"]
problem = task.problem(parameters.few_rows, generator=generator)
run = distill(problem, method, num_steps=50, generator=generator, validation=task.validation)

# %%
sets = {"random": problem.initial, "distilled": run.rows, "all": task.training}
costs = {f"{name} rows": evaluate(task.learner, rows, task.test) for name, rows in sets.items()}
costs["bound"] = task.bound(parameters.few_rows)
pd.Series(costs, name="cost of control").to_frame().style.format("{:.3f}")

# %% [markdown]
# Another task, or another method of {py:obj}`~ddlib.DISTILLERS`, can be put in the same place.
#
# ## A conflict in closed form
#
# One case can be computed exactly: ridge regression from one row ($m=1$). Let $B$ now be the matrix of all
# regression weights. By {prf:ref}`thm-ridge` the best row for features with covariance $\Sigma$ carries the
# leading singular direction of $\Sigma^{1/2}B$. Another law $Q$ of the features has another $\Sigma$, hence in
# general another direction. Let $\Theta_P$ and $\Theta_Q$ be the best matrices of rank at most $m$ for $P$ and
# $Q$. The price on $Q$ of distilling for $P$ is
#
# $$
# \risk_Q(\Theta_P)-\risk_Q(\Theta_Q)\ \ge\ 0,
# $$ (eq-shift-price)
#
# and it is 0 if $m\ge\operatorname{rank}B$, because then both are $B$ itself. The table has it as a share of
# $\risk_Q(\Theta_Q)$, over $m$, with quartiles over {glue:text}`num_seeds` systems.

# %% tags=["hide-input"]
from ddlib.tasks.transitions import ALL_STATES, deployed, draw_transitions

systems = [
    draw_transitions(generator=torch.Generator().manual_seed(s))
    for s in range(parameters.seed, parameters.seed + parameters.num_seeds)
]


def price(system, num_rows):
    """Relative excess error on Q of the best rows for P, against the best rows for Q."""
    exploring, elsewhere = system.law, deployed(system.law)
    for_p = exploring.best_weights(ALL_STATES, num_rows)
    for_q = elsewhere.best_weights(ALL_STATES, num_rows)
    values = [elsewhere.risk(theta, ALL_STATES).item() for theta in (for_p, for_q)]
    return values[0] / values[1] - 1


prices = pd.DataFrame({m: [price(system, m) for system in systems] for m in (1, 2, 3, 4)}).quantile(
    [0.25, 0.5, 0.75]
)
prices.set_axis(["lower quartile", "median", "upper quartile"]).rename_axis(
    columns="rows m"
).style.format("{:.1%}")

# %% tags=["remove-cell"]
glue("shift_one", 100 * float(prices.loc[0.5, 1]), display=False)

# %% [markdown]
# With one row, half of the systems have at least {glue:text}`shift_one:.0f` per cent more error on $Q$ if the
# row is the best one for $P$. With as many rows as responses the price vanishes. The matrices below show the
# same pattern: tasks conflict while the budget is small.

# %% [markdown]
# ## The task × task matrix
#
# For each of {glue:text}`num_seeds` systems and each task we distil {glue:text}`few_rows` rows, and judge them
# on each task. The method is `first-order`, which descends $\hat F$ through the learner. Its step size and its
# step are chosen on validation rows. A cell of {numref}`fig-tasks-few` is the gap closed {eq}`eq-gap`, with the
# references *of the column*: 0 is the median of twenty random subsets, 1 is all rows.

# %% tags=["hide-input"]
from ddlib.experiments.gaps import with_gaps
from ddlib.experiments.methods import ALL_ROWS, METHODS, RANDOM


def gaps_at(num_rows, methods):
    """Collect the sets of all tasks at one budget, with their gaps closed."""
    references = parameters.configs(["prediction"], [ALL_ROWS, RANDOM], num_rows)
    table = collect(METHODS, references + parameters.configs(names, methods, num_rows))
    gaps = with_gaps(table)
    return gaps[gaps["method"].isin(methods)]


def medians(gaps):
    """The median gap closed: a row per task distilled for, a column per task judged on."""
    return gaps.groupby(["task", "judged_on"])["gap"].median().unstack().loc[names, names]


few = gaps_at(parameters.few_rows, ["first-order"])

# %% tags=["hide-input"]
# | label: fig-tasks-few
# | caption: >-
# |   Median gap closed over the systems, few rows. Rows of the matrix: the task that the set was distilled
# |   for; columns: the task that it is judged on. Bold: the set made for the task has the largest median of
# |   its column. Values under -1 are coloured as -1.
# | alt: >-
# |   Heat map of tasks by tasks. Most of the diagonal is near one. Many cells off the diagonal are near zero
# |   or negative, above all in the columns of the density and the Bayesian network.
from ddlib.plots.matrices import draw_matrix


def own_wins(values):
    """Mark the diagonal where it is the largest value of its column."""
    marks = pd.DataFrame("", index=values.index, columns=values.columns)
    for name in values:
        if values[name].idxmax() == name:
            marks.loc[name, name] = "higher"
    return marks


matrix = medians(few)
fig, axes = plt.subplots(figsize=(WIDTH, 0.85 * WIDTH))
image = draw_matrix(matrix, axes, verdicts=own_wins(matrix))
axes.set(xlabel="judged on", ylabel="distilled for")
fig.colorbar(image, label="gap closed", shrink=0.7)
plt.show()


# %% tags=["hide-input"]
def against_the_others(gaps):
    """Per task: its own set, the best other set, and on how many systems its own was the best."""
    rows = {}
    for name in names:
        wide = gaps[gaps["judged_on"] == name].pivot(index="seed", columns="task", values="gap")
        others = wide.drop(columns=name)
        rows[name] = {
            "own set": wide[name].median(),
            "best other set": others.median().max(),
            "made for": others.median().idxmax(),
            "own is best": f"{(wide.idxmax(axis=1) == name).sum()} of {len(wide)}",
        }
    return pd.DataFrame(rows).T


comparison = against_the_others(few)
comparison.style.format("{:.3f}", subset=["own set", "best other set"])

# %% tags=["remove-cell"]
wins = [name for name in names if matrix[name].idxmax() == name]
margin = comparison["own set"].astype(float) - comparison["best other set"].astype(float)
off = matrix.where(~np.eye(len(names), dtype=bool)).stack()
glue("wins_few", len(wins), display=False)
glue("num_tasks", len(names), display=False)
glue("closest_task", margin.idxmin(), display=False)
glue("worst_margin", float(margin.min()), display=False)
glue("prediction_density", float(matrix.loc["prediction", "density"]), display=False)
glue("off_below_subset", float(100 * (off < 0).mean()), display=False)

# %% [markdown]
# In {glue:text}`wins_few` of {glue:text}`num_tasks` columns the set made for the task has the largest median.
# Off the diagonal, {glue:text}`off_below_subset:.0f` per cent of the cells are below 0, the median random
# subset. The table has the lead of each own set over the best other one. The lead is smallest for
# {glue:text}`closest_task`, and there the own set is not always the best on single systems. These are medians
# without a test, so the bold marks say which is largest and no more ([how we compare](../book/protocol.md)).
#
# There are two kinds of conflict. Tasks with the *same learner* (prediction, one state, covariate shift,
# control) need different directions, and few rows cannot carry all of them. Tasks with *different learners* use
# the rows in different ways: the set made for prediction closes {glue:text}`prediction_density:.2f` of the
# density's gap.

# %% [markdown]
# ## When the conflict goes away
#
# By {prf:ref}`thm-exact` the task does not matter if the set carries the statistic of the learner. All learners
# here except kernel regression use their rows only through means and second moments, for which nine rows are
# enough. {numref}`fig-tasks-more` has {glue:text}`more_rows` rows. The last row of its matrix, *moments*, is a
# set that was made for no task: it has the mean and covariance of the training rows.

# %% tags=["hide-input"]
from ddlib.learners.gaussian import GaussianMLE
from ddlib.streams import stream
from ddlib.problem import gap_closed

more = gaps_at(parameters.more_rows, ["first-order"])
references = more.groupby(["seed", "judged_on"])[["subset", "clean"]].first()


def moments_gaps(seed):
    """The gap that rows with the training rows' mean and covariance close, per task."""
    own = draw_tasks("transitions", generator=stream(seed, "transitions data"))
    training, moments = own["density"].training, GaussianMLE()
    generator = stream(seed, "moments")
    rows = moments.rows_for(moments(training), parameters.more_rows, generator=generator)
    return {
        name: gap_closed(
            evaluate(task.learner, rows, task.test), **references.loc[(seed, name)].to_dict()
        )
        for name, task in own.items()
    }


enough = medians(more)
seeds = range(parameters.seed, parameters.seed + parameters.num_seeds)
enough.loc["moments"] = pd.DataFrame([moments_gaps(s) for s in seeds]).median()

# %% tags=["hide-input"]
# | label: fig-tasks-more
# | caption: >-
# |   As the previous figure, with more rows. The set of the last row has the mean and the covariance of the
# |   training rows, and was made for no task.
# | alt: >-
# |   Heat map of tasks by tasks, with one more row, moments. More cells are near one than in the matrix with
# |   few rows. The row of the moments is near one in all columns but kernel regression.
fig, axes = plt.subplots(figsize=(WIDTH, 0.9 * WIDTH))
image = draw_matrix(enough, axes, verdicts=own_wins(enough))
axes.set(xlabel="judged on", ylabel="distilled for")
fig.colorbar(image, label="gap closed", shrink=0.7)
plt.show()

# %% tags=["remove-cell"]
for which, values in {"few": matrix, "more": enough}.items():
    marks = own_wins(values).replace("", "not told apart").stack()
    glue(f"tasks_{which}_verdicts", ", ".join(marks), display=False)
second = ["prediction", "one state", "covariate shift", "control", "posterior"]
glue("moments_worst", float(enough.loc["moments", second].min()), display=False)
glue("moments_kernel", float(enough.loc["moments", "kernel regression"]), display=False)

# %% [markdown]
# The moments close at least {glue:text}`moments_worst:.3f` of the gap in prediction, one state, covariate
# shift, control and posterior. The learner of the density adds a pseudo-row of prior, so equal moments do not
# give it an equal model. Kernel regression has no such statistic, and there the moments close only
# {glue:text}`moments_kernel:.2f`.
#
# So DD without a task works where the learners share a statistic and the set carries it. Elsewhere the best set
# depends on the task. To know which case holds, one has to know the learner.
#
# ````{admonition} Exercise
# :class: tip
# In the first matrix, which columns would change if the noise $\sigma$ of {eq}`eq-system` were 0 and all rows
# were noise-free?
#
# ```{dropdown} Solution
# All rows would then determine $B$ exactly. But two rows still carry rank two only, so prediction, shift and
# control keep their conflict. For the density the law becomes degenerate: its entropy is $-\infty$, and there
# is no gap to close. To try it, change `NOISE_STD` in `ddlib/tasks/transitions.py`.
# ```
# ````
#
# ## Summary
#
# - With few rows, one data set and one method give different sets for different tasks. The lead of a task's own
#   set can be small: {glue:text}`worst_margin:.4f` of the gap for {glue:text}`closest_task`.
# - Tasks of one learner conflict while the budget is below the rank that they need together. From there on one
#   set can serve them all.
# - Different learners can share one exact set if they share a statistic.
