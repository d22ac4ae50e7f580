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
# # How methods compare
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** how to compare methods of distillation fairly, and how much the best method depends on the
# task.
#
# **You need** [many tasks](tasks.ipynb) and [the known methods](methods.ipynb); medians and the sign test.
# ```
#
# [The last chapter](methods.ipynb) says what each method replaces in a problem of DD. This chapter measures
# what that costs. It runs the methods on the eight {term}`tasks <task>` of [a linear system](tasks.ipynb), on
# tables of measurements, and on handwritten digits. If one ranking of the methods served all tasks, a method
# could be chosen without the task. The paper's thesis is that it cannot.
#
# ````{admonition} Reconstructed
# :class: reconstructed
# The abstract announces an analysis of existing methods. Tasks, budgets, settings and code are ours.
# ````

# %% tags=["parameters"]
num_systems = 20  # linear systems behind the first figure, at least 6
num_draws = 10  # draws of the data behind all else, at least 6
seed = 0  # of the first draw

# %% tags=["hide-input"]
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pydantic import Field

from ddlib.config import Config, Seed
from ddlib.distillers import DISTILLERS
from ddlib.experiments.benchmark import ALL_ROWS, BENCHMARK, RANDOM
from ddlib.runs.compute import collect
from ddlib.runs.grid import read_grid
from ddlib.runs.places import ROOT


class Parameters(Config):
    """What each parameter above may be."""

    num_systems: Annotated[int, Field(strict=True, ge=6)]
    num_draws: Annotated[int, Field(strict=True, ge=6)]
    seed: Seed


parameters = Parameters.from_namespace(globals())


def swept(*names, draws, **wanted):
    """Return the rows of grids for other draws, of the configs that have what is wanted."""
    configs = {}
    for name in names:
        every = read_grid(ROOT / "grids" / f"{name}.yml").configs()[1]
        first = min(config.seed for config in every)
        for config in every:
            fits = all(getattr(config, key) in values for key, values in wanted.items())
            if config.seed == first and fits:
                made = [
                    config.model_copy(update={"seed": parameters.seed + k}) for k in range(draws)
                ]
                configs |= dict.fromkeys(made)
    return collect(BENCHMARK, list(configs))


# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.numbers import number
from ddlib.plots.style import GREY, WIDTH, use_style
from ddlib.plots.tables import typeset

use_style()
glue("num_systems", parameters.num_systems, display=False)
glue("num_draws", parameters.num_draws, display=False)

# %% tags=["hide-input"]
from ddlib.tasks.registry import FAMILIES

OVERLAPS = {name: family.overlap for name, family in FAMILIES.items()}
SYSTEM = "benchmark_transitions_references", "benchmark_transitions"
TABLES = ["benchmark_classes_references", "benchmark_classes"]
NUMBERS = ["benchmark_numbers_references", "benchmark_numbers", "benchmark_numbers_zeroth"]
DIGITS = "benchmark_digits_references", "benchmark_digits"
system = swept(*SYSTEM, draws=parameters.num_systems)
middle = pd.concat(
    [
        swept(*TABLES, draws=parameters.num_draws, task=["logistic"], num_rows=[12]),
        swept(*NUMBERS, draws=parameters.num_draws, num_rows=[10]),
    ]
)
digits = swept(*DIGITS, draws=parameters.num_draws, num_rows=[10])

# %% [markdown]
# (which-method)=
# ## Which method for which task
#
# {numref}`tab-firsts` has the best method of each task and table of this chapter, what its sets are worth, and
# which method is second. The *baseline* is the best of as many random sets as a method looks at. The *regret* of
# a set is its value less the optimum.

# %% tags=["hide-input"]
# | label: tab-firsts
# | caption: >-
# |   The best method of each task, its value with a 95 % interval (lower is better), and the second: is it told
# |   apart from the best, adjusted for all lines? Medians over systems or draws; means over re-splits of a table.
from ddlib.benchmark.firsts import first_places
from ddlib.plots.tables import interval

firsts = first_places(pd.concat([system, middle, digits]), OVERLAPS)
RATIOS = "Linear system, 4 rows: regret, per cent of the baseline’s"
SHARES = "Classes, 10 or 12 rows: wrong rows less those of the baseline, points"
ERRORS = "Diabetes, 10 rows: root mean squared error less that of the baseline"
UNITS = {"transitions held out": (RATIOS, 100, ".2g"), "diabetes": (ERRORS, 1, "+.1f")}
OF_CLASSES = SHARES, 100, "+.1f"


SOFT = {
    "discrepancy": "discrep\u00adancy",
    "prediction": "predic\u00adtion",
    "regression": "regres\u00adsion",
}


def hyphenated(name):
    """A name whose longest words may break on a phone."""
    for word, syllables in SOFT.items():
        name = name.replace(word, syllables)
    return name


def first_line(line):
    """A line of the table, from that of a task."""
    unit, scale, spec = UNITS.get(line["family"], OF_CLASSES)
    told = "no" if line["verdict"] == "not told apart" else "yes"
    one_of_many = line["family"] in UNITS
    value = interval(*(scale * line[end] for end in ("score", "low", "high")), spec)
    return {
        "unit": unit,
        "task": hyphenated(line["task"] if one_of_many else line["family"]),
        "best method": hyphenated(line["method"]),
        "value": value.replace(" to ", "\u00a0to\u00a0"),  # on a phone it breaks before the bracket
        "second: told apart?": f"{line['second']}: {told}",
    }


listed = pd.DataFrame([first_line(line) for line in firsts.to_dict("records")])
listed = listed.set_index(["unit", "task"]).loc[[RATIOS, SHARES, ERRORS]]
typeset(listed)

# %% tags=["remove-cell"]
level = np.where(firsts["measure"] == "ratio", 1.0, 0.0)
glue("firsts_lines", len(firsts), display=False)
glue("firsts_told", int((firsts["verdict"] == "better").sum()), display=False)
glue("firsts_ahead", int((firsts["high"] < level).sum()), display=False)
of_system = firsts[firsts["measure"] == "ratio"]
glue("firsts_ahead_system", int((of_system["high"] < 1.0).sum()), display=False)
glue("firsts_system", len(of_system), display=False)

