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
# # Visits and sites
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** how to merge tables of visits, and how sites send statistics in place of rows.
#
# **You need** [merge your own tables](own_tables.ipynb).
# ```
#
# [Merge your own tables](own_tables.ipynb) takes tables of one row per person that may lie in one place.
# Hospitals follow patients over many visits, and often may not send rows at all. This page merges both: visits
# first, then statistics in place of rows.
#
# The problem is the same one. It is specified by what is to be learnt:
#
# - **{term}`learner`**: a linear or logistic regression of the next visit's value, or of an event within a
#   horizon;
# - **{term}`criterion`**: its loss on the visits of new patients;
# - **{term}`budget`**: the number of people.
#
# The methods of this page are ours. The paper's case study has {term}`trajectories <trajectory>` of numbers,
# with equal numbers of {term}`slices <slice>`.

# %% tags=["parameters"]
num_splits = 100  # random splits of the real trial, at least 2
num_people = 100  # people to make
num_draws = 10  # draws of what is missing, at least 2
num_private = 8  # random splits of the real trial behind the curve of privacy, at least 2
seed = 0  # of the draws and of the first split; the others count up from it

# %% tags=["hide-input"]
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pydantic import Field

from ddlib.config import Config, Count, Seed
from ddlib.experiments.trials import DATA, TRIALS
from ddlib.experiments.visit_trials import NUM_TEST, VISIT_TRIALS, VisitTrialsConfig, cut_visits


class Parameters(Config):
    """What each parameter above may be."""

    num_splits: Annotated[int, Field(strict=True, ge=2)]
    num_people: Count
    num_draws: Annotated[int, Field(strict=True, ge=2)]
    num_private: Annotated[int, Field(strict=True, ge=2)]
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
# ## A table of visits
#
# The liver trial of the page before also followed its patients. Each row of the table is a visit. `id` says
# whose, and `day` when, counted from the start of that patient. We deal the patients to three hospitals. Each
# hospital lacks three of the laboratory values or findings.

# %%
# | label: tab-visits
# | caption: >-
# |   The first visits at one hospital, a row each.
from ddlib.tables import Settings, read_sources
from ddlib.visits import Said, read_visits

tables, _, _ = cut_visits(parameters.seed)
visits = read_visits(tables, Said(person="id", time="day"), Settings(min_count=5))
first = tables["hospital_a"].head().rename_axis("row")
typeset(first, specs_of(first, ".3g"))

# %% tags=["remove-cell"]
put(people=visits.num_people, rows=len(visits), hospitals=len(tables), aside=NUM_TEST)
put(least_visits=visits.counts.min(), most_visits=visits.counts.max())
put(changing=len(visits.changing), static=len(visits.schema.names) - len(visits.changing))
put(made=parameters.num_people, draws=parameters.num_draws, splits=parameters.num_splits)

# %% [markdown]
# {py:obj}`~ddlib.visits.read_visits` found {glue:text}`people` patients with {glue:text}`rows` visits, from
# {glue:text}`least_visits` to {glue:text}`most_visits` per patient. Of the columns, {glue:text}`static` are
# *static*: each patient has one value in all visits, such as sex. The other {glue:text}`changing` are
# *changing*.
#
# ## A model of visits
#
# Let $s$ be the hidden scores of a patient's static columns, and $z_t$ those of visit $t$. As on the page
# before, each column is a monotone function of its score; here it is the same function at all visits. The
# number of visits $N$ and the first visit are drawn together. Then each visit follows from the one before:
#
# $$
# \begin{aligned}
# &(z_{t+1},\delta_t)\mid z_t,s\\
# &\quad\sim\;\mathcal N\bigl(A\,(z_t,s,\tau_t,N-t)+a,\;Q\bigr),
# \end{aligned}
# $$ (visit-law)
#
# where $\tau_t$ is the time of visit $t$ and $\delta_t$ the time until the next. This is the two-slice network
# of [case study 1](merging.ipynb), on scores. The law knows how many visits are still to come, $N-t$. So
# patients who drop out early may differ from those who stay. A pair of columns that no hospital has together,
# now or at the next visit, is independent given the rest, as before ({py:mod}`ddlib.visits.model`).
#
# The windows of one patient overlap. Standard errors therefore take a patient, not a visit, as the independent
# unit ({py:mod}`ddlib.visits.pooling`).
#
# ## People for a task
#
# A task over time names what is to be learnt. `next(albumin) ~ .` is the next visit's albumin, from this visit
# and the static columns. `within(died, futime, 365) ~ .` is whether the patient dies within 365 days after a
# visit. The result is a long table of new people. Weights make the regression's estimating equations hold over
# the pairs of visits that follow one another.

