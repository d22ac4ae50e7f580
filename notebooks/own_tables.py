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
# # Merge your own tables
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** how to merge tables of your own for a task that you name, and what the rows are worth.
#
# **You need** a table per site; regression.
# ```
#
# Three hospitals follow patients with the same liver disease. Each has a table, and each lacks columns that the
# others have. You may read the tables, but not pass them on. A colleague needs one table that lets her predict
# who dies.
#
# [Case study 1](merging.ipynb) merged {term}`sources <source>` of numbers for a network. Tables of people also
# have counts, findings (yes or no), stages and missing cells. This page merges such tables *for a {term}`task`
# that you name*, and measures on patients kept aside what the rows are worth.
#
# - **{term}`learner`**: a logistic or linear regression of a column that you name on others;
# - **{term}`criterion`**: its loss on new patients of the same population;
# - **{term}`budget`**: the number of rows.
#
# A task is written as a formula. `died ~ .` predicts `died` from all other columns, `died ~ age + sex` from two
# of them. `density` predicts nothing: it asks for the means, variances and correlations of all columns.
#
# The method is ours. The paper states the problem, and solves it for networks.

# %% tags=["parameters"]
files = []  # tables of your own, one per site; none takes the three hospitals of the book
tasks = ["died ~ .", "albumin ~ .", "density"]  # rows are made for each, at least two
num_rows = 100  # rows to make for a task
num_draws = 10  # draws of what is missing, at least 2
min_count = 10  # patients whom a level, and each value of a number's margin, stands for, at least
num_splits = 100  # random splits of the real trials, at least 2
seed = 0  # of the draws and of the first split; the others count up from it

# %% tags=["hide-input"]
from pathlib import Path
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pydantic import Field

from ddlib.config import Config, Count, Seed
from ddlib.experiments.merged_trials import MERGED_TRIALS, MergedTrialsConfig
from ddlib.experiments.trials import DATA, TRIALS


class Parameters(Config):
    """What each parameter above may be."""

    files: tuple[Path, ...]
    tasks: Annotated[tuple[str, ...], Field(min_length=2)]
    num_rows: Count
    num_draws: Annotated[int, Field(strict=True, ge=2)]
    min_count: Count
    num_splits: Annotated[int, Field(strict=True, ge=2)]
    seed: Seed


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.numbers import number
from ddlib.plots.style import BLUE, GREY, ORANGE, WIDTH, use_style
from ddlib.plots.tables import specs_of, typeset

use_style()


def put(**values):
    """Give each number or text the name by which the prose shows it."""
    for name, value in values.items():
        glue(name, value.item() if hasattr(value, "item") else value, display=False)


# %% [markdown]
# ## Read and check
#
# {py:obj}`~ddlib.tables.read_sources` reads the tables together. It infers the kind of each column, and makes a
# note of what may be wrong. Where it infers the wrong kind, a settings file says the right one.

# %%
from ddlib.tables import Settings, read_sources

paths = parameters.files or sorted(DATA.glob("hospital_*.csv"))
sources = read_sources(paths, Settings(min_count=parameters.min_count))
for note in sources.notes:
    print(f"{note.level}: {note.text}")
print("notes:", len(sources.notes))

# %% [markdown]
# {numref}`fig-seen` shows which hospital has which columns. {numref}`tab-seen`, below the fold, also has their
# kinds.

# %% tags=["hide-input"]
# | label: fig-seen
# | caption: >-
# |   How many patients of each table have a value in each column. A dash marks a column that the table lacks.
# |   Compare two columns: some pairs are filled together in one table alone.
# | alt: >-
# |   A line of cells per table and a cell per column. Most cells are filled; in each line a few hold a dash, at
# |   other columns in each line.
from ddlib.plots.matrices import brief, draw_matrix

schema = sources.schema.without_keys()
seen = pd.DataFrame({label: table.notna().sum() for label, table in sources.tables.items()})
seen = seen.reindex(schema.names).fillna(0).astype(int)
fig, axes = plt.subplots(figsize=(WIDTH, 0.32 * len(seen.columns) + 0.9))
most = seen.to_numpy().max()
draw_matrix(seen.where(seen > 0).T, axes, limits=(-2.0 * most, 2.0 * most), fmt=brief)
axes.set_xticks(range(len(seen)), seen.index, rotation=90)
plt.show()

