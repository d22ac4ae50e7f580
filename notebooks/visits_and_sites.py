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
# [Merge your own tables](own_tables.ipynb) takes tables that have one row per person, and brings them to one
# place. But hospitals follow patients over many visits, and often may not send rows at all. This page first
# merges tables of visits, then statistics that hospitals send in place of rows.
#
# The distillation problem has the same three parts as before:
#
# - **{term}`learner`**: a linear or logistic regression of the next visit's value, or of an event within a
#   horizon;
# - **{term}`criterion`**: its loss on the visits of new patients;
# - **{term}`budget`**: the number of people.
#
# The methods of this page are ours. The paper's case study has {term}`trajectories <trajectory>` of numbers, all
# with the same number of {term}`slices <slice>`.

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
# The liver trial of the page before also followed its patients. Each row of the table is a visit. The column `id`
# names the patient, and `day` counts the days since the patient's first visit. We deal the patients to three
# hospitals. Each hospital lacks three of the laboratory values or findings.

# %%
from ddlib.tables import Settings, read_sources
from ddlib.visits import Said, read_visits

tables, _, _ = cut_visits(parameters.seed)
visits = read_visits(tables, Said(person="id", time="day"), Settings(min_count=5))

# %% tags=["hide-input"]
# | label: tab-visits
# | caption: >-
# |   The first visits at one hospital, a row each, with some of the columns.
SOME = ["id", "day", "log_bili", "albumin"]  # that a phone has room for
first = tables["hospital_a"][SOME].head().rename_axis("row")
typeset(first, specs_of(first, ".3g"))

# %% tags=["remove-cell"]
put(people=visits.num_people, rows=len(visits), hospitals=len(tables), aside=NUM_TEST)
put(least_visits=visits.counts.min(), most_visits=visits.counts.max())
put(changing=len(visits.changing), static=len(visits.schema.names) - len(visits.changing))
put(made=parameters.num_people, draws=parameters.num_draws, splits=parameters.num_splits)
TARGETS = [("last value carried forward", 0), ("complete visits", 5)]  # per cent above, at most
put(near=TARGETS[1][1])

# %% [markdown]
# {py:obj}`~ddlib.visits.read_visits` found {glue:text}`people` patients with {glue:text}`rows` visits, from
# {glue:text}`least_visits` to {glue:text}`most_visits` per patient. Two kinds of columns are told apart. A
# *static* column, such as sex, has one value in all visits of a patient; there are {glue:text}`static` of them.
# The other {glue:text}`changing` are *changing*.
#
# ## A model of visits
#
# Let $s$ be the hidden scores of a patient's static columns, and $z_t$ those of visit $t$. As on the page
# before, each column is a monotone function of its score; here it is the same function at all visits. The
# number of visits $N$ and the first visit are drawn together. Then each visit follows from the one before. With
# $v_t=(z_t,s,\tau_t,N-t)$, where $\tau_t$ is the time of visit $t$ and $\delta_t$ the time until the next,
#
# $$
# (z_{t+1},\delta_t)\mid v_t\sim\mathcal N(A\,v_t+a,\,Q).
# $$ (visit-law)
#
# The matrix $A$, the vector $a$ and the covariance $Q$ are estimated. This is the two-slice network of
# [case study 1](merging.ipynb), on scores. The mean depends on how many visits are still to come, $N-t$. So
# patients who drop out early may differ from those who stay. As before, a pair of columns that no hospital has
# together, now or at the next visit, is taken as independent given the rest ({py:mod}`ddlib.visits.model`).
#
# Each visit but the first and the last is in two pairs, once as the later visit and once as the earlier one.
# Standard errors therefore take a patient, not a visit, as the independent unit
# ({py:mod}`ddlib.visits.pooling`).
#
# ## People for a task
#
# A task over time names what is to be learnt. `next(albumin) ~ .` predicts the next visit's albumin from this
# visit and the static columns. `within(died, futime, 365) ~ .` predicts whether the patient dies within 365 days
# after a visit; the column `futime` has the day until which the patient was followed. The result is a table of
# the visits of new people. Weights make the regression's estimating equations hold over the pairs of visits that
# follow one another.

# %%
from ddlib.visits.merging import merge_visits

merged = merge_visits(
    visits,
    ["next(albumin) ~ ."],
    num_people=parameters.num_people,
    num_draws=parameters.num_draws,
    min_count=5,
    seed=parameters.seed,
)