# %%
# | label: tab-merged-visits
# | caption: >-
# |   The first merged visits.
from ddlib.visits.merging import merge_visits

merged = merge_visits(
    visits,
    ["next(albumin) ~ ."],
    num_people=parameters.num_people,
    num_draws=parameters.num_draws,
    min_count=5,
    seed=parameters.seed,
)
first = merged.rows.head().rename_axis("row")
typeset(first, specs_of(first, ".3g"))

# %% tags=["remove-cell"]
put(lightest=merged.weights.min(), heaviest=merged.weights.max(), new_rows=len(merged.rows))
put(worth=next(iter(merged.worth.values())))

# %% [markdown]
# The {glue:text}`made` new people have {glue:text}`new_rows` visits. Their numbers of visits and the times
# between visits are drawn from the model. Weights lie between {glue:text}`lightest:.2f` and
# {glue:text}`heaviest:.2f`. {numref}`fig-paths` shows some real patients beside new ones.

# %% tags=["hide-input"]
# | label: fig-paths
# | caption: >-
# |   Bilirubin over time, on a logarithmic scale, of thirty real patients and of thirty new people, from the
# |   shortest to the longest follow-up of each. A line is a person, a dot a visit.
# | alt: >-
# |   Two panels of lines with dots. In both, lines start between -1 and 3. Some rise, and these are mostly
# |   short; those that stay low are longer.
fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.42 * WIDTH), sharex=True, sharey=True)
for axes, title, table in (
    (panels[0], "real patients", pd.concat(tables.values())),
    (panels[1], "new people", merged.rows),
):
    # Thirty at equal steps from the shortest to the longest follow-up: few are like all of them.
    by_length = table.groupby("id")["day"].max().sort_values(kind="stable").index
    people = by_length[np.linspace(0, len(by_length) - 1, 30).round().astype(int)]
    for _, person in table[table["id"].isin(people)].groupby("id"):
        axes.plot(
            person["day"] / 365.25, person["log_bili"], "o-", ms=2, lw=0.8, color=BLUE, alpha=0.5
        )
    axes.set(title=title, xlabel="years")
panels[0].set_ylabel("log bilirubin")
plt.show()

# %% tags=["remove-cell"]


def lasting(table, lag):
    """Return the correlation of bilirubin with itself some visits later."""
    table = table.sort_values(["id", "day"])
    return table["log_bili"].corr(table.groupby("id")["log_bili"].shift(-lag))


for who, table in (("real", pd.concat(tables.values())), ("new", merged.rows)):
    put(**{f"{who}_next": lasting(table, 1), f"{who}_later": lasting(table, 4)})

# %% [markdown]
# New people move up and down more than real patients do. Bilirubin is correlated with that of the next visit by
# {glue:text}`real_next:.2f` in real patients and by {glue:text}`new_next:.2f` in new people. Over four visits
# it is {glue:text}`real_later:.2f` and {glue:text}`new_later:.2f`. The law remembers one visit, and patients
# remember more. For the next visit this costs little: {numref}`fig-forecasts` has the forecasts. For a question
# about long courses these people are the wrong ones. They are seen as often and as long as real patients, and
# not after their own follow-up has ended.
#
# ## Forecasts of patients kept aside
#
# In each of {glue:text}`splits` random splits, {glue:text}`aside` patients are kept aside with all columns. The
# others are dealt to the three hospitals. Each visit of the patients kept aside, but the first, is forecast
# from the visit before. The learner is a linear regression in each line below, but for the last two:
#
# - *merged*: visits of {glue:text}`made` new people, made for the task;
# - *merged for the other*: as many, made for the other task;
# - *multiple imputation*: all real visits, completed {glue:text}`draws` times, forecasts averaged;
# - *mean filling* and *IterativeImputer*: all real visits, with holes filled;
# - *one hospital alone*: the median of the hospitals that measure the value;
# - *complete visits*: all visits before columns were removed, which no hospital has;
# - *last value carried forward*: the forecast is the value of the visit before;
# - *mixed model*: a line in time for each patient, fitted to the patient's earlier visits (`statsmodels`).
#
# Before the run we stated what is to be reached, in `grids/visit_trials.yml`: the error of merged visits is not
# above that of the last value carried forward, and at most 5 % above that of complete visits.