# %% [markdown]
# - *How sure is the first place?* The best method is told apart from the second in {glue:text}`firsts_told` of
#   {glue:text}`firsts_lines` lines. In the others either of the two may be the better one. The draws that give
#   the value also chose the best method, so the value is a little too good.
# - *How sure is the lead over the baseline?* The whole interval is on the better side in
#   {glue:text}`firsts_ahead` lines, on the linear system in {glue:text}`firsts_ahead_system` of
#   {glue:text}`firsts_system`.
# - *What if my task is another one?* Most methods in first place do not apply to every task. Of those that apply
#   to all {glue:text}`firsts_system` tasks of the linear system, {glue:text}`everywhere_name` is the best on
#   {glue:text}`everywhere_first`. It descends the task's own criterion through the learner, and needs a gradient.
#   Of the others {glue:text}`otherwise_name` is the best on {glue:text}`otherwise_first`.
# - *What if a method may see neither learner nor criterion?* Of such methods {glue:text}`untold_name` is the best
#   on {glue:text}`untold_first` tasks.
#
# Your own task may differ. `.venv/bin/ddlib distil` with `--method auto` lets validation rows of your table
# choose the method.
#
# ## The rules
#
# A comparison of methods is a comparison of {term}`budgets <budget>`, unless these are equal. The rules are
# those of [our protocol](../book/protocol.md). For this chapter they say:
#
# - *Same steps.* Each method takes 100 steps in all. A descent tries two step sizes (0.02 and 0.1, with Adam)
#   and shares the steps between them.
# - *Same looks.* Each descent looks at validation rows 20 times and keeps the set that was best there. One-shot
#   methods never use validation rows.
# - *Same start.* All descents of a draw start from the same random rows.
# - *The baseline.* {term}`Validated random <validated random>` is the best of as many random sets as a descent
#   has looks, judged on the same validation rows. It needs no gradient. A method that does not beat it has not
#   earned its cost.
# - *Test rows choose nothing.* They are used once, for the numbers below. For the linear system the test is the
#   law itself.
# - *One statistic.* Methods are compared draw by draw. Where each draw has data of its own, we report the median
#   difference and use the sign test. Where draws re-split one table, we report the mean difference and use a test
#   that allows for shared rows {cite:p}`nadeau2003inference`. The words "better" and "worse" are adjusted for all
#   cells of a figure {cite:p}`holm1979simple`.
#
# A command prints the same tables for other tasks, budgets or methods:
#
# ```
# .venv/bin/ddlib benchmark --family wine --rows 30 \
#   --method k-means --method BPTT
# ```
#
# A method of your own is a class in a file of yours. The README shows one, `Jitter` in `my_module.py`. From the
# folder of that file, add `--method my_module:Jitter`. In Python, `standings` makes a line per task, budget and
# method from the rows of a sweep ({numref}`tab-standings`).

# %% tags=["hide-cell"]
# | label: tab-standings
# | fold: "standings in Python: an example"
# | caption: >-
# |   The first standings of the task of prediction, four rows. Difference: to the best of as many random sets, in
# |   the unit of the value; wins: systems in which the method is at least as good.
from ddlib.benchmark.tables import standings

table = standings(system, OVERLAPS)
columns = ["value", "difference", "verdict", "wins", "regret"]
first = table[table["task"] == "prediction"].head(4).set_index("method")[columns]
typeset(first, {"value": ".3f", "difference": "+.3f", "wins": ".0f", "regret": ".3f"})

# %% [markdown]
# ## Where the optimum is known
#
# For the tasks of the linear system, theory gives a lower bound for all sets of [$m$](#symbol-budget) rows
# ({prf:ref}`thm-ridge`, or the entropy of the law). So we can measure the {term}`regret` of a set, and not only
# which of two sets is better. We divide it by the regret of the best of as many random sets $S_0$ on the same
# system:
#
# $$
# \rho=\frac{F(S)-\text{bound}}{F(S_0)-\text{bound}} .
# $$ (eq-regret-ratio)
#
# At $\rho=0$ the set is optimal. At $\rho=1$ it is as good as choosing among random sets, and at $\rho=10$ it is
# ten times as far from the optimum. {numref}`fig-methods` has the median of $\rho$ over {glue:text}`num_systems`
# systems, for sets of four rows. You can [sort it by a task](explore.ipynb).

# %% tags=["hide-input"]
from ddlib.benchmark.regrets import regret_ratios
from ddlib.plots.matrices import brief, draw_matrix

WORDS = {"better": "higher", "worse": "lower"}  # as a heat map calls them


def matrix_of(rows):
    """The median ratio of regrets of each method and task, and the words of the standings."""
    ratios = regret_ratios(rows)
    medians = ratios.groupby(["method", "task"])["ratio"].median().unstack()
    words = standings(rows, OVERLAPS).pivot(index="method", columns="task", values="verdict")
    order = medians.drop(index="validated random").median(axis=1).sort_values().index
    tasks = list(FAMILIES["transitions held out"].tasks)
    words = words.reindex(index=order, columns=tasks).replace(WORDS)
    return medians.loc[order, tasks], words


ratios, words = matrix_of(system)

# %% tags=["hide-input"]
# | label: fig-methods
# | caption: >-
# |   Regret of sets of four rows, in regrets of the best of as many random sets; median over the systems. Blue
# |   is nearer to the optimum than this baseline, red is farther away. Bold: better than the baseline in the
# |   sign test; italic: worse; else not told apart. A dash: the method does not apply.
# | alt: >-
# |   Heat map of methods by tasks. Exact, label only, the pseudo-coreset, first-order and kernel inducing points
# |   are blue in most columns where they apply. Herding and the random subset are red in every column. Matching
# |   methods are pale in most columns.
fig, axes = plt.subplots(figsize=(WIDTH, 1.1 * WIDTH))
image = draw_matrix(
    ratios,
    axes,
    verdicts=words,
    shades=-np.log10(ratios),
    limits=(-2.0, 2.0),
    fmt=lambda ratio: brief(ratio, 99),
)
bar = fig.colorbar(image, location="bottom", shrink=0.6, ticks=range(-2, 3))
bar.set_label("regret, in regrets of the baseline")
bar.set_ticklabels(["100", "10", "1", "0.1", "0.01"])
plt.show()

# %% tags=["remove-cell"]
from ddlib.benchmark.groups import KEEP, NEITHER, of_group

blind = ratios.loc[of_group(NEITHER, ratios.index)]
everywhere = ratios.dropna()
others = everywhere.drop(index="first-order")
groups = {"everywhere": everywhere, "otherwise": others, "untold": everywhere.loc[blind.index]}
for key, among in groups.items():
    first_of = among.idxmin().value_counts()
    glue(f"{key}_name", first_of.index[0], display=False)
    glue(f"{key}_first", int(first_of.iloc[0]), display=False)
glue("blind_methods", len(blind), display=False)
better = words.eq("higher")
for name in ["first-order", "random"]:
    key = name.replace("-", "_")
    glue(f"{key}_better", int(better.loc[name].sum()), display=False)
    glue(f"{key}_worse", int(words.loc[name].eq("lower").sum()), display=False)
    glue(f"{key}_columns", int(ratios.loc[name].notna().sum()), display=False)
glue("kip_prediction", float(ratios.loc["kernel inducing points", "prediction"]), display=False)
glue("kip_posterior", float(ratios.loc["kernel inducing points", "posterior"]), display=False)
keeping = better.loc[of_group(KEEP, ratios.index)]
glue("keep_better", int(keeping.sum().sum()), display=False)
glue("keep_cells", int(ratios.loc[keeping.index].notna().sum().sum()), display=False)
glue("blind_better", int(better.loc[blind.index].sum().sum()), display=False)
glue("blind_cells", int(blind.notna().sum().sum()), display=False)
glue("methods_verdicts", ", ".join(words.where(ratios.notna()).stack().dropna()), display=False)