# %% tags=["hide-input"]
# | label: tab-merged-visits
# | caption: >-
# |   The first merged visits: the same columns as above, and the weight of each row.
first = merged.rows[[*SOME, merged.rows.columns[-1]]].head().rename_axis("row")
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
# |   Bilirubin over time, on a logarithmic scale, of thirty real patients and of thirty new people. A line is a
# |   person, a dot a visit. Both groups start alike and are followed as long, but the lines of new people go up
# |   and down more from visit to visit.
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
# The bilirubin of new people moves up and down more than that of real patients. Its correlation with that of the
# next visit is {glue:text}`real_next:.2f` in real patients and {glue:text}`new_next:.2f` in new people. With that
# of the fourth visit after it is {glue:text}`real_later:.2f` and {glue:text}`new_later:.2f`. In the model a visit
# depends on the one before alone, while in patients it also depends on earlier ones.
#
# For the next visit this costs little: {numref}`fig-forecasts` has the forecasts. For a question about long
# courses these people are the wrong ones. They are seen as often and as long as real patients, and not after
# their own follow-up has ended.
#
# ## Forecasts of patients kept aside
#
# In each of {glue:text}`splits` random splits, {glue:text}`aside` patients are kept aside with all columns. The
# others are dealt to the three hospitals. Each visit of the patients kept aside, except the first, is forecast
# from the visit before. The learner is a linear regression in each line below, except the last two:
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
# Before the run we stated targets, in `grids/visit_trials.yml`. The error of merged visits should not be above
# that of the last value carried forward, and at most {glue:text}`near` % above that of complete visits.
# {numref}`fig-forecasts` has the differences.

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
# |   By how many per cent the error of forecasts learnt from merged visits is above that of the way in the line.
# |   A dot is the mean over the splits, with the 95 % interval for re-splits. Left of the grey line merged visits
# |   are better. An orange mark is a limit set before the run: the target is reached where the dot lies left of
# |   it.
# | alt: >-
# |   Two panels of dots with intervals, a line for each other way to forecast. Dots left of zero are ways that
# |   merged visits beat.
fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.5 * WIDTH), sharey=True)
for axes, (task, title) in zip(panels, TITLES.items(), strict=True):
    lines = results.loc[task].loc[LINES]
    ends = [lines["above"] - lines["low"], lines["high"] - lines["above"]]
    axes.axvline(0, color=GREY, lw=0.8)
    axes.errorbar(
        lines["above"], LINES, xerr=ends, fmt="o", ms=4, color=BLUE, label="merged visits"
    )
    names, limits = zip(*TARGETS, strict=True)
    axes.plot(limits, names, "|", color=ORANGE, ms=9, mew=2, label="limit")
    axes.set(title=title)
fig.supxlabel("difference of the error, %")
panels[0].invert_yaxis()
plt.show()

# %% [markdown]
# A target is *reached*, *missed*, or either *clearly*, in the sense of the page before.
# {numref}`tab-visits-targets` has each target, and {numref}`tab-forecasts` the errors themselves; both are below
# a fold. The second one also says how many of the true values are in the 95 % interval of their forecast, and how
# wide this interval is.

# %% tags=["hide-cell"]
# | label: tab-forecasts
# | caption: >-
# |   Forecasts of the next visit, learnt from merged rows and from what one would do instead: means over the
# |   splits of the error, of the share of true values in the 95 % interval of the forecast, and of its width.
# | fold: errors of forecasts
means = found.groupby(["task", "set"])[measured].mean()
shown = means.reindex(pd.MultiIndex.from_product([TITLES, ["merged", *LINES]]))
shown = shown.rename(index=TITLES, level=0).rename_axis(["forecast of", "learnt from"])
shown = shown.rename(columns={"coverage": "in the 95 % interval", "width": "its width"})
typeset(shown, ".3f")

# %% tags=["hide-cell"]
# | label: tab-visits-targets
# | caption: >-
# |   Merged visits against what one would do instead: the difference in per cent with its 95 % interval, the
# |   limit that was set before, and whether the target was reached.
# | fold: the targets


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
        judged.append((title, name, difference, limit, verdict(line, limit)))
names = ["forecast of", "merged against", "difference, %", "limit, %", "target"]
judged = pd.DataFrame(judged, columns=names).set_index(names[:2])
typeset(judged, {"limit, %": ".0f", "difference, %": "+.1f"})