# %% tags=["hide-input"]
from ddlib.comparisons import resampled_interval
from ddlib.runs.compute import collect

seeds = range(parameters.seed, parameters.seed + parameters.num_splits)
found = collect(VISIT_TRIALS, [VisitTrialsConfig(seed=k) for k in seeds])
alone = found["set"].str.endswith(" alone")
keys = ["task", "seed"]
measured = ["error", "coverage", "width"]
median = (
    found[alone].groupby(keys)[measured].median().reset_index().assign(set="one hospital alone")
)
found = pd.concat([found[~alone], median])
made = found["set"].str.startswith("merged for ")
own = "merged for " + found["task"] == found["set"]
found["set"] = found["set"].mask(made, "merged for the other").mask(own, "merged")

num_patients = NUM_TEST + sum(table["id"].nunique() for table in tables.values())
LINES = [
    "merged for the other", "one hospital alone", "mean filling", "IterativeImputer, 5 draws",
    "multiple imputation", "complete visits", "last value carried forward", "mixed model",
]  # fmt: skip
TITLES = {"next(log_bili) ~ .": "log bilirubin", "next(albumin) ~ .": "albumin"}


def compared(scores):
    """Return by how many per cent the error of merged visits is above that of each other set."""
    table = scores.pivot(index="seed", columns="set", values="error")
    above = 100 * table[["merged"]].to_numpy() / table[LINES] - 100
    share = NUM_TEST / num_patients
    ends = above.apply(lambda gap: pd.Series(resampled_interval(gap, test_share=share))).T
    return ends.set_axis(["low", "high"], axis=1).assign(above=above.mean())


results = pd.concat({task: compared(found[found["task"] == task]) for task in TITLES})

# %% tags=["hide-input"]
# | label: fig-forecasts
# | caption: >-
# |   By how many per cent the error of forecasts learnt from merged visits is above that of the line's: mean
# |   over the splits, with the 95 % interval for re-splits. Left of the grey line merged visits are better.
# |   The dashed line is the target beside complete visits.
# | alt: >-
# |   Two panels of dots with intervals, a line for each other way to forecast. Dots left of zero are ways that
# |   merged visits beat.
fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.5 * WIDTH), sharey=True)
for axes, (task, title) in zip(panels, TITLES.items(), strict=True):
    lines = results.loc[task].loc[LINES]
    ends = [lines["above"] - lines["low"], lines["high"] - lines["above"]]
    axes.axvline(0, color=GREY, lw=0.8)
    axes.axvline(5, color=GREY, lw=0.8, ls="--")
    axes.errorbar(lines["above"], LINES, xerr=ends, fmt="o", ms=4, color=BLUE)
    axes.set(title=title)
fig.supxlabel("difference of the error, %")
panels[0].invert_yaxis()
plt.show()

# %% tags=["hide-input"]
# | label: tab-forecasts
# | caption: >-
# |   Forecasts of the next visit, learnt from merged rows and from what one would do else: means over the
# |   draws.
means = found.groupby(["task", "set"])[measured].mean()
shown = means.reindex(pd.MultiIndex.from_product([TITLES, ["merged", *LINES]]))
shown = shown.rename(index=TITLES, level=0).rename_axis(["forecast of", "learnt from"])
shown = shown.rename(columns={"coverage": "in the 95 % interval", "width": "its width"})
typeset(shown, ".3f")

# %% [markdown]
# {numref}`tab-visits-targets` has the targets, and what came out, with the words of the page before.

# %% tags=["hide-input"]
# | label: tab-visits-targets
# | caption: >-
# |   Merged visits against what one would do else: the limit that was set before, the difference with its 95 %
# |   interval, and whether the target was reached.
TARGETS = [("last value carried forward", 0), ("complete visits", 5)]  # per cent above, at most


