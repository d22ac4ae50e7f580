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
# ```{admonition} In this chapter
# :class: goals
# **You learn** how the best rows of one data set differ between eight tasks, and when one set serves several
# tasks.
#
# **You need** [the formal problem](formal_problem.ipynb) and [what a small set can carry](exact_sets.ipynb).
# ```
#
# The abstract says that the formal model brings DD to "different modeling environments". This chapter tries
# eight of them on one data set. For each {term}`task` we distil a few synthetic rows from that data set, and
# judge them on all eight tasks. If the best set depended on the data alone, the eight sets would do equally
# well.
#
# ````{admonition} Reconstructed
# :class: reconstructed
# Apart from the two case studies, the abstract does not name the environments. The system, its tasks, their
# learners and all sizes are ours.
# ````

# %% tags=["parameters"]
num_seeds = 20  # systems that the matrices are taken over, at least 6
num_steps = 400  # steps of each method in all, a multiple of 20
few_rows = 2  # budget m of the first matrix, below what the learners could use
more_rows = 12  # budget m of the second, at least 9: enough for mean and covariance of all columns
seed = 0  # the first system

# %% tags=["hide-input"]
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from pydantic import Field

from ddlib.config import Config, Count, Seed
from ddlib.experiments.benchmark import BenchmarkConfig