# %% tags=["remove-cell"]
reached = judged["target"].str.endswith("reached")
put(targets=len(judged), targets_reached=reached.sum(), refit=number(found["refit"].max(), ".0e"))

# %% [markdown]
# Merged visits reach {glue:text}`targets_reached` of {glue:text}`targets` targets. A refit to them finds the
# pooled coefficients up to {glue:text}`refit`.
#
# ## Statistics in place of rows
#
# A hospital that may not send rows sends a {term}`summary`. The command `ddlib summarize` writes it as a file
# that a person can read. It has
#
# - the columns, their kinds and their levels, with counts;
# - of each number, a quantile function whose values are means over at least {glue:text}`least` patients;
# - *moments*: sums, and sums of products, of the normal scores and levels of the rows, for each set of columns
#   that rows have together. Sets that too few rows have are joined to others, and the file says so.
#
# In a normal law the moments hold all that the rows do. They add up over hospitals, so the EM algorithm, which
# estimates the law from incomplete rows, needs no rows ({py:mod}`ddlib.sites.em`). The scores of each hospital
# are on its own scale, so that the sums fit together only nearly. A second round makes them fit exactly: from the
# first summaries `ddlib scale` makes a scale for all hospitals, and each hospital sums again on this scale.

# %%
from ddlib.merge.merged import merge
from ddlib.merge.summaries import merge_summaries
from ddlib.sites.summary import summarise
from ddlib.sites.tables import read_site

files = sorted(DATA.glob("hospital_*.csv"))


def summaries(min_count):
    """Return what each hospital sends."""
    found = {}
    for path in files:
        site = read_site([path], Settings(min_count=min_count))
        found[path.name] = summarise(site.schema, site.codes, min_count=min_count)
    return found


# %%
task, seed = "died ~ .", parameters.seed
some, all_cells = summaries(Settings().min_count), summaries(1)
ways = {
    "rows": merge(read_sources(files), [task], seed=seed),
    "summaries": merge_summaries(some, [task], seed=seed),
    "summaries, nothing left out": merge_summaries(all_cells, [task], seed=seed),
}

# %% tags=["remove-cell"]
put(
    least=Settings().min_count,
    per_hospital=round(sum(len(pd.read_csv(f)) for f in files) / len(files)),
)
coefficients = {
    name: way.pooled[task].table().iloc[1:].set_index("term") for name, way in ways.items()
}
whole = coefficients["rows"]

# %% [markdown]
# We merge the three hospitals of the page before, of about {glue:text}`per_hospital` patients each, in three
# ways: from their rows, from summaries, and from summaries with `min_count` 1, which leave nothing out.
# {numref}`tab-three-ways` has what each way is worth for "died ~ .", and {numref}`fig-summaries` its
# coefficients.

# %% tags=["hide-input"]
# | label: tab-three-ways
# | caption: >-
# |   What merged rows are worth, in complete patients, and how far their coefficients are from those of rows, in
# |   standard errors: the largest distance, and the root of the mean square.
apart = {
    name: (own["estimate"] - whole["estimate"]) / whole["standard error"]
    for name, own in coefficients.items()
}
lines = {
    name: {
        "worth": ways[name].worth[task],
        "largest": off.abs().max(),
        "root mean square": (off**2).mean() ** 0.5,
    }
    for name, off in apart.items()
}
typeset(
    pd.DataFrame(lines).T.rename_axis("merged from"),
    {"worth": ".0f", "largest": ".1f", "root mean square": ".1f"},
)

# %% [markdown]
# Summaries lose something, for two reasons. One is protection: a level that few patients of a hospital have is
# left out. The other is the method: it fits moments, where the sampler of rows fits ranks and draws the hidden
# score of each level. (We did not separate these two differences.) The last line of the table has the loss by the
# method alone. So small hospitals should send rows if they may.