def verdict(line, limit):
    """Return whether a mean difference is within its limit, and whether its whole interval is."""
    if line["above"] <= limit:
        return "clearly reached" if line["high"] <= limit else "reached"
    return "clearly missed" if line["low"] > limit else "missed"


judged = []
for task, title in TITLES.items():
    for name, limit in TARGETS:
        line = results.loc[task].loc[name]
        difference = line["above"], line["low"], line["high"]
        judged.append((title, name, limit, difference, verdict(line, limit)))
names = ["forecast of", "merged against", "limit, %", "difference, % (95 %)", "target"]
judged = pd.DataFrame(judged, columns=names).set_index(names[:2])
typeset(judged, {"limit, %": "+.0f", "difference, % (95 %)": "+.1f"})

# %% tags=["remove-cell"]
reached = judged["target"].str.endswith("reached")
put(targets=len(judged), targets_reached=reached.sum(), refit=number(found["refit"].max(), ".0e"))

# %% [markdown]
# Of {glue:text}`targets` targets {glue:text}`targets_reached` are reached. A refit to the merged visits finds
# the pooled coefficients up to {glue:text}`refit`.
#
# ## Statistics in place of rows
#
# A hospital that may not send rows sends a {term}`summary`: `ddlib summarize a.csv --out a.json`. It is a file
# that a person can read, and has
#
# - the columns, their kinds and their levels, with counts;
# - of each number, a quantile function whose values are means over at least {glue:text}`least` patients;
# - *moments*: sums, and sums of products, of the normal scores and levels of the rows, for each set of columns
#   that rows show together. Sets that too few rows show are joined to others, and the file says so.
#
# For a normal law the moments are all that rows can tell. They add up over hospitals, so the EM algorithm needs
# no rows ({py:mod}`ddlib.sites.em`). On the scale of each hospital they add up nearly. A second round makes it
# exact: from the first summaries `ddlib scale` makes the scale of all hospitals, and on it each sums again.

# %%
from ddlib.merge.merged import merge
from ddlib.merge.summaries import merge_summaries
from ddlib.sites.summary import summarise
from ddlib.sites.tables import read_site

files = sorted(DATA.glob("hospital_*.csv"))


def summaries(min_count):
    """Return what each hospital sends."""
    sites = {path.name: read_site([path], Settings(min_count=min_count)) for path in files}
    return {
        label: summarise(site.schema, site.codes, min_count=min_count)
        for label, site in sites.items()
    }


# %%
task = "died ~ ."
ways = {
    "rows": merge(read_sources(files), [task], seed=parameters.seed),
    "summaries": merge_summaries(summaries(Settings().min_count), [task], seed=parameters.seed),
    "summaries, nothing left out": merge_summaries(summaries(1), [task], seed=parameters.seed),
}

# %% tags=["remove-cell"]
put(least=Settings().min_count)
coefficients = {
    name: way.pooled[task].table().iloc[1:].set_index("term") for name, way in ways.items()
}
whole = coefficients["rows"]
for short, name in (("told", "summaries"), ("all", "summaries, nothing left out")):
    off = (coefficients[name]["estimate"] - whole["estimate"]) / whole["standard error"]
    put(**{f"off_{short}": off.abs().max(), f"rms_{short}": (off**2).mean() ** 0.5})
    put(**{f"worth_{short}": ways[name].worth[task]})
put(worth_rows=ways["rows"].worth[task])

# %% [markdown]
# {numref}`fig-summaries` has the pooled coefficients of "died ~ ." for the three hospitals of the page before,
# of about 70 patients each. From rows they are worth {glue:text}`worth_rows:.0f` complete patients, from
# summaries {glue:text}`worth_told:.0f`. The largest difference of a coefficient is {glue:text}`off_told:.1f`
# standard errors, the root mean square {glue:text}`rms_told:.1f`. Part of this is protection: a level that few
# patients of a hospital have is left out. With `min_count` 1, which leaves nothing out, the root mean square is
# {glue:text}`rms_all:.1f`, and summaries are worth {glue:text}`worth_all:.0f` patients. The rest is the
# method's: it fits moments, where the sampler of rows fits ranks and draws the hidden score of each level. We
# did not separate these. So small hospitals had better send rows, if they may.