# %% tags=["hide-cell"]
# | label: tab-seen
# | caption: >-
# |   The columns of all tables, their kinds, and in how many rows of each table they are filled.
# | fold: kinds of columns
kinds = seen.rename(columns=lambda label: label.removesuffix(".csv"))
kinds.insert(0, "kind", [column.kind for column in schema.columns])
typeset(kinds.rename_axis("column"))

# %% tags=["remove-cell"]
patients = {label: len(table) for label, table in sources.tables.items()}
put(tables=len(patients), patients=sum(patients.values()), columns=len(schema.columns))
put(most_patients=max(patients.values()), rows=parameters.num_rows, draws=parameters.num_draws)
put(task=parameters.tasks[0], least=parameters.min_count)

# %% [markdown]
# ## A model of all columns
#
# The {glue:text}`tables` tables have {glue:text}`patients` patients and {glue:text}`columns` columns, and no
# patient has them all. What a patient lacks is drawn from a model of all columns, a *Gaussian {term}`copula`*.
# In this model each column is a monotone function of a hidden score, and the scores of a patient are jointly
# normal. The function of a column is estimated from its values, so that each drawn value is one that the column
# could have. A column with levels cuts its score into intervals.
#
# A Gibbs sampler ({py:obj}`~ddlib.copula.fit_copula`) draws the scores, their correlations and what is missing,
# {glue:text}`draws` times. The differences between the draws show how much is not known.
#
# A pair of columns that no table has together is taken as *independent given all other columns*. This is a rule,
# and no table can confirm it. Here the number of such pairs is {glue:text}`unseen`; the report of the command
# lists them.
#
# ## Rows for a task
#
# A regression is given by *estimating equations*. With terms $x_i$ (the intercept among them), response $y_i$
# and prediction $\mu_\theta(x_i)$, the coefficients $\theta$ solve
#
# $$
# \sum_i w_i\,\bigl(y_i-\mu_\theta(x_i)\bigr)\,x_i=0 .
# $$ (eq-estimating)
#
# Each draw completes the tables and so gives coefficients. Rubin's rules {cite:p}`rubin1987multiple` average
# them to $\bar\theta$, with a standard error for each. We then draw candidate rows from the model, choose
# {glue:text}`rows` of them, and find the weights $w_i$ nearest to 1 with which {eq}`eq-estimating` holds at
# $\bar\theta$. Whoever fits the regression to the weighted rows finds $\bar\theta$. No row is a patient's.

# %%
from ddlib.merge.across import ALL, worth_matrix
from ddlib.merge.formula import parse_tasks
from ddlib.merge.merged import made_for
from ddlib.merge.model import Model

model = Model.of(
    sources,
    num_draws=parameters.num_draws,
    seed=parameters.seed,
    min_count=parameters.min_count,
)
asked = parse_tasks(parameters.tasks, model.schema)
merged = made_for(model, asked[:1], num_rows=parameters.num_rows)

# %% tags=["hide-input"]
# | label: tab-merged-rows
# | caption: >-
# |   The first merged rows: some of their columns, and the weight of each row.
rows = merged.rows.head().rename_axis("row")
some = [*rows.columns[:3], *filter(None, [asked[0].target]), rows.columns[-1]]
rows = rows[[*dict.fromkeys(some)]]
typeset(rows, specs_of(rows, ".3g"))

# %% [markdown]
# {numref}`fig-coefficients` shows the pooled coefficients with 95 % intervals. Each is the effect of one standard
# deviation of its column. We fit the regression again to two sets: to the merged rows, and to as many *plain
# rows*, drawn from the same model without weights. Only the merged rows give the pooled values.

# %% tags=["hide-input"]
# | label: fig-coefficients
# | caption: >-
# |   Coefficients of the first task, per standard deviation of each column. A line is the 95 % interval around
# |   the coefficient pooled over the draws. Filled dots, from the merged rows, lie in the middle of their lines.
# |   Open dots, from plain rows of the model, lie anywhere; those beyond the frame are left out.
# | alt: >-
# |   One line per column with the interval of its coefficient. Filled dots lie in the middle of the lines, open
# |   ones often outside.
from ddlib.merge.equations import fit

pooled = merged.pooled[asked[0].text]
design, ones = pooled.design, np.ones(parameters.num_rows)