# %% [markdown]
# - *First-order descent* uses the task's own {term}`learner` and {term}`criterion`. It is better than the
#   baseline in {glue:text}`first_order_better` of {glue:text}`first_order_columns` tasks.
# - *Kernel inducing points* use a linear kernel. For prediction that is the task's own learner, and their regret
#   is {glue:text}`kip_prediction:.2g` of the baseline's. The posterior has another learner, and there it is
#   {glue:text}`kip_posterior:.2g`.
# - {glue:text}`blind_methods` *methods see neither learner nor criterion*: herding, k-center, class means,
#   k-means, leverage scores, and the three that match a distribution. They are better than the baseline in
#   {glue:text}`blind_better` of {glue:text}`blind_cells` cells. Kernel inducing points are not counted here: they
#   bring a learner and a criterion of their own.
# - *A single random set* is worse than the best of 20 on {glue:text}`random_worse` of
#   {glue:text}`random_columns` tasks. So a method that beats a random set may have won by its looks at validation
#   rows alone.
#
# Some methods do not apply to a task, and some fail on it. {numref}`tab-refusals` has the reasons.

# %% tags=["hide-cell"]
# | label: tab-refusals
# | fold: "methods that do not apply or fail, and why"
# | caption: >-
# |   Methods that do not apply to a task, or fail on it, by the reason that the library gives.
lost = table[table["note"] != ""].assign(where=table["method"] + ", " + table["task"])
reasons = lost.groupby("note", sort=False)["where"].agg("; ".join).reset_index()
typeset(
    reasons.set_index("where").rename_axis("method and task").rename(columns={"note": "reason"})
)

# %% [markdown]
# ### Why not the gap closed
#
# The {term}`gap closed` {eq}`eq-gap` is 0 for a random set and 1 for all rows. For some tasks a random set of
# few rows is very bad. Then every other set closes nearly all of the gap, and the number no longer tells them
# apart. {numref}`tab-gap` has both numbers for control, where a random set can make the system run away.

# %% tags=["hide-input"]
# | label: tab-gap
# | caption: >-
# |   Control with sets of four rows: the regret is the cost above the bound, the gap closed hides it.
control = table[table["task"] == "control"].set_index("method")
gap = (control["value"][RANDOM] - control["value"]) / (
    control["value"][RANDOM] - control["value"][ALL_ROWS]
)
shown = [RANDOM, "herding", "k-means", "validated random", "exact", ALL_ROWS]
both = pd.DataFrame({"cost above the bound": control["regret"], "gap closed": gap}).loc[shown]
typeset(both.rename_axis("method"), {"cost above the bound": ".3g", "gap closed": ".4f"})

# %% [markdown]
# ## Over the budget of rows
#
# A ranking at one budget need not hold at another. {numref}`fig-more-rows` has the regret of some methods with
# 2, 4 and 12 rows, on {glue:text}`num_draws` systems.

# %% tags=["hide-input"]
# | label: fig-more-rows
# | caption: >-
# |   Regret over the budget of rows, median and quartiles over the systems, on logarithmic axes. Where a line
# |   rises, sets of more rows are worse.
# | alt: >-
# |   Eight panels, one per task, with a line per method over 2, 4 and 12 rows. For prediction and posterior the
# |   line of first-order descent falls far below that of the baseline. For control all lines lie close together.
from ddlib.plots.curves import panels, plain_decades, plot_medians

SHOWN = ["validated random", "k-means", "gradient matching", "BPTT", "first-order"]
SIZED = "benchmark_transitions_rows_references", "benchmark_transitions_rows"
sized = swept(*SYSTEM, *SIZED, draws=parameters.num_draws)
regrets = regret_ratios(sized)
COLUMNS = list(FAMILIES["transitions held out"].tasks)
fig, axes_of = panels(len(COLUMNS), height=0.42 * WIDTH)
for axes, task in zip(axes_of, COLUMNS, strict=True):
    part = regrets[(regrets["task"] == task) & regrets["method"].isin(SHOWN)]
    plot_medians(part, axes, x="num_rows", y="regret", by="method", order=SHOWN)
    axes.set(xscale="log", yscale="log", title=task, xlabel="rows")
    axes.set_xticks([2, 4, 12], ["2", "4", "12"])
    axes.minorticks_off()
    plain_decades(axes.yaxis)
for axes in axes_of[::2]:
    axes.set_ylabel("regret")
lines = axes_of[1].get_legend_handles_labels()
fig.legend(*lines, loc="outside upper center", ncols=3)
plt.show()

# %% [markdown]
# For the posterior all methods are alike at two rows and far apart at four. For the density BPTT and first-order
# descent come close to the optimum only at twelve rows.
#
# *More rows do not always help.* Of {glue:text}`rise_cells` pairs of a task and a method, the median regret rises
# in {glue:text}`rise_4` from two to four rows, and in {glue:text}`rise_12` from four to twelve. The figure shows
# regrets, not ratios, so the baseline is not the cause. For two of the tasks, the Bayesian network and the
# posterior, the learner is the cause: {numref}`tab-rise` has the same rise with random rows. For the other tasks
# we do not know the cause.

# %% tags=["hide-input"]
# | label: tab-rise
# | caption: >-
# |   Random rows over their number: median regret of two learners, and the mean number of arcs of the network.
from ddlib.streams import stream
from ddlib.tasks.transitions import draw_transitions

SIZES = (2, 3, 4, 5, 6, 8, 12)
RISING = ("Bayesian network", "posterior")


def random_regrets(seed):
    """Regrets of random rows of one system, and the arcs of the network, by their number."""
    generator = stream(seed, "random rows over their number")
    data = draw_transitions(generator=generator)
    tasks = data.held_out_tasks()
    lines = []
    for size in SIZES:
        rows = data.training[:size]  # drawn independently
        models = {name: tasks[name].learner(rows, generator=generator) for name in RISING}
        line = {
            name: tasks[name].test(model).item() - tasks[name].bound(size)
            for name, model in models.items()
        }
        structure = models["Bayesian network"].structure
        arcs = sum(int(part.count_nonzero()) for part in structure)
        lines.append(line | {"rows": size, "arcs": arcs})
    return lines


systems = range(parameters.seed, parameters.seed + parameters.num_systems)
rising = pd.DataFrame([line for seed in systems for line in random_regrets(seed)])
by_size = rising.groupby("rows")[list(RISING)].median()
by_size["arcs"] = rising.groupby("rows")["arcs"].mean()
typeset(by_size, {**dict.fromkeys(RISING, ".3g"), "arcs": ".1f"})