# %% tags=["hide-input"]
# | label: fig-summaries
# | caption: >-
# |   Coefficients of "died ~ .", in standard errors of those from rows, with 95 % intervals: from rows, from
# |   summaries, and from summaries that leave nothing out.
# | alt: >-
# |   A line for each column with three dots and intervals. The intervals overlap, and the dots differ by up to
# |   about two standard errors.
fig, axes = plt.subplots(figsize=(WIDTH, 0.75 * WIDTH))
axes.axvline(0, color=GREY, lw=0.8)
places = np.arange(len(whole))
for shift, color, (name, own) in zip(
    (-0.25, 0.0, 0.25), (BLUE, ORANGE, GREY), coefficients.items(), strict=True
):
    own = own.reindex(whole.index)
    unit = whole["standard error"]
    middle = own["estimate"] / unit
    ends = [(own["estimate"] - own["low"]) / unit, (own["high"] - own["estimate"]) / unit]
    axes.errorbar(middle, places + shift, xerr=ends, fmt="o", ms=3, color=color, label=name)
axes.set(yticks=places, yticklabels=whole.index, xlabel="coefficient, in standard errors")
axes.invert_yaxis()
fig.legend(loc="outside upper right", ncols=3)
plt.show()

# %% [markdown]
# A summary cannot tell how near merged rows come to a person, nor what a learner scores on patients kept aside.
# The report says so.
#
# ## Summaries with noise
#
# A sum of many people hides one of them only from a reader who does not know the others. The difference of two
# summaries, before and after an admission, is the patient. Noise protects against that and every other attack,
# to a stated degree: the summary is $(\varepsilon,\delta)$-{term}`differentially private <differential privacy>`
# ([what that means](../book/privacy.md)). A small ε is strong protection.

# %% tags=["hide-input"]
from ddlib.experiments.private_trials import PRIVATE, PRIVATE_TRIALS, SUMMARIES, PrivateTrialsConfig
from ddlib.merge.rivals import MEAN_FILLING

LARGER = (0.3, 1.0, 3.0, 10.0)
splits = range(parameters.seed, parameters.seed + parameters.num_private)
small = collect(PRIVATE_TRIALS, [PrivateTrialsConfig(seed=k) for k in splits])
large = collect(
    PRIVATE_TRIALS, [PrivateTrialsConfig(seed=k, times=10, epsilons=LARGER) for k in splits]
)

# %% tags=["hide-input"]
# | label: fig-privacy
# | caption: >-
# |   What noise costs: AUC of "died ~ ." on patients kept aside, learnt from rows merged from three private
# |   summaries, over the ε of each. Left: hospitals of about 70 patients. Right: ten times as many, drawn from
# |   the same patients. A dot is the mean over the splits, a bar the 95 % interval for re-splits. Lines:
# |   without noise, and rows filled by means, which no hospital may send.
# | alt: >-
# |   Two panels. In each, the AUC rises with ε towards a line without noise; with more patients it gets there
# |   at a smaller ε.
from ddlib.plots.curves import plain_decades

share = TRIALS["pbc"].num_test / len(pd.read_csv(DATA / TRIALS["pbc"].file))
fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.45 * WIDTH), sharey=True)
for axes, title, scores in (
    (panels[0], "70 patients per hospital", small),
    (panels[1], "700 patients per hospital", large),
):
    table = scores[scores["set"] == PRIVATE].pivot(index="seed", columns="epsilon", values="score")
    low, high = np.array([resampled_interval(table[e], test_share=share) for e in table]).T
    means = table.mean()
    axes.errorbar(means.index, means, yerr=[means - low, high - means], fmt="o-", ms=4, color=BLUE)
    for name, color in ((SUMMARIES, ORANGE), (MEAN_FILLING, GREY)):
        level = scores.loc[scores["set"] == name, "score"].mean()
        axes.axhline(level, color=color, lw=1, label="without noise" if name == SUMMARIES else name)
    axes.axhline(0.5, color=GREY, lw=0.8, ls=":")
    axes.set(title=title, xlabel="ε of each summary", xscale="log")
    plain_decades(axes.xaxis)
panels[0].set_ylabel("AUC")
panels[1].legend(loc="lower right")
plt.show()