def refitted(codes, weights):
    """Return the slopes of the first outcome that rows give."""
    x, y = design.matrix(codes), design.response(codes)
    return fit(pooled.learner, x, y, weights, penalty=1e-6)[0, 1:]


plain = refitted(model.sample(parameters.num_rows, "plain rows"), ones)
again = refitted(merged.codes, merged.weights)
scale = design.scale / design.unit
middle, error = (values[0, 1:] * scale for values in (pooled.estimate, pooled.standard_error))
table = pooled.table().iloc[1 : len(design.terms)]
half = (table["high"] - table["estimate"]).to_numpy() * scale
places = np.arange(len(middle))

fig, axes = plt.subplots(figsize=(WIDTH, 0.24 * len(places) + 0.8))
axes.axvline(0, color=GREY, lw=0.8)
axes.errorbar(middle, places, xerr=half, fmt="none", ecolor=BLUE, alpha=0.6)
frame = axes.get_xlim()
axes.plot(again, places, "o", color=BLUE, ms=5, label="merged rows")
axes.plot(plain, places, "o", color=ORANGE, mfc="none", ms=5, label="plain rows")
axes.set(xlim=frame, xlabel="coefficient", yticks=places, yticklabels=design.terms[1:])
axes.invert_yaxis()
fig.legend(loc="outside upper right", ncols=2)
plt.show()