# %% tags=["remove-cell"]
medians_of = regrets.groupby(["task", "method", "num_rows"])["regret"].median().unstack()
rise = medians_of.dropna()
glue("rise_cells", len(rise), display=False)
glue("rise_4", int((rise[4] > rise[2]).sum()), display=False)
glue("rise_12", int((rise[12] > rise[4]).sum()), display=False)
network = rise.loc["Bayesian network"]
glue("rise_network", int((network[4] > network[2]).sum()), display=False)
glue("rise_network_cells", len(network), display=False)
of_posterior = rise.loc["posterior"]
glue("rise_posterior", int((of_posterior[4] > of_posterior[2]).sum()), display=False)
glue("rise_posterior_cells", len(of_posterior), display=False)
glue("peak_posterior", int(by_size["posterior"].idxmax()), display=False)
for size in (2, 4):
    glue(f"arcs_{size}", float(by_size.loc[size, "arcs"]), display=False)

# %% [markdown]
# - *The Bayesian network.* The regret rises from two to four rows with {glue:text}`rise_network` of
#   {glue:text}`rise_network_cells` methods. A variable may have at most as many parents as there are rows, less
#   two. So two rows give {glue:text}`arcs_2:.0f` arcs, and four rows {glue:text}`arcs_4:.1f` on average. The
#   learner is told that the rows stand for all training rows, so it takes arcs that four rows cannot support.
# - *The posterior.* The regret rises with {glue:text}`rise_posterior` of {glue:text}`rise_posterior_cells`
#   methods. The regression has four inputs, and its few rows count as all training rows, too. Random rows are at
#   their worst at {glue:text}`peak_posterior` rows: there the fit goes through nearly every row, with its noise.
#
# *Does a lead at one budget last at another?* We speak of a lead of a method on a task if its regret is below
# that of the baseline in nine of ten systems. {numref}`tab-more-rows` counts the leads of every method.

# %% tags=["hide-cell"]
# | label: tab-more-rows
# | fold: "leads of each method at three budgets"
# | caption: >-
# |   Tasks of the linear system on which a method is below the baseline's regret in at least nine of ten systems,
# |   of the tasks that it applies to, by the budget of rows.
below = regrets[regrets["method"] != "validated random"].assign(below=lambda t: t["ratio"] < 1)
shares = below.groupby(["method", "task", "num_rows"])["below"].mean()
led = shares.ge(0.9).groupby(["method", "num_rows"]).agg(["sum", "size"])
led["tasks"] = led["sum"].astype(str) + " of " + led["size"].astype(str)
order = led["sum"].groupby("method").sum().sort_values(ascending=False, kind="stable").index
by_rows = led["tasks"].unstack(fill_value="–").loc[order]
typeset(by_rows.rename(columns="{} rows".format).rename_axis(columns=None))

# %% tags=["remove-cell"]
wide = shares.ge(0.9).unstack(fill_value=False)
glue("kept_12", int((wide[4] & wide[12]).sum()), display=False)
leads_at = led["sum"].unstack(fill_value=0)
for rows in (2, 4, 12):
    glue(f"led_{rows}", int(leads_at[rows].sum()), display=False)
    glue(f"cells_{rows}", int(led["size"].unstack(fill_value=0)[rows].sum()), display=False)

# %% [markdown]
# - With two rows there is a lead in {glue:text}`led_2` of {glue:text}`cells_2` pairs of a method and a task.
# - With four rows there is one in {glue:text}`led_4` of {glue:text}`cells_4`, and {glue:text}`kept_12` of these
#   are leads at twelve rows, too.
# - With twelve rows there is one in {glue:text}`led_12` of {glue:text}`cells_12`.
#
# So four rows say much about twelve. Two rows are different: few methods lead there.
#
# ## Does one ranking serve all tasks?
#
# If one ranking did, the rank correlation of the methods between any two tasks would be near 1.
# {numref}`fig-ranks` has it for all pairs of tasks, over the methods that apply to both, with four rows. The
# intervals come from sampling the systems with replacement.

# %% tags=["hide-input"]
# | label: fig-ranks
# | caption: >-
# |   Spearman's rank correlation of the methods between two tasks, with 95 % intervals over the systems. At 1
# |   both tasks rank the methods alike. Dotted: 0.9.
# | alt: >-
# |   A dot with an interval for each pair of tasks, sorted. Pairs of prediction, one state, covariate shift and
# |   kernel regression are near 1. Pairs with the density, the posterior or the Bayesian network are lower.
from ddlib.benchmark.ranks import rank_correlations

ranks = rank_correlations(system, OVERLAPS).sort_values("correlation")
fig, axes = plt.subplots(figsize=(WIDTH, 0.19 * len(ranks) + 0.6))
places = np.arange(len(ranks))
axes.hlines(places, ranks["low"], ranks["high"], color=GREY, linewidth=1)
axes.plot(ranks["correlation"], places, "o", markersize=4)
axes.axvline(0.9, color=GREY, linestyle=":", linewidth=1.2, label="_high")
axes.set_yticks(places, ranks["first"] + " – " + ranks["second"])
axes.set(xlabel="rank correlation", xlim=(min(-0.1, ranks["low"].min() - 0.05), 1.02))
axes.grid(axis="y", visible=False)
plt.show()

# %% tags=["remove-cell"]
least = ranks.iloc[0]
glue("rank_least", float(least["correlation"]), display=False)
glue("rank_least_pair", f"{least['first']} and {least['second']}", display=False)
glue("rank_least_low", float(least["low"]), display=False)
glue("rank_least_high", float(least["high"]), display=False)
glue("rank_below", int((ranks["high"] < 0.9).sum()), display=False)
glue("rank_pairs", len(ranks), display=False)

# %% [markdown]
# The lowest correlation is {glue:text}`rank_least:.2f`, between {glue:text}`rank_least_pair` (95 % interval
# {glue:text}`rank_least_low:.2f` to {glue:text}`rank_least_high:.2f`). In {glue:text}`rank_below` of
# {glue:text}`rank_pairs` pairs the whole interval is below 0.9. So one *ranking* does not serve all tasks.
#
# The *first place* changes less. Of the methods that apply to all tasks, {glue:text}`everywhere_name` is first on
# {glue:text}`everywhere_first` of {glue:text}`firsts_system`. The rankings differ further down. So the best
# method of another task is often the best method of this one, too, and then the choice makes no difference.
# {ref}`The page of claims <claim-heuristic>` tests such choices.
#
# ## Tables of measurements
#
# Three tables are scikit-learn's {cite:p}`pedregosa2011scikit`: wine and breast cancer, where classes are
# predicted, and diabetes, where a number is. The others are a trial of a liver disease from case study 1, and two
# moons, whose points are drawn anew each time. The learner of classes is logistic regression. Diabetes has three
# learners: ridge regression, kernel ridge regression, and a network, which is judged over three trainings.
#
# No bound is known for these tasks, so there is no regret. {numref}`fig-tables` counts the draws in which a
# method is at least as good as the baseline.