# %% tags=["remove-cell"]
for size, scores in (("small", small), ("large", large)):
    table = scores[scores["set"] == PRIVATE].groupby("epsilon")["score"].mean()
    put(**{f"{size}_one": table[1.0], f"{size}_ten": table[10.0]})
    put(**{f"{size}_plain": scores.loc[scores["set"] == SUMMARIES, "score"].mean()})
put(private=parameters.num_private)

# %% [markdown]
# {numref}`fig-privacy` shows the price, over {glue:text}`private` splits. With 70 patients per hospital the AUC
# is {glue:text}`small_plain:.2f` without noise, {glue:text}`small_ten:.2f` at ε = 10 and
# {glue:text}`small_one:.2f` at ε = 1. With ten times as many it is {glue:text}`large_ten:.2f` at ε = 10 and
# {glue:text}`large_one:.2f` at ε = 1. Noise that hides one person is the same in a small table and in a large
# one. So small hospitals pay most. The noise behind the figure comes from a seed, so that the book can be
# checked; the command takes its noise from OpenDP.
#
# ## Your own visits and sites
#
# ```bash
# .venv/bin/ddlib merge a.csv b.csv --id id --time day --for "next(albumin) ~ ." \
#     --out merged.csv --report report.html
# ```
#
# Where rows may not leave their site, each site runs the first line, somebody the second, each site the third,
# and that person the last:
#
# ```bash
# .venv/bin/ddlib summarize a.csv --out a.json
# .venv/bin/ddlib scale a.json b.json --out scale.json
# .venv/bin/ddlib summarize a.csv --scale scale.json --out a2.json
# .venv/bin/ddlib merge a2.json b2.json --for "died ~ ." --out merged.csv --report report.html
# ```
#
# ## Exercises
#
# ```{exercise} What adds up, and what does not
# :label: ex-sites-median
#
# Three hospitals send sums and sums of products. Which of these learners can be trained from them exactly:
# linear regression, ridge regression with any penalty, a regression of the median, logistic regression?
# ```
#
# ```{solution} ex-sites-median
# Linear and ridge regression: they see rows through $\sum xx^\top$ and $\sum xy$ alone, and these add up. The
# other two need sums at a $\theta$ that is not known before ({prf:ref}`thm-logistic` says that no fixed
# statistic has their loss). Sites could exchange gradients in many rounds, or send rows. The summaries of this
# page take a third way: a model of normal scores, from which rows for a logistic regression are drawn. The
# learner decides what a hospital has to send.
# ```
#
# ```{exercise} Two hospitals, no rows
# :label: ex-sites-sums
#
# Hospitals A and B both measure albumin. Learn the linear regression of albumin on age and log bilirubin from
# the sums of each, without putting their rows together. Compare with the regression on all rows. Then learn
# the same from one hospital alone.
# ```
#
# ```{solution-start} ex-sites-sums
# ```


# %%
def sums(table):
    """Return the sums of products of one, age, log bilirubin and albumin."""
    columns = table[["age", "log_bili", "albumin"]].dropna()
    rows = np.column_stack([np.ones(len(columns)), columns])
    return rows.T @ rows


def slopes(products):
    """Return the coefficients of the regression that has these sums of products."""
    return np.linalg.solve(products[:-1, :-1], products[:-1, -1])[1:]


a, b = tables["hospital_a"], tables["hospital_b"]
of_rows = slopes(sums(pd.concat([a, b])))
by_sums, alone = slopes(sums(a) + sums(b)), slopes(sums(a))
print(f"by sums and by rows differ by {abs(by_sums - of_rows).max():.0e}")
print(f"age, log bilirubin: both {by_sums.round(4)}, A alone {alone.round(4)}")

# %% [markdown]
# The two are equal to rounding: for this learner ten numbers of each hospital are as good as its rows, and
# adding is all that a third party has to do. They are ten numbers for *this* question. Nobody can ask them for
# the median, or for the course of one patient. A task was fixed when they were chosen.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - Visits are merged for a task over time; people, not visits, are the independent unit.
# - Sums and products of scores can stand for rows. On one scale they add up over sites, shards and batches.
# - A summary without noise can tell a single person. With noise it cannot, up to a stated ε; small sites pay
#   most.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/visits_and_sites.py PARAMS="num_splits=10"
# ```