class Parameters(Config):
    """What each parameter above may be."""

    num_seeds: Annotated[int, Field(strict=True, ge=6)]
    num_steps: Annotated[int, Field(strict=True, ge=20, multiple_of=20)]
    few_rows: Count
    more_rows: Annotated[int, Field(strict=True, ge=9)]
    seed: Seed

    def configs(self, tasks, methods, num_rows):
        """Return the configs of all systems, tasks and methods at one budget."""
        return [
            BenchmarkConfig(
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

from ddlib.plots.numbers import number
from ddlib.plots.style import WIDTH, use_style
from ddlib.plots.tables import typeset

use_style()


def put(**values):
    """Keep values for the prose."""
    for name, value in values.items():
        plain = float(value) if isinstance(value, float) else value  # as the page can format it
        glue(name, plain, display=False)


budget = parameters.configs(["density"], ["first-order"], parameters.few_rows)[0]
put(num_seeds=parameters.num_seeds, num_steps=budget.num_steps, num_looks=budget.num_looks)
put(num_sets=budget.num_looks + 1, num_sizes=len(budget.step_sizes))
put(num_subsets=budget.num_subsets, few_rows=parameters.few_rows, more_rows=parameters.more_rows)

# %% [markdown]
# ## One data set
#
# A linear system has a state $x\in\R^3$ and an input $u\in\R$,
#
# $$
# x'=Ax+Bu+\sigma w .
# $$ (eq-system)
#
# Here $A$, $B$ and $\sigma$ are fixed, $w\sim N(0,I)$ is noise, and $x'$ is the next state. While data are
# gathered the input is random. A row is $(x,u,x',u')$, that is this time step and the next, in eight columns. A
# {term}`dynamic Bayesian network` takes it as four variables in two slices. A regression takes $(x,u)$ as four
# features, and $x'$ as the responses. The next input $u'$ is random, and no regression predicts it.
#
# The eight tasks use these rows. For each of them the table has the {term}`criterion` of the model
# [$\theta=\learner(S)$](#symbol-learner) that its learner returns, and a bound: no set of $m$ rows has a value
# below it.
#
# | task and learner | criterion $\risk_Q(\theta)$ | bound |
# | --- | --- | --- |
# | *density*: Gaussian, with a pseudo-row of prior | cross-entropy of all eight columns, nats per row | entropy of the law |
# | *prediction*: ridge regression | squared error of $x'$ | {prf:ref}`thm-ridge` |
# | *one state*: the same | squared error of $x'_1$ alone | the same |
# | *covariate shift*: the same | squared error of $x'$ where inputs are large and states small, $Q\ne P$ | the same, with the covariance of $Q$ |
# | *control*: the same | cost of the system under the regulator designed on $\theta$ | least cost of any controller |
# | *posterior*: Bayesian linear regression | negative log predictive density of $x'$, nats per row | entropy of the noise |
# | *kernel regression*: kernel ridge regression, Gaussian kernel | squared error of $x'$ | noise variance |
# | *Bayesian network*: hill climbing by BIC, then maximum likelihood | cross-entropy of all columns, nats per row | entropy of the law |
#
# {numref}`tab-tasks` has the names of the learners in the library, and the numbers of training rows.

# %% tags=["hide-cell"]
# | label: tab-tasks
# | fold: "names of the learners, and the code"
# | caption: >-
# |   The tasks of this chapter: the learner of each, as the library names it, and how many training rows it
# |   has.
from ddlib.streams import stream
from ddlib.tasks.registry import draw_tasks

family = "transitions held out"
tasks = draw_tasks(family, generator=stream(parameters.seed, f"{family} data"))
names = list(tasks)
typeset(
    pd.DataFrame(
        {
            "learner": [type(task.learner).__name__ for task in tasks.values()],
            "training rows": [len(task.training) for task in tasks.values()],
        },
        index=pd.Index(names, name="task"),
    )
)

# %% [markdown]
# For *control* we design a linear-quadratic regulator $u=-Kx$ from the learnt $(\hat A,\hat B)$ by the Riccati
# equation {cite:p}`chu2004structure`, and run it on the true system. The criterion is its cost for states and
# inputs, not a prediction error. The {term}`learners <learner>` of *posterior* and *Bayesian network* are told
# that a set stands for as many rows as there are training rows.
#
# The working objectives [$\hat F$](#symbol-working-objective) use a fit to training rows in place of the law.
# That of the posterior is the divergence from the posterior of all training rows. Validation rows choose, and
# the law judges. For covariate shift the inputs of [$Q$](#symbol-q) are known, and their responses are not.
#
# In the library a {py:obj}`task <ddlib.Task>` is a learner, its criteria on training, validation and test data,
# and rows. A set for one of them takes a few lines:

# %%
from ddlib.distillers import DISTILLERS
from ddlib.problem import distill, evaluate

task, method = tasks["control"], DISTILLERS["first-order"]
generator = torch.Generator().manual_seed(parameters.seed)
problem = task.problem(parameters.few_rows, generator=generator)
looks = {"generator": generator, "validation": task.validation}
run = distill(problem, method, num_steps=50, **looks)

# %% tags=["hide-input"]
# | label: tab-control
# | caption: >-
# |   Cost of control with a regulator that is learnt from a few random rows, from as many distilled ones and
# |   from all, and the least cost that there can be. A cost with many digits is that of a system that runs away.
sets = {"random": problem.initial, "distilled": run.rows, "all": task.training}
costs = {f"{name} rows": evaluate(task.learner, rows, task.test) for name, rows in sets.items()}
costs["bound"] = task.bound(parameters.few_rows)
typeset(pd.Series(costs, name="cost of control").rename_axis("learnt from").to_frame(), ".4g")

# %% [markdown]
# Any other task and any other method of {py:obj}`~ddlib.DISTILLERS` can be used in the same lines.
#
# ## A conflict in closed form
#
# One case can be computed exactly: ridge regression from few rows. Let $B$ now be the matrix of all regression
# weights. By {prf:ref}`thm-ridge` the best $m$ rows for features with covariance $\Sigma$ carry the $m$ leading
# singular directions of $\Sigma^{1/2}B$. Another law $Q$ of the features has another $\Sigma$, hence in general
# other directions. Let $\Theta_P$ and $\Theta_Q$ be the best matrices of rank at most $m$ for $P$ and $Q$. The
# price on $Q$ of distilling for $P$ is
#
# $$
# \risk_Q(\Theta_P)-\risk_Q(\Theta_Q)\ \ge\ 0,
# $$ (eq-shift-price)
#
# and it is 0 if $m\ge\operatorname{rank}B$, because then both are $B$ itself. {numref}`tab-shift` has it as a
# share of $\risk_Q(\Theta_Q)$, over $m$, with quartiles over the {glue:text}`num_seeds` systems of this chapter.

# %% tags=["hide-input"]
# | label: tab-shift
# | caption: >-
# |   Price of distilling for another law than that of use, as a share of the least error, over the number $m$
# |   of rows: quartiles over the systems.
from ddlib.tasks.transitions import ALL_STATES, deployed, draw_transitions

seeds = range(parameters.seed, parameters.seed + parameters.num_seeds)
laws = [draw_transitions(generator=stream(s, f"{family} data")).law for s in seeds]


def risks_elsewhere(law, num_rows):
    """Return the errors on Q of the best rows for P, and of the best rows for Q."""
    elsewhere = deployed(law)
    weights = [one.best_weights(ALL_STATES, num_rows) for one in (law, elsewhere)]
    return [elsewhere.risk(theta, ALL_STATES).item() for theta in weights]


pairs = {m: [risks_elsewhere(law, m) for law in laws] for m in (1, 2, 3, 4)}
prices = pd.DataFrame({m: [of_p / of_q - 1 for of_p, of_q in both] for m, both in pairs.items()})
quartiles = prices.quantile([0.25, 0.5, 0.75])
named = quartiles.set_axis(["lower quartile", "median", "upper quartile"]).rename_axis("price")
typeset(pd.concat({"rows $m$": named}, axis=1), ".1%")

# %% tags=["remove-cell"]
of_few = [risks_elsewhere(law, parameters.few_rows) for law in laws]
put(shift_one=100 * float(quartiles.loc[0.5, 1]))
put(shift_price=float(pd.Series([of_p - of_q for of_p, of_q in of_few]).median()))

# %% [markdown]
# With one row, half of the systems have at least {glue:text}`shift_one:.0f` per cent more error on $Q$ if the
# row is the best one for $P$. With {glue:text}`few_rows` rows the median price is {glue:text}`shift_price:.2g`,
# in units of the error. With as many rows as responses the price vanishes. {numref}`fig-tasks-few` below looks
# for the same conflict by descent, without knowing the law.
#
# ## How the sets are compared
#
# For each of the {glue:text}`num_seeds` systems and each task we distil a set, and judge it on each task. The
# set that was made for the task that judges is called the *own* set. The method is `first-order`, which
# descends $\hat F$ through the learner. It has {glue:text}`num_steps` steps in all, shared among
# {glue:text}`num_sizes` step sizes. During the steps {glue:text}`num_looks` sets are looked at. Validation rows
# choose among these and the start.
#
# The reference costs no descent: of {glue:text}`num_sets` random sets we take the one that is best on the
# validation rows of the task. It is called {term}`validated random`. It has as many looks as the descent.
#
# **Scale.** A number in the matrices is a {term}`regret`: the value of a set less the bound of the task, in the
# units of the task. A regret cannot saturate. The {term}`gap closed` {eq}`eq-gap` would: its 0 is the random
# set, which can be so bad that every other set comes out near 1. All tests are expectations under the law, so
# no set of $m$ rows is below the bound by chance. The set of all rows has more than $m$ rows, and may be below a
# bound for $m$ rows.
#
# **Test.** Each set is compared with the own one, system by system. The statistic is the median of the paired
# differences, with the sign test. All comparisons of a matrix are adjusted together by Holm's method
# ([how we compare](../book/protocol.md)). *Clearly* higher or lower means: told apart after this adjustment.

# %% [markdown]
# ## Few rows
#
# {numref}`fig-tasks-few` has the matrix for {glue:text}`few_rows` rows. Read it down a column: there all sets are
# judged on one task. The references are below the eight tasks: *validated random*, the mean of
# {glue:text}`num_subsets` random sets, and all rows.

# %% tags=["hide-input"]
from ddlib.benchmark.own_sets import against_own, on_own_task, values_of_sets
from ddlib.benchmark.tables import ALL_ROWS, BASELINE, RANDOM
from ddlib.experiments.benchmark import BENCHMARK
from ddlib.runs.compute import collect

RANDOM_MEAN = "random, mean"


def regrets_at(num_rows):
    """Return the regrets of the sets that were made for tasks, and those of the references."""
    configs = parameters.configs(names, ["first-order", BASELINE], num_rows)
    references = parameters.configs(["density"], [RANDOM, ALL_ROWS], num_rows)
    table = collect(BENCHMARK, configs + references)
    done = table[table["share"] == 1].eval("regret = value - bound")
    sets = values_of_sets(done, "first-order", value="regret")
    others = {BASELINE: on_own_task(values_of_sets(done, BASELINE, value="regret"))}
    for method, name in ((RANDOM, RANDOM_MEAN), (ALL_ROWS, ALL_ROWS)):
        others[name] = values_of_sets(done, method, value="regret")["density"]
    return sets, others


few_sets, few_others = regrets_at(parameters.few_rows)
few = against_own(few_sets, few_others)

# %% tags=["hide-input"]
# | label: fig-tasks-few
# | caption: >-
# |   Regret of sets of few rows that were made for one task (row) and are judged on another (column): median over
# |   the systems, in the units of the task that judges. On the diagonal: the own sets. Red: worse than the own
# |   set in most systems; blue: better in most. Bold: clearly higher than the own set; italic: clearly lower.
# | alt: >-
# |   Heat map of the sets made for eight tasks, each judged on eight tasks, with three rows of references below.
# |   The diagonal has no colour. On the density, the kernel regression and the Bayesian network every other set
# |   is clearly worse than the own one; on the posterior only about half of the others are.
from ddlib.plots.matrices import brief, draw_matrix


def draw_sets(sets, others, table):
    """Draw the regrets of all sets, coloured by how they compare with the own ones."""
    regrets = pd.DataFrame({n: one.median() for n, one in {**sets, **others}.items()}).T[names]
    ties = parameters.num_seeds - table["higher"] - table["lower"]
    told = table.assign(better=(table["lower"] + ties / 2) / parameters.num_seeds)
    told = told.pivot(index="set", columns="judged_on", values=["better", "word"])
    shades, words = (told[c].reindex_like(regrets) for c in ("better", "word"))
    fig, axes = plt.subplots(figsize=(WIDTH, 1.9 + 0.26 * len(regrets)))
    image = draw_matrix(
        regrets, axes, verdicts=words, shades=shades.astype(float), limits=(0, 1), fmt=brief
    )
    axes.axhline(len(sets) - 0.5, color="black", lw=0.8)
    axes.set(xlabel="judged on", ylabel="made for, or reference")
    label = "share of systems in which it beats the own set"
    fig.colorbar(image, location="bottom", label=label, shrink=0.8, aspect=40)


draw_sets(few_sets, few_others, few)
plt.show()


# %% tags=["remove-cell"]
def listed(things):
    """Names in a sentence."""
    things = list(things)
    return ", ".join(things[:-1]) + " and " + things[-1] if things[1:] else (things or ["none"])[0]


def put_counts(which, table):
    """Keep how many cells off the diagonal have which word, and on which tasks random sets lose."""
    made, random = table[table["set"].isin(names)], table[table["set"] == BASELINE]
    put(**{f"{which}_cells": len(made), f"tasks_{which}_verdicts": ", ".join(table["word"])})
    for word in ("higher", "lower"):
        put(**{f"{which}_{word}": int((made["word"] == word).sum())})
        put(**{f"{which}_random_{word}": listed(random[random["word"] == word]["judged_on"])})
    undecided = made.loc[made["word"] == "not told apart", "judged_on"]
    put(**{f"{which}_open": len(undecided), f"{which}_open_on": listed(undecided.unique())})


put_counts("few", few)
on_shift = {n: few_sets[n]["covariate shift"].median() for n in ("prediction", "covariate shift")}
put(shift_found=on_shift["prediction"], shift_own=on_shift["covariate shift"])
put(random_control=int(np.log10(few_others[RANDOM_MEAN]["control"].median())))

# %% [markdown]
# There are {glue:text}`few_cells` cells of sets that were made for another task. In {glue:text}`few_higher` of
# them the regret is clearly higher than that of the own set, and in {glue:text}`few_lower` clearly lower. The
# other {glue:text}`few_open` are not told apart: they are judged on {glue:text}`few_open_on`. Where a set of
# another task is clearly higher, the best set depends on the task and not on the data alone.
#
# *Prediction* and *covariate shift* have the same learner and different laws. Judged on covariate shift, the sets
# for prediction have a regret of {glue:text}`shift_found:.2g`, the own sets {glue:text}`shift_own:.2g`. In closed
# form, where the law is known, the best set for prediction has {glue:text}`shift_price:.2g`.
#
# *Validated random* is clearly higher than the own set on these tasks: {glue:text}`few_random_higher`. It is
# clearly lower on {glue:text}`few_random_lower`. So a conflict between tasks does not say that a descent is worth
# its cost on each of them.
#
# *Random, mean* shows why a random set is no yardstick here. In half of the systems its cost of control is above
# the bound by a number of more than {glue:text}`random_control` digits: some of its sets give a regulator with
# which the system runs away. On a scale from that set to all rows, all other sets would look alike.
#
# {numref}`tab-leads-few` has the differences with their intervals. *Closest* is the set of another task with the
# lowest median.


# %% tags=["hide-cell"]
# | label: tab-leads-few
# | fold: "medians and intervals behind the matrix, and the code"
# | caption: >-
# |   Few rows: regret of the own set in the units of the task, and what other sets have more, as the median
# |   difference with its 95 % interval. The last line of a task counts the other sets that are clearly higher.
def difference(line):
    """A median difference with its interval."""
    return line["difference"], line["low"], line["high"]


def leads(sets, table):
    """Per task: its own set's regret, and what the references and the closest other set have more."""
    own, lines = on_own_task(sets), {}
    for name in names:
        against = table[table["judged_on"] == name].set_index("set")
        made = against.loc[[n for n in names if n != name]]
        closest = pd.Series({n: sets[n][name].median() for n in made.index}).idxmin()
        told = {BASELINE: against.loc[BASELINE], f"closest: {closest}": made.loc[closest]}
        head = f"{name}: own set {number(own[name].median(), '.2g')}"
        for other, line in told.items():
            lines[head, other] = {"more than the own set": difference(line), "word": line["word"]}
        count = f"{(made['word'] == 'higher').sum()} of {len(made)} higher"
        lines[head, "all other sets"] = {"more than the own set": np.nan, "word": count}
    return typeset(pd.DataFrame(lines).T.rename_axis(["judged on", "set"]), ".2g")


leads(few_sets, few)

# %% [markdown]
# ## More rows
#
# By {prf:ref}`thm-exact` the task does not matter if the set carries the statistic of the learner. All learners
# here except kernel regression use their rows only through means and second moments. For eight columns nine
# rows are enough. {numref}`fig-tasks-more` is for sets of {glue:text}`more_rows` rows. It has one reference more:
# *moments* is a set that was made for no task, and has the mean and covariance of the training rows.

# %% tags=["hide-input"]
from ddlib.learners.gaussian import GaussianMLE


def moments_regret(seed):
    """The regret of rows with the training rows' mean and covariance, per task."""
    own = draw_tasks(family, generator=stream(seed, f"{family} data"))
    training, exact, num_rows = own["density"].training, GaussianMLE(), parameters.more_rows
    rows = exact.rows_for(exact(training), num_rows, generator=stream(seed, "moments"))
    return {
        name: evaluate(task.learner, rows, task.test) - task.bound(num_rows)
        for name, task in own.items()
    }


more_sets, more_others = regrets_at(parameters.more_rows)
more_others["moments"] = pd.DataFrame({s: moments_regret(s) for s in seeds}).T
more = against_own(more_sets, more_others)

# %% tags=["hide-input"]
# | label: fig-tasks-more
# | caption: >-
# |   As the previous figure, with more rows. The less red there is in a column, the less it matters for which
# |   task a set was made. The set of the last row, *moments*, was made for none.
# | alt: >-
# |   Heat map of the sets made for eight tasks, each judged on eight tasks, with four rows of references below,
# |   the last of them moments. Fewer cells are clearly worse than the own set than with few rows: all on the
# |   density, the kernel regression and the Bayesian network, only two on one state and on control.
draw_sets(more_sets, more_others, more)
plt.show()

# %% tags=["remove-cell"]
put_counts("more", more)
of_moments = more[more["set"] == "moments"].set_index("judged_on")["word"]
apart = {n: (more_others["moments"][n] - more_others[ALL_ROWS][n]).median() for n in names}
put(moments_equal=listed(n for n in names if abs(apart[n]) < 1e-9))
put(moments_density=apart["density"], moments_kernel=apart["kernel regression"])
put(moments_lower=listed(of_moments.index[of_moments == "lower"]))
put(moments_higher=listed(of_moments.index[of_moments == "higher"]))

# %% [markdown]
# Now {glue:text}`more_higher` of the {glue:text}`more_cells` cells of other tasks are clearly higher than the own
# set, and {glue:text}`more_lower` clearly lower. *Validated random* is clearly higher than the own set on
# {glue:text}`more_random_higher`, and clearly lower on {glue:text}`more_random_lower`.
#
# How good is the set of *moments*?
#
# - It equals all rows, up to rounding, on {glue:text}`moments_equal`.
# - On the density it is {glue:text}`moments_density:.2g` nats above all rows: the learner adds a pseudo-row of
#   prior, which weighs more among {glue:text}`more_rows` rows than among all.
# - On kernel regression, whose learner has no such statistic, it is {glue:text}`moments_kernel:.2g` above all
#   rows.
# - It is clearly lower than the own set on {glue:text}`moments_lower`, and clearly higher on
#   {glue:text}`moments_higher`.
#
# So rows that were made for no task serve all learners whose statistic they carry. For other learners the best
# set depends on the task. To know which case applies, one has to know the learner.
#
# {numref}`tab-leads-more` has the differences with their intervals.

# %% tags=["hide-cell"]
# | label: tab-leads-more
# | fold: "medians and intervals behind the matrix, and the code"
# | caption: >-
# |   More rows: regret of the own set in the units of the task, and what other sets have more, as the median
# |   difference with its 95 % interval. The last line of a task counts the other sets that are clearly higher.
leads(more_sets, more)

# %% [markdown]
# ## Exercises
#
# ```{exercise} Without noise
# :label: ex-tasks-noise
#
# In the first matrix, which columns would change if the noise $\sigma$ of {eq}`eq-system` were 0 and all rows
# were noise-free?
# ```
#
# ```{solution} ex-tasks-noise
# All rows would then determine $B$ exactly. But two rows still carry rank two only, so prediction, shift and
# control keep their conflict. For the density the law becomes degenerate: its entropy is $-\infty$, and there
# is no regret to speak of. To try it, change `NOISE_STD` in `ddlib/tasks/other_learners.py`.
# ```
#
# ```{exercise} Three tasks by hand
# :label: ex-tasks-three
#
# Take three tasks that use the same rows: *prediction*, *one state* (the same learner, another criterion) and
# *density* (another learner). Distil {glue:text}`few_rows` rows for each of them on the first system, with 50
# steps, and print the regret of each set on each task. Does it take another learner to make another problem,
# or is another criterion enough?
# ```
#
# ```{solution-start} ex-tasks-three
# ```

# %%
three = ["prediction", "one state", "density"]


def regrets_of(made_for):
    """Return the regret on each of the three tasks of rows that are made for one of them."""
    task, draws = tasks[made_for], torch.Generator().manual_seed(parameters.seed)
    start = task.problem(parameters.few_rows, generator=draws)
    made = distill(start, method, num_steps=50, generator=draws, validation=task.validation)
    bounds = {name: tasks[name].bound(parameters.few_rows) for name in three}
    return {
        name: evaluate(tasks[name].learner, made.rows, tasks[name].test) - bounds[name]
        for name in three
    }


by_hand = pd.DataFrame({name: regrets_of(name) for name in three}).T
print(by_hand.rename_axis("made for").to_string(float_format="{:.3f}".format))

# %% tags=["remove-cell"]
put(hand_own=float(by_hand.loc["prediction", "prediction"]))
put(hand_state=float(by_hand.loc["one state", "prediction"]))
put(hand_density=float(by_hand.loc["prediction", "density"]))
put(hand_density_own=float(by_hand.loc["density", "density"]))

# %% [markdown]
# Another criterion is enough. *Prediction* and *one state* have the same learner. On prediction the set for one
# state has a regret of {glue:text}`hand_state:.3f`, and the own set {glue:text}`hand_own:.3f`.
#
# Another learner makes another problem, too. On density the set for prediction has {glue:text}`hand_density:.3g`
# nats, and the own set {glue:text}`hand_density_own:.3g`. The two tasks have different units, so their regrets
# cannot be compared. And one system is no evidence: {numref}`fig-tasks-few` has {glue:text}`num_seeds` systems.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - One data set and one method give different sets for different tasks. With {glue:text}`few_rows` rows the own
#   set is clearly better than another task's in {glue:text}`few_higher` of {glue:text}`few_cells` cells, and
#   clearly worse in {glue:text}`few_lower`. With {glue:text}`more_rows` rows it is clearly better in
#   {glue:text}`more_higher`, and clearly worse in {glue:text}`more_lower`.
# - A set that is better than those of other tasks need not be better than the best of as many random sets. With
#   {glue:text}`few_rows` rows it clearly is on these tasks: {glue:text}`few_random_higher`.
# - Tasks of one learner conflict while the budget is below the rank that they need together.
# - Different learners can share one exact set if they share a statistic.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/tasks.py PARAMS="num_seeds=6"
# ```