# %% tags=["hide-input"]
measured = standings(middle, OVERLAPS)
compared = measured[measured["p_value"].notna()].copy()
compared["where"] = compared["family"] + ", " + compared["task"]
order = compared["where"].unique()
wins = compared.pivot(index="method", columns="where", values="wins")[order]
by_coverage = pd.DataFrame({"columns": wins.notna().sum(axis=1), "mean": wins.mean(axis=1)})
wins = wins.loc[by_coverage.sort_values(["columns", "mean"], ascending=False).index]

# %% tags=["hide-input"]
# | label: fig-tables
# | caption: >-
# |   In how many draws of the data a set is at least as good as the best of as many random sets. Blue: in
# |   most; red: in few. Twelve rows, for diabetes ten. A dash: the method was not run or does not apply. Methods
# |   with the same number of values stand together, the highest mean first.
# | alt: >-
# |   Heat map of methods by tables and learners. On diabetes most descents are at least as good in all draws.
# |   On the liver trial few methods are. Random rows and leverage scores are low in most columns.
fig, axes = plt.subplots(figsize=(WIDTH, 1.15 * WIDTH))
image = draw_matrix(wins, axes, limits=(0.0, float(parameters.num_draws)), fmt="{:.0f}")
fig.colorbar(image, location="bottom", shrink=0.6).set_label("draws")
plt.show()

# %% tags=["remove-cell"]
blind_wins = wins.loc[of_group(NEITHER, wins.index)]
often = wins.ge(0.9 * parameters.num_draws)
glue("tables_told", int((compared["verdict"] != "not told apart").sum()), display=False)
glue("tables_cells", int(wins.notna().sum().sum()), display=False)
glue("tables_often", int(often.sum().sum()), display=False)
diabetes = [place for place in order if place.startswith("diabetes")]
glue("diabetes_often", int(often[diabetes].sum().sum()), display=False)
glue("k_means_place", 1 + list(blind_wins.index).index("k-means"), display=False)
glue("num_blind", len(blind_wins), display=False)

# %% [markdown]
# In {glue:text}`tables_often` of {glue:text}`tables_cells` cells a method is at least as good in nine of ten
# draws; {glue:text}`diabetes_often` of these are on diabetes. This is no test, because re-splits of a table
# share rows. The test that allows for this tells {glue:text}`tables_told` of the cells apart from the baseline,
# after the adjustment. So re-splits of one small table say little, and a ranking made of such numbers says no
# more.
#
# Among the {glue:text}`num_blind` methods that see neither learner nor criterion, *k-means* is number
# {glue:text}`k_means_place` by the mean number of draws. {cite:t}`kang2025learning` also found k-means to be
# strong on tables.
#
# ### Over the budget of rows
#
# {numref}`fig-table-budgets` has the error over the number of rows, for four methods.

# %% tags=["hide-input"]
# | label: fig-table-budgets
# | caption: >-
# |   Error on test rows over the budget of rows, mean over the draws with its 95 % interval for re-splits, cut at
# |   zero. Dashed: the error with all training rows. Compare how far
# |   apart the lines are at each budget.
# | alt: >-
# |   Four panels, one per table, with a line per method over three budgets of rows and a dashed line for all
# |   training rows. The lines come closer together as rows are added; most intervals overlap.
from ddlib.plots.described import describe
from ddlib.plots.methods import color_of

LINES = ["validated random", "k-means", "kernel inducing points", "first-order"]
PANELS = {
    "wine": "logistic", "breast cancer": "logistic", "liver trial": "logistic", "diabetes": "ridge"
}  # fmt: skip
everything = standings(
    pd.concat(
        [
            swept(*TABLES, draws=parameters.num_draws, task=["logistic"]),
            swept(*NUMBERS, draws=parameters.num_draws, task=["ridge"]),
        ]
    ),
    OVERLAPS,
)


def draw_budgets(axes, family, task):
    """Draw the error of some methods over the rows, each with its interval."""
    own = everything[(everything["family"] == family) & (everything["task"] == task)]
    for k, method in enumerate(LINES):
        line = own[own["method"] == method].sort_values("num_rows")
        at = line["num_rows"] * 1.04**k  # side by side
        low = line["low"].clip(lower=0.0)  # no error is below 0, but a symmetric interval may be
        ends = [line["value"] - low, line["high"] - line["value"]]
        look = {"color": color_of(method), "marker": "o", "markersize": 3, "lw": 1}
        bars = axes.errorbar(at, line["value"], ends, label=method, **look)
        describe(bars[0], {"horizontal": line["num_rows"]})
    whole = own.loc[own["method"] == ALL_ROWS, "value"].iloc[0]
    axes.axhline(whole, color="black", linestyle="--", linewidth=1, label="all rows")
    sizes = sorted(own["num_rows"].unique())
    axes.set(xscale="log", xlabel="rows", title=f"{family}, {task}")
    axes.set_xticks(sizes, sizes)
    axes.minorticks_off()


fig, axes_of = panels(len(PANELS), height=0.42 * WIDTH)
for axes, (family, task) in zip(axes_of, PANELS.items(), strict=True):
    draw_budgets(axes, family, task)