# %% tags=["remove-cell"]
off = abs(again - middle) / error
wrong = abs(plain - middle) / error
put(
    heaviest=merged.weights.max(),
    lightest=merged.weights.min(),
    refit=number(off.max(), ".0e"),
    plain=wrong.max(),
)
put(unseen=(~model.copula.seen).sum() // 2)

# %% [markdown]
# The weights lie between {glue:text}`lightest:.2f` and {glue:text}`heaviest:.2f`. A refit to the merged rows is
# at most {glue:text}`refit` standard errors from the pooled coefficients, one to plain rows up to
# {glue:text}`plain:.1f`.
#
# ## What rows for one task are worth for another
#
# A set of rows is *worth* $N$ patients for a task if its answer is, on average, as far from the truth as that
# of $N$ complete patients ({py:mod}`ddlib.merge.worth`). {numref}`fig-worth` has the worth, for every task, of
# rows made for each task.

# %% tags=["hide-input"]
# | label: fig-worth
# | caption: >-
# |   What rows made for the task of a line are worth for the task of a column, in complete patients. The last
# |   line is what the tables themselves are worth. Compare the numbers of one column: the rows made for its task
# |   stand on the diagonal.
# | alt: A table of numbers, large on its diagonal and small elsewhere.
worth = worth_matrix(model, parameters.tasks, num_rows=parameters.num_rows)
fig, axes = plt.subplots(figsize=(0.8 * WIDTH, 0.42 * len(worth) + 0.6))
most = worth.loc[ALL].max()
draw_matrix(worth, axes, limits=(-most, most), fmt="{:.0f}")
axes.set(xlabel="used for", ylabel="made for")
plt.show()

# %% tags=["remove-cell"]
first, second = parameters.tasks[:2]
put(own_worth=worth.loc[first, first], other_worth=worth.loc[second, first])
put(all_worth=worth.loc[ALL, first], second_task=second)

# %% [markdown]
# For "{glue:text}`task`" the tables are worth {glue:text}`all_worth:.0f` complete patients. That is fewer than
# there are, as cells are missing. Rows made for this task are worth {glue:text}`own_worth:.0f`. As many rows made
# for "{glue:text}`second_task`" are worth {glue:text}`other_worth:.0f`, though they come from the same model. The
# paper's thesis holds for patients too: a set is good or bad for a task, not in itself.
#
# ## On patients kept aside
#
# Worth is computed from the model, which may be wrong. So we compare on real patients. Two trials are cut into
# three hospitals each, with columns removed ({py:mod}`ddlib.experiments.trials`). In the liver trial, patients
# are dealt at random. In the endoscopy trial, hospitals are the real sites; its tasks are `outcome`, an
# inflammation of the pancreas after the procedure, and `risk`, a score of its risk. Some patients are kept aside
# with all columns. The same learner is trained on each set of rows below, and scored on the same patients.
#
# - *merged*: {glue:text}`rows` rows made for the task, with weights;
# - *merged for the other regression*, *merged for the density*: as many, made for another task;
# - *drawn*: as many rows of the model, without weights: what merging without a task gives;
# - *multiple imputation*: all patients, completed by each draw of the model, and predictions averaged;
# - *mean filling* and *IterativeImputer*: all patients, with holes filled by the mean, or by scikit-learn's
#   imputer, once or {glue:text}`imputations` times;
# - *one hospital alone*: the median of the three;
# - *complete patients*: all patients before columns were removed, which no hospital has.
#
# Before the run we stated targets, in `grids/merged_trials.yml`. Merged rows should be at least as good as mean
# filling, at most {glue:text}`near:.2f` below multiple imputation, and above the median hospital. A random forest
# is a learner for which the rows were not made. Trained on {glue:text}`large` merged rows, it should be at most
# {glue:text}`near_forest:.2f` below a forest trained on multiple imputation.
#
# {numref}`fig-trials` has the differences over {glue:text}`splits` random splits.

# %% tags=["remove-cell"]
from ddlib.experiments.merged_trials import IMPUTATIONS

TARGETS = [
    ("regression", "mean filling", 0.0),
    ("regression", "multiple imputation", -0.01),
    ("regression", "one hospital alone", 0.0),
    ("forest", "multiple imputation", -0.02),
]
FOREST = "forest: multiple imputation"
put(splits=parameters.num_splits, imputations=IMPUTATIONS)
put(
    near=-TARGETS[1][2],
    near_forest=-TARGETS[3][2],
    large=MergedTrialsConfig(seed=parameters.seed).forest_rows,
)

# %% tags=["hide-input"]
from ddlib.comparisons import resampled_interval
from ddlib.runs.compute import collect

LEARNT = {"pbc": ("died ~ .", "albumin ~ ."), "indo_rct": ("outcome ~ .", "risk ~ .")}
seeds = range(parameters.seed, parameters.seed + parameters.num_splits)
found = pd.concat(
    collect(
        MERGED_TRIALS,
        [MergedTrialsConfig(seed=k, trial=trial, tasks=(*learnt, "density")) for k in seeds],
    )
    for trial, learnt in LEARNT.items()
)
alone = found[found["set"].str.endswith(" alone")]
keys = ["trial", "task", "learner", "seed"]
median = alone.groupby(keys)["score"].median().reset_index().assign(set="one hospital alone")
found = pd.concat([found[~found["set"].str.endswith(" alone")], median])
own = "made for " + found["task"]
found["set"] = found["set"].mask(found["set"] == own, "merged")
regression = found["set"].str.startswith("made for") & (found["set"] != "made for density")
found["set"] = found["set"].mask(regression, "merged for the other regression")
found["set"] = found["set"].replace("made for density", "merged for the density")
found["set"] = found["set"].replace("drawn, without weights", "drawn")


def compared(scores, share):
    """Return by how much merged rows are above each other set, with an interval."""
    table = scores.pivot(index="seed", columns="set", values="score")
    above = table.drop(columns="merged").rsub(table["merged"], axis=0)
    ends = above.apply(lambda gap: pd.Series(resampled_interval(gap, test_share=share))).T
    ends = ends.set_axis(["low", "high"], axis=1)
    return ends.assign(above=above.mean()).reset_index()


shares = {
    name: TRIALS[name].num_test / len(pd.read_csv(DATA / TRIALS[name].file)) for name in LEARNT
}
groups = found.groupby(["trial", "task", "learner"], sort=False)
results = pd.concat(
    {key: compared(group, shares[key[0]]) for key, group in groups},
    names=["trial", "task", "learner"],
).reset_index(["trial", "task", "learner"])

# %% tags=["hide-input"]
# | label: fig-trials
# | caption: >-
# |   By how much a regression learnt from merged rows is better on patients kept aside than one learnt from
# |   what the line names; in the last line both are forests. A dot is the mean difference over the splits, with
# |   the 95 % interval for re-splits. Right of the grey line merged rows are better. An orange mark is a limit
# |   set before the run: the target is reached where the dot lies right of it.
# | alt: >-
# |   Four panels of dots with intervals, a line for each other set of rows. Drawn rows are far to the right:
# |   they are worse than merged rows. Multiple imputation is near the grey line.
ORDER = [
    "merged for the other regression", "merged for the density", "drawn", "one hospital alone",
    "mean filling", "IterativeImputer", f"IterativeImputer, {IMPUTATIONS} draws",
    "multiple imputation", "complete patients", FOREST,
]  # fmt: skip
TITLES = {"pbc": "Liver", "indo_rct": "Endoscopy"}
forests = (results["learner"] == "forest") & (results["set"] == "multiple imputation")
shown = pd.concat(
    [results[results["learner"] == "regression"], results[forests].assign(set=FOREST)]
)
limits = {FOREST if learner == "forest" else name: limit for learner, name, limit in TARGETS}
fig, panels = plt.subplots(2, 2, figsize=(WIDTH, 1.25 * WIDTH), sharey=True)
fig.get_layout_engine().set(hspace=0.08)
for axes, (trial, task) in zip(
    panels.flat, [(t, task) for t, learnt in LEARNT.items() for task in learnt], strict=True
):
    chosen = (shown["trial"] == trial) & (shown["task"] == task)
    lines = shown[chosen].set_index("set").loc[ORDER]
    ends = [lines["above"] - lines["low"], lines["high"] - lines["above"]]
    axes.axvline(0, color=GREY, lw=0.8)
    axes.errorbar(lines["above"], ORDER, xerr=ends, fmt="o", ms=4, color=BLUE, label="merged rows")
    axes.plot([*limits.values()], [*limits], "|", color=ORANGE, ms=9, mew=2, label="limit")
    measure = "R²" if task in ("albumin ~ .", "risk ~ .") else "AUC"
    axes.set(title=f"{TITLES[trial]}:\n{task}", xlabel=f"difference in {measure}")
axes.invert_yaxis()
plt.show()

# %% [markdown]
# A target is *reached* where the mean difference is above the limit, and *missed* where it is below. It is
# *clearly* reached or missed where the whole interval is on that side. {numref}`tab-targets`, below the fold, has
# each target.

# %% tags=["hide-cell"]
# | label: tab-targets
# | caption: >-
# |   Merged rows against what one would do instead: the difference with its 95 % interval, the limit that was set
# |   before, and whether the target was reached.
# | fold: the targets


def verdict(line, limit):
    """Return whether a mean difference is above its limit, and whether its whole interval is so."""
    if line["above"] >= limit:
        return "clearly reached" if line["low"] >= limit else "reached"
    return "clearly missed" if line["high"] < limit else "missed"


judged = []
for (trial, task), part in results.groupby(["trial", "task"], sort=False):
    for learner, name, limit in TARGETS:
        line = part[(part["learner"] == learner) & (part["set"] == name)].iloc[0]
        difference = line["above"], line["low"], line["high"]
        against = FOREST if learner == "forest" else name
        judged.append(
            (f"{TITLES[trial]}: {task}", against, difference, limit, verdict(line, limit))
        )
names = ["task", "merged against", "difference (95 %)", "limit", "target"]
judged = pd.DataFrame(judged, columns=names).set_index(names[:2])
typeset(judged, {"limit": ".2f", "difference (95 %)": "+.3f"})

# %% tags=["remove-cell"]
reached = judged["target"].str.endswith("reached")
clear = judged["target"].str.startswith("clearly")
put(targets=len(judged), targets_reached=reached.sum(), clearly_reached=(reached & clear).sum())
put(missed="; ".join(f"{task} ({name})" for task, name in judged.index[~reached]) or "none")
means = found[found["learner"] == "regression"].groupby(["task", "set"])["score"].mean()
put(died_merged=means["died ~ .", "merged"], died_complete=means["died ~ .", "complete patients"])
put(died_drawn=means["died ~ .", "drawn"], risk_merged=means["risk ~ .", "merged"])
put(risk_filled=means["risk ~ .", "mean filling"])
checked = found[found["residual"].notna()]
put(
    residual=number(checked["residual"].max(), ".0e"),
    refit_most=number(checked["refit"].max(), ".0e"),
)
put(faults=found["faults"].sum(), sets=len(checked))

# %% [markdown]
# Merged rows reach {glue:text}`targets_reached` of {glue:text}`targets` targets, {glue:text}`clearly_reached` of
# them clearly. They miss these: {glue:text}`missed`. Splits of one trial share patients, so that
# more splits do not narrow an interval much further.
#
# For death in the liver trial the mean AUC of merged rows is {glue:text}`died_merged:.3f`. It is
# {glue:text}`died_drawn:.3f` for as many rows drawn without a task, and {glue:text}`died_complete:.3f` for
# complete patients.
#
# For the risk score in the endoscopy trial merged rows have an R² of {glue:text}`risk_merged:.2f`, and mean
# filling {glue:text}`risk_filled:.2f`. That score is a sum of points for findings, some of which are columns
# here. We did not test the likely reason: the model's hidden scores are normal, so that it draws a missing
# finding with noise, and blurs the sum. The standard errors do not include this error. The report warns where the
# patients of one table give another coefficient than all patients do.
#
# The figure rests on {glue:text}`sets` sets of merged rows. In all of them the equations hold up to
# {glue:text}`residual` per row, and a refit finds the coefficients up to {glue:text}`refit_most`. The number of
# columns with a wrong type, range or level is {glue:text}`faults:.0f`.
#
# ## Your own files
#
# The command does all of this, and writes a report that says what was assumed:
#
# ```bash
# .venv/bin/ddlib check a.csv b.csv c.parquet
# .venv/bin/ddlib merge a.csv b.csv c.parquet --for "died ~ ." --rows 100 \
#     --out merged.csv --report report.html
# ```
#
# With `--write-settings settings.yml` the check writes down what it takes each column for. Change what it got
# wrong, and give the file to both commands with `--settings settings.yml`.
#
# Or run this page on your tables, from the project's folder:
#
# ```bash
# make run NOTEBOOK=notebooks/own_tables.py PARAMS='files=[a.csv, b.csv] tasks=["died ~ .", density]'
# ```
#
# Before you send rows to anybody, read [what is protected and what is not](../book/privacy.md).
#
# ## Exercises
#
# ```{exercise} The wrong question to good rows
# :label: ex-tables-age
#
# A colleague has rows that were made for "died ~ .". She computes from them the mean age of the women. Is that
# number protected from error by {eq}`eq-estimating`? What should she ask you for?
# ```
#
# ```{solution} ex-tables-age
# No. The equations fix sums of residuals times terms, and so the coefficients of one regression. Which ages
# and sexes the rows have is left to the model and to the choice, and the weights were found for another
# purpose. The mean may be near the truth, as the rows come from a model of all columns, but nothing was done
# for it. She should name her task: a regression of age on sex, or the density of all columns.
# ```
#
# ```{exercise} One set for two tasks
# :label: ex-tables-two
#
# Make one set for the first two tasks together, with as many rows as two sets would have (`made_for(model,
# asked[:2], …)`). What is it worth for each, beside sets that were made for one task alone
# ({numref}`fig-worth`)?
# ```
#
# ```{solution-start} ex-tables-two
# ```

# %%
pair = made_for(model, asked[:2], num_rows=2 * parameters.num_rows)
for text in parameters.tasks[:2]:
    alone, together = worth.loc[text, text], pair.worth[text]
    print(
        f"{text}: {alone:.0f} patients from a set of its own, {together:.0f} from the set for both"
    )

# %% tags=["remove-cell"]
put(pair_first=pair.worth[first], pair_second=pair.worth[parameters.tasks[1]])
put(pair_rows=len(pair.rows), own_second=worth.loc[parameters.tasks[1], parameters.tasks[1]])

# %% [markdown]
# {glue:text}`pair_rows` rows for both tasks are worth {glue:text}`pair_first:.0f` patients for
# "{glue:text}`task`" and {glue:text}`pair_second:.0f` for "{glue:text}`second_task`"; sets of their own are
# worth {glue:text}`own_worth:.0f` and {glue:text}`own_second:.0f`. Two tasks need not conflict. They do where
# the budget cannot hold the equations of both. But somebody has to name the second task: {numref}`fig-worth`
# shows how little it gets from rows that were made for another.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - Rows are made for a task that you name: a regression's equations hold on them, with weights near 1.
# - Rows made for another task, or for none, are worth less, with the same model and the same number of rows.
# - Pairs of columns that no table has together are independent given the rest. That is an assumption.
# - The risk score, which is computed from other columns, is learnt better after mean filling.
# ```