# %% tags=["hide-input"]
# | label: fig-summaries
# | caption: >-
# |   Coefficients of "died ~ .", in standard errors of those from rows, with 95 % intervals: from rows, from
# |   summaries, and from summaries that leave nothing out. The three intervals of a line overlap nearly
# |   everywhere. A column without an orange line was left out of the summaries.
# | alt: >-
# |   A line for each column with up to three dots and intervals. Most intervals of a line overlap, and most dots
# |   differ by less than two standard errors.
fig, axes = plt.subplots(figsize=(WIDTH, 1.15 * WIDTH))
axes.axvline(0, color=GREY, lw=0.8)
places = np.arange(len(whole))
for shift, color, (name, own) in zip(
    (-0.25, 0.0, 0.25), (BLUE, ORANGE, GREY), coefficients.items(), strict=True
):
    own = own.reindex(whole.index)
    unit = whole["standard error"]
    middle = own["estimate"] / unit
    ends = [(own["estimate"] - own["low"]) / unit, (own["high"] - own["estimate"]) / unit]
    axes.errorbar(middle, places + shift, xerr=ends, fmt="o", ms=4, color=color, label=name)
axes.set(yticks=places, yticklabels=whole.index, xlabel="coefficient, in standard errors")
axes.invert_yaxis()
fig.legend(loc="outside upper right", ncols=3)
plt.show()

# %% [markdown]
# From summaries alone two things cannot be computed: how near merged rows come to a person, and what a learner
# scores on patients kept aside. The report says so.
#
# ## Summaries with noise
#
# A sum over many people hides one of them only from a reader who does not know the others. Two summaries, one
# before and one after an admission, give the patient away: their difference is the patient's record. Noise
# protects against this and every other attack, to a stated degree. The summary is then
# $(\varepsilon,\delta)$-{term}`differentially private <differential privacy>`
# ([what that means](../book/privacy.md)). A small ε is strong protection. {numref}`fig-privacy` shows the price,
# over {glue:text}`private` random splits.

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
# |   summaries without noise; mean filling of the rows, which no hospital may send; and, dotted, chance. The
# |   curve reaches the line without noise at a smaller ε where hospitals are larger.
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
    axes.axhline(0.5, color=GREY, lw=0.8, ls=":", label="_chance")
    axes.set(title=title, xlabel="ε of each summary", xscale="log")
    plain_decades(axes.xaxis)
panels[0].set_ylabel("AUC")
panels[1].legend(loc="lower right")
plt.show()

# %% tags=["remove-cell"]
for size, scores in (("small", small), ("large", large)):
    table = scores[scores["set"] == PRIVATE].groupby("epsilon")["score"].mean()
    put(**{f"{size}_one": table[1.0]})
    put(**{f"{size}_plain": scores.loc[scores["set"] == SUMMARIES, "score"].mean()})
put(private=parameters.num_private)

# %% [markdown]
# In the small hospitals the mean AUC falls from {glue:text}`small_plain:.2f` without noise to
# {glue:text}`small_one:.2f` at ε = 1. In the large ones it falls from {glue:text}`large_plain:.2f` to
# {glue:text}`large_one:.2f`. The noise that hides one person is the same in a small table and in a large one. So
# small hospitals pay most. The noise behind the figure comes from a seed, so that the book can be checked; the
# command takes its noise from OpenDP.
#
# ## Your own visits and sites
#
# Name the column of the person and that of the time. The command merges the visits and writes a report:
#
# ```bash
# .venv/bin/ddlib merge a.csv b.csv --id id --time day \
#     --for "next(albumin) ~ ." --out merged.csv --report report.html
# ```
#
# Where rows may not leave their site, they are merged in four steps, for tables of one row per person:
#
# ```bash
# # 1. Each site, here a:
# .venv/bin/ddlib summarize a.csv --out a.json
# # 2. Somebody who has the summaries of all sites:
# .venv/bin/ddlib scale a.json b.json --out scale.json
# # 3. Each site again:
# .venv/bin/ddlib summarize a.csv --scale scale.json --out a2.json
# # 4. The person of step 2:
# .venv/bin/ddlib merge a2.json b2.json --for "died ~ ." \
#     --out merged.csv --report report.html
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
# other two need sums that depend on $\theta$, which is not known before ({prf:ref}`thm-logistic` says that no
# fixed statistic has their loss). Sites could exchange gradients in many rounds, or send rows. The summaries of
# this page take a third way: a model of normal scores, from which rows for a logistic regression are drawn. The
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
# The two are equal up to rounding. For this learner ten numbers of each hospital are as good as its rows, and a
# third party only has to add them. They are ten numbers for *this* question. The median, or the course of one
# patient, cannot be computed from them. Whoever chose them fixed the task.
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
# - A summary without noise can give a single person away. Noise prevents that, up to a stated ε; small sites pay
#   most for it.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/visits_and_sites.py PARAMS="num_splits=10"
# ```