axes_of[0].set_ylabel("share of wrong rows")
axes_of[2].set_ylabel("share of wrong rows")
axes_of[3].set_ylabel("root mean\nsquared error")
fig.legend(*axes_of[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

# %% tags=["remove-cell"]
shown = everything[everything["method"].isin(LINES) & everything["family"].isin(PANELS)]
ends = shown.groupby(["family", "num_rows"])["value"].agg(["min", "max"])
spread = (ends["max"] - ends["min"]).groupby("family").agg(["first", "last"])
glue("spread_narrower", int((spread["last"] < spread["first"]).sum()), display=False)
glue("spread_tables", len(PANELS), display=False)
gap = spread["last"] / spread["first"]
glue("spread_ratio", float(gap[list(PANELS)].median()), display=False)

# %% [markdown]
# With more rows the methods come closer together. The spread between the best and the worst of these lines is
# narrower at the largest budget than at the smallest in {glue:text}`spread_narrower` of
# {glue:text}`spread_tables` tables; the median ratio of the two spreads is {glue:text}`spread_ratio:.2f`. So a
# method matters most where rows are few.
#
# ### Labels that are learnt
#
# The rows above have fixed classes. If labels are free, a row can say "60 per cent class A".
# {numref}`tab-labels` has the error with fixed and with free labels.

# %% tags=["hide-cell"]
# | label: tab-labels
# | fold: "errors with fixed and with free labels"
# | caption: >-
# |   Share of wrong test rows with fixed and with free labels, mean over the draws; logistic regression, six
# |   rows.
free = swept("benchmark_labels", draws=parameters.num_draws, task=["logistic"])
fixed = swept(
    "benchmark_classes", draws=parameters.num_draws, task=["logistic"], num_rows=[6],
    method=list(free["method"].unique()),
)  # fmt: skip
KINDS = {"fixed": fixed, "free": free}
lines = {
    kind: standings(rows, OVERLAPS).set_index(["family", "method"])["value"]
    for kind, rows in KINDS.items()
}
labels = (
    pd.DataFrame(lines).dropna().sort_index(level="family", kind="stable", sort_remaining=False)
)
typeset(labels.rename(columns="{} labels".format), ".3f")

# %% tags=["remove-cell"]
both = pd.DataFrame(lines).dropna().drop(index="validated random", level="method")
glue("labels_pairs", len(both), display=False)
glue("labels_free_lower", int((both["free"] < both["fixed"]).sum()), display=False)

# %% [markdown]
# A random row keeps its label, so the baseline is the same in both. For the other methods free labels have the
# lower mean error in {glue:text}`labels_free_lower` of {glue:text}`labels_pairs` pairs of a table and a method.
#
# ## Other learners
#
# A set that was made for one learner can be given to another. {numref}`fig-transfer` has what this costs on
# diabetes, for all pairs of its three learners. It compares the error with a set that was made for another
# learner with the error with a set that the same method made for this one. Methods that replace the learner are
# left out.

# %% tags=["hide-input"]
from ddlib.benchmark.draws import adjusted, compared as comparison
from ddlib.benchmark.tables import scores

own = scores(middle[middle["family"] == "diabetes"])
own = own.pivot_table(index="seed", columns=["method", "task", "judged_on"], values="value")
lines = []
for method, made, judged in own.columns:
    sees = method in DISTILLERS and "learner" not in DISTILLERS[method].departs
    if sees and made != judged and (method, judged, judged) in own:
        ratio = np.log(own[method, made, judged] / own[method, judged, judged]).dropna()
        line = {"method": method, "pair": f"{made} to {judged}"}
        lines.append(line | comparison(ratio, OVERLAPS["diabetes"]))
passed = adjusted(pd.DataFrame(lines))
passed["percent"] = 100 * (np.exp(passed["difference"]) - 1)
cost = passed.pivot(index="method", columns="pair", values="percent")
marks = passed.pivot(index="method", columns="pair", values="verdict").replace(WORDS)

# %% tags=["hide-input"]
# | label: fig-transfer
# | caption: >-
# |   What a set that was made for another learner costs, in per cent of the error with a set that was made for
# |   the learner: geometric mean over the draws. Red: the set of another learner is worse. Diabetes, ten rows.
# |   Italic: worse in the test; bold: better; else not told apart.
# | alt: >-
# |   Heat map of methods by pairs of learners. Most numbers are above zero; the largest are those of sets that
# |   are given to ridge regression.
fig, axes = plt.subplots(figsize=(WIDTH, 0.6 * WIDTH))
draw_matrix(
    cost, axes, verdicts=marks, shades=-cost, limits=(-20.0, 20.0), fmt=lambda x: number(x, "+.0f")
)
axes.set(xlabel="made for, and given to", ylabel="method")
plt.show()

# %% tags=["remove-cell"]
glue("transfer_cells", len(passed), display=False)
glue("transfer_above", int((passed["percent"] > 0).sum()), display=False)
glue("transfer_told", int((passed["verdict"] == "worse").sum()), display=False)
to_ridge = passed.loc[passed["pair"].str.endswith("to ridge"), "percent"]
glue("to_ridge_most", float(to_ridge.max()), display=False)
to_network = passed.loc[passed["pair"].str.endswith("to network"), "percent"]
glue("to_network_most", float(to_network.max()), display=False)

# %% [markdown]
# In {glue:text}`transfer_above` of {glue:text}`transfer_cells` cells the mean is above 0: the set of another
# learner is worse than the own one. After the adjustment {glue:text}`transfer_told` of them are told apart. The
# cost depends on the learner that takes the set. For ridge regression it is up to {glue:text}`to_ridge_most:.0f`
# per cent, and for the network at most {glue:text}`to_network_most:.0f` per cent.
#
# If a set is to serve several learners, the problem can say so: let [$\learner$](#symbol-learner) draw one of
# them at random, as part of [$\xi$](#symbol-randomness).
#
# ## Handwritten digits
#
# The data are scikit-learn's digits, 8 × 8 pixels, with 1000 training rows. Sets of one row per class are made
# for a perceptron with 32 hidden units, and are then given to three other learners. The step size of each learner
# is chosen on the validation rows of each draw. {numref}`fig-digits` has the accuracy with these sets, less that
# with the baseline.

# %% tags=["hide-input"]
from ddlib.benchmark.leads import leads

told = leads(digits, OVERLAPS)
told = told[told["task"] == "perceptron"].assign(lead=lambda t: -100 * t["difference"])
judges = ["perceptron", "deep perceptron", "convolutional", "logistic regression"]
lead = told.pivot(index="method", columns="judged_on", values="lead")[judges]
lead = lead.loc[lead["perceptron"].sort_values(ascending=False).index]
marks = told.pivot(index="method", columns="judged_on", values="verdict").replace(WORDS)

# %% tags=["hide-input"]
# | label: fig-digits
# | caption: >-
# |   Accuracy on test images less that of the best of as many random sets (the baseline), in percentage points,
# |   mean over the draws. Columns: the learner that takes the sets; all sets are made for the perceptron. Blue:
# |   above the baseline. Bold: better in the test; italic: worse; else not told apart.
# | alt: >-
# |   Heat map of methods by four learners, the perceptron first. Rows near the top are blue on all four.
fig, axes = plt.subplots(figsize=(WIDTH, WIDTH))
draw_matrix(
    lead,
    axes,
    verdicts=marks.loc[lead.index, judges],
    limits=(-20.0, 20.0),
    fmt=lambda x: number(x, "+.1f"),
)
plt.show()

# %% [markdown]
# {numref}`tab-digits` has the accuracies that such a lead starts from, and what all training rows give.

# %% tags=["hide-input"]
# | label: tab-digits
# | caption: >-
# |   Accuracy on test images in per cent, by the learner that takes the rows: mean over the draws.
plain = scores(digits)
plain = plain[plain["method"].isin([ALL_ROWS, RANDOM, "validated random"])]
accuracy = 100 - 100 * plain.groupby(["method", "judged_on"])["value"].mean().unstack()
typeset(accuracy[judges].T.rename_axis(index="learner", columns=None), ".1f")

# %% [markdown]
# *Does a set specialise on its learner?* BPTT makes its sets for the perceptron, through the perceptron's own
# training. {numref}`fig-specialise` has its lead over the baseline there and on the other learners, beside the
# leads of two other methods.

# %% tags=["hide-input"]
# | label: fig-specialise
# | caption: >-
# |   Lead over the best of as many random sets in percentage points, with its 95 % interval, by the learner that
# |   takes the set. All sets are made for the perceptron. A set that specialised would lead by more there.
# | alt: >-
# |   Four groups of three dots with intervals, one group per learner, the perceptron first. The intervals of the
# |   groups overlap widely, and all lie above zero.
OF_INTEREST = ["BPTT", "FRePo", "distribution matching"]
fig, axes = plt.subplots(figsize=(WIDTH, 0.55 * WIDTH))
for k, method in enumerate(OF_INTEREST):
    line = told[told["method"] == method].set_index("judged_on").loc[judges]
    ends = np.abs(
        [-100 * line["difference_high"] - line["lead"], 100 * line["difference_low"] + line["lead"]]
    )
    places = np.arange(len(judges)) + 0.2 * (k - 1)
    axes.errorbar(line["lead"], places, xerr=ends, label=method, fmt="osD"[k], markersize=4)
axes.axvline(0, color=GREY, linewidth=1, label="_baseline")
axes.set_yticks(range(len(judges)), judges)
axes.invert_yaxis()
axes.set(xlabel="lead, percentage points")
axes.grid(axis="y", visible=False)
fig.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

# %% tags=["remove-cell"]
of_bptt = told[told["method"] == "BPTT"].set_index("judged_on")
glue("bptt_own", float(of_bptt.loc["perceptron", "lead"]), display=False)
others = of_bptt.loc[judges[1:], "lead"]
glue("bptt_least", float(others.min()), display=False)
glue("bptt_most", float(others.max()), display=False)
row = lead["perceptron"]
matching = row[["gradient matching", "trajectory matching", "distribution matching"]]
kernels = row[["kernel inducing points", "NTK inducing points", "FRePo"]]
glue("matching_best", float(matching.max()), display=False)
glue("kernels_best", float(kernels.max()), display=False)
glue("means_lead", float(row["class means"]), display=False)
unseeing = of_group(NEITHER, row.index)
ahead = next(k for k, name in enumerate(row.index) if name not in unseeing)
glue("digits_neither", ahead, display=False)
glue("digits_neither_names", ", ".join(row.index[:ahead]), display=False)
glue("digits_neither_lead", float(row.iloc[0]), display=False)
(keeping,) = of_group(KEEP, row.index)
glue("digits_keep_name", keeping, display=False)
glue("digits_keep_lead", float(row[keeping]), display=False)
errors = scores(digits).query("judged_on == 'perceptron'")
errors = 100 * errors.pivot_table(index="seed", columns="method", values="value")
behind = comparison(errors[keeping] - errors[row.index[0]], OVERLAPS["digits"])
for key, end in (("behind", ""), ("behind_low", "_low"), ("behind_high", "_high")):
    glue(f"digits_{key}", float(behind[f"difference{end}"]), display=False)
glue("digits_better", int(marks["perceptron"].eq("higher").sum()), display=False)
glue("digits_methods", len(row), display=False)

# %% [markdown]
# On the perceptron {glue:text}`digits_better` of {glue:text}`digits_methods` methods are better than the
# baseline.
#
# - *Methods that see neither learner nor criterion are in front.* They have the first
#   {glue:text}`digits_neither` places: {glue:text}`digits_neither_names`. The one method here that keeps both,
#   {glue:text}`digits_keep_name`, is {glue:text}`digits_behind:.1f` points behind the first (95 % interval
#   {glue:text}`digits_behind_low:.1f` to {glue:text}`digits_behind_high:.1f`). So the lead that
#   keeping both has on the linear system is not seen here. First-order descent was not run: for a network it is
#   BPTT.
# - *Some methods are the same at one row per class.* K-center and herding both take the row nearest to the mean
#   of its class. K-means and class means both take the mean. Their rows differ by rounding only, which the
#   training of the deep perceptron enlarges.
# - *Class means are a second baseline.* They need no descent, and lead by {glue:text}`means_lead:.1f` points. A
#   method has to beat them, too.
# - *Kernel methods and matching methods.* The best of the three matching methods leads by
#   {glue:text}`matching_best:.1f` points, and the best of the three kernel methods by
#   {glue:text}`kernels_best:.1f`. In published tables for images the kernel methods are well ahead at one row per
#   class {cite:p}`zhou2022frepo`. These small images do not show that.
# - *BPTT on other learners.* It leads by {glue:text}`bptt_own:.1f` points on its own learner, and by
#   {glue:text}`bptt_least:.1f` to {glue:text}`bptt_most:.1f` on the others. So a set that is made for one learner
#   may serve similar learners well.

# %% [markdown]
# ## Have the methods converged?
#
# A descent that was stopped too early says little about the method. Our rule: a run has *converged* if at most
# 1 per cent of what it gained on validation rows, from its start on, came in the second half of its steps.
# {numref}`tab-converged` has the share of such runs.


# %% tags=["hide-cell"]
# | label: tab-converged
# | fold: "share of converged runs of each method"
# | caption: >-
# |   Share of runs that have converged after 100 steps, in per cent.
def converged(table):
    """The share of converged runs of each method."""
    runs = table.dropna(subset=["converged"]).groupby("method")[["converged", "draws"]].sum()
    return runs["converged"] / runs["draws"]


parts = {"linear system": table, "tables": measured, "digits": standings(digits, OVERLAPS)}
shares_of = pd.DataFrame({name: converged(part) for name, part in parts.items()})
typeset((100 * shares_of).sort_values("tables").rename_axis("method"), ".0f")

# %% tags=["remove-cell"]
for name in ["linear system", "digits"]:
    key = name.replace(" ", "_")
    glue(f"{key}_least", 100 * float(shares_of[name].min()), display=False)
    glue(f"{key}_most", 100 * float(shares_of[name].max()), display=False)

# %% [markdown]
# On the linear system between {glue:text}`linear_system_least:.0f` and {glue:text}`linear_system_most:.0f` per
# cent of a method's runs have converged, on digits between {glue:text}`digits_least:.0f` and
# {glue:text}`digits_most:.0f` per cent. So the numbers of this chapter are those of a *budget* of 100 steps.
# With more steps the descents may gain more. The baseline may, too, since it draws more sets then.
#
# ## What a set costs
#
# {numref}`fig-cost` has the seconds that a method spent on a set of digits, on one core and with its looks. Other
# work ran at the same time, so only the order of magnitude counts.

# %% tags=["hide-input"]
# | label: fig-cost
# | caption: >-
# |   Seconds that a set of ten digits costs, mean over the draws. Each line of the grid is ten times the one
# |   before.
# | alt: >-
# |   A dot per method on a logarithmic axis of seconds, sorted. Methods without a descent are far to the left,
# |   and the descents lie within about a decade of each other.
spent = parts["digits"].set_index("method")
spent = spent[spent["seconds"].notna()]
memory = spent["memory"].sort_values()
spent = spent[["gradients", "training_steps", "seconds"]].sort_values("seconds")
fig, axes = plt.subplots(figsize=(WIDTH, 0.19 * len(spent) + 0.6))
axes.plot(spent["seconds"], range(len(spent)), "o", markersize=4, label="_seconds")
axes.set_yticks(range(len(spent)), spent.index)
axes.invert_yaxis()
axes.set(xscale="log", xlabel="seconds")
axes.minorticks_off()
plain_decades(axes.xaxis)
axes.grid(axis="y", visible=False)
plt.show()

# %% [markdown]
# {numref}`tab-cost` has the work itself: gradients of the working criterion, and steps of training. Gradient
# matching has no gradient of the criterion. The gradients that it matches are those of training, and count as
# steps of training.

# %% tags=["hide-cell"]
# | label: tab-cost
# | fold: "gradients, steps and seconds of each method"
# | caption: >-
# |   What a set of ten digits costs, mean over the draws.
spent = spent.rename(columns={"training_steps": "training steps"})
typeset(spent, {"gradients": ".0f", "training steps": ".0f", "seconds": ".2g"})

# %% tags=["remove-cell"]
glue("memory_name", memory.index[-1], display=False)
glue("memory_most", float(memory.iloc[-1]), display=False)
glue("memory_next", float(memory.iloc[-2]), display=False)

# %% [markdown]
# Memory is no concern at this size. {glue:text}`memory_name` raised the peak memory of the process by
# {glue:text}`memory_most:.0f` MiB, and every other method by at most {glue:text}`memory_next:.0f` MiB.
#
# ## On the task that it was made for
#
# A method should beat the baseline at least on the task that it was made for. For each method
# {numref}`tab-made-for` names the task of this chapter that fits its paper best. It counts the draws in which the
# method was at least as good as the best of as many random sets. If that is so in nine of ten draws, we say that
# the method has *earned* its cost.

# %% tags=["hide-cell"]
# | label: tab-made-for
# | fold: "each method on the task that it was made for"
# | caption: >-
# |   Methods on the task that they were made for: draws in which a set is at least as good as the baseline.
MADE_FOR = {
    ("transitions held out", "density", 4): ["herding", "maximum mean discrepancy", "sliced Wasserstein"],
    ("transitions held out", "prediction", 4): [
        "leverage scores", "sensitivity coreset", "first-order", "label only", "exact"
    ],
    ("transitions held out", "posterior", 4): ["pseudo-coreset"],
    ("transitions held out", "kernel regression", 4): [
        "k-center", "k-means", "kernel inducing points"
    ],
    ("transitions held out", "Bayesian network", 4): ["zeroth-order"],
    ("digits", "perceptron", 10): [
        "class means", "BPTT", "truncated BPTT", "gradient matching", "trajectory matching",
        "trajectory matching, learnt step size", "distribution matching", "FRePo",
        "NTK inducing points", "RCIG",
    ],
}  # fmt: skip
KEYS = ["family", "task", "num_rows", "method"]
every = pd.concat(parts.values()).set_index(KEYS)
own = [(*place, method) for place, methods in MADE_FOR.items() for method in methods]
made = every.loc[own, ["wins", "draws", "verdict"]].reset_index()
made["earned"] = np.where(made["wins"] >= 0.9 * made["draws"], "yes", "no")
made["at least as good"] = made["wins"].map("{:.0f}".format) + " of " + made["draws"].astype(str)
named = made["family"].str.replace("transitions held out", "linear system").str.capitalize()
made["data"] = named + ", " + made["num_rows"].astype(str) + " rows"
listed = made.set_index(["data", "method"])
typeset(listed[["task", "at least as good", "earned"]])

# %% tags=["remove-cell"]
glue("earned", int((made["earned"] == "yes").sum()), display=False)
glue("made", len(made), display=False)
of_digits = made[(made["family"] == "digits") & (made["earned"] == "yes")]
untold = marks.loc[of_digits["method"], "perceptron"] == "not told apart"
glue("earned_untold", int(untold.sum()), display=False)

# %% [markdown]
# {glue:text}`earned` of {glue:text}`made` methods have earned their cost on such a task. This counts draws and is
# no test. The draws of the digits re-split one table and share rows, so the test of {numref}`fig-digits` is
# stricter: it does not tell {glue:text}`earned_untold` of the methods that have earned their cost on the digits
# apart from the baseline.
#
# ## Exercises
#
# ```{exercise} A baseline with more looks
# :label: ex-benchmark-looks
#
# Validated random with 20 looks is a strong baseline at four rows. Is it also strong at 100 rows? And with 200
# looks?
# ```
#
# ```{solution} ex-benchmark-looks
# The value of a random set varies less if the set is larger, so the best of 20 is nearer to their mean. The
# best of 200 is better than the best of 20, but slowly: if the values were normal, it would lie near 2.7
# standard deviations below the mean in place of 1.9. To try it, run
# `.venv/bin/ddlib benchmark --family "transitions held out" --task prediction --rows 100 --method herding --looks
# 200 --steps 200`.
# ```
#
# ```{exercise} Choose on one task, use on another
# :label: ex-benchmark-choose
#
# The table `ratios` has the numbers of {numref}`fig-methods`. For each task, take the method with the least
# ratio, and use it on every other task. How often does it not apply there, or have a regret above that of the
# best of random sets?
# ```
#
# ```{solution-start} ex-benchmark-choose
# ```

# %%
best = ratios.idxmin()
pairs = pd.Series(
    {
        (chosen_on, task): ratios.loc[name, task]
        for chosen_on, name in best.items()
        for task in ratios.columns
        if task != chosen_on
    }
)
lacking, above = int(pairs.isna().sum()), int((pairs > 1).sum())
print(best.rename("least ratio").to_string())
print(f"of {len(pairs)} pairs: {lacking} do not apply, {above} are above the best of random sets")

# %% tags=["remove-cell"]
glue("pairs_of_tasks", len(pairs), display=False)
glue("pairs_lacking", lacking, display=False)
glue("pairs_above", above, display=False)
glue("best_methods", best.nunique(), display=False)

# %% [markdown]
# The eight tasks have {glue:text}`best_methods` different methods in first place. Of
# {glue:text}`pairs_of_tasks` pairs of tasks, the method that was chosen on one does not apply to the other in
# {glue:text}`pairs_lacking`, and is farther from the optimum than the best of random sets in
# {glue:text}`pairs_above`.
#
# These are medians of one table, and the least of many numbers is partly luck: [what holds](claims.ipynb) asks
# the same with a test. A method that was chosen on one task may still be *told* the other one: most of these
# methods descend whatever criterion they are given.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - On the linear system, methods that keep the task's learner and criterion lead over the best of as many random
#   sets in {glue:text}`keep_better` of {glue:text}`keep_cells` cells. Methods that see neither lead in
#   {glue:text}`blind_better` of {glue:text}`blind_cells`.
# - On the digits this is not so. The first {glue:text}`digits_neither` methods see neither, and the best
#   of them leads by {glue:text}`digits_neither_lead:.1f` points. {glue:text}`digits_keep_name`, the one method
#   run there that keeps both, leads by {glue:text}`digits_keep_lead:.1f`. First-order descent was not run there.
# - The ranking of the methods depends on the task: the rank correlation between two tasks goes down to
#   {glue:text}`rank_least:.2f`. The first place depends on it less ({numref}`tab-firsts`).
# - The gap closed hides differences of a factor of a thousand. Regret shows them.
# - On one small table, ten re-splits do not tell methods apart.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/benchmark.py PARAMS="num_systems=6 num_draws=6"
# ```
