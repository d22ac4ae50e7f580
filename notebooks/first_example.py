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
# # Five rows for a thousand
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** that a few rows can do the work of many, for one question; and the three words that say what a
# question is.
#
# **You need** nothing. Code that is folded may stay so.
# ```
#
# Somebody measured a thousand leaves. How long is a leaf of a given width? A line through them says it. Could five
# rows do the work of the thousand? Try it.

# %% tags=["parameters"]
num_leaves = 1000  # leaves in the table
num_rows = 5  # synthetic rows in its place, at least 4
num_steps = 40  # steps that the rows may move, at least 2
num_starts = 6  # starts of the search in the last figure, at least 2
seed = 23  # of the start whose pictures are shown; the last figure has this start and the next ones

# %% tags=["hide-input"]
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from pydantic import Field

from ddlib.config import Config, Seed


class Parameters(Config):
    """What each parameter above may be."""

    num_leaves: Annotated[int, Field(strict=True, ge=50)]
    num_rows: Annotated[int, Field(strict=True, ge=4)]
    num_steps: Annotated[int, Field(strict=True, ge=2)]
    num_starts: Annotated[int, Field(strict=True, ge=2)]
    seed: Seed


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.style import BLUE, GREY, ORANGE, WIDTH, use_style

use_style()


def put(**values):
    """Give each number or text the name by which the prose shows it."""
    for name, value in values.items():
        glue(name, value.item() if hasattr(value, "item") else value, display=False)


put(leaves=parameters.num_leaves, rows=parameters.num_rows, starts=parameters.num_starts)

# %% tags=["hide-input"]
# | label: fig-drag
# | caption: >-
# |   Five rows (discs), and the line that a model learns from them alone. Dots are the leaves, the broken line is
# |   learnt from all of them. The curve is the loss $F$ over the slope of the line: how far the lengths of all leaves
# |   are from it, as a root mean square.
# | alt: >-
# |   Left: a cloud of dots that rises to the right, five discs in it, and a line that is steeper than the broken one.
# |   Right: a curve with one lowest point, at the slope of the broken line, and a disc higher up on it.
from ddlib import Task
from ddlib.plots.dragged import DraggedRows, Plane


def grow(count, seed):
    """Return made-up leaves of two trees, in centimetres."""
    draws = np.random.default_rng(seed)
    willow = draws.random(count) < 0.5
    width = draws.uniform(3, 7, count)
    length = width + np.where(willow, 7, 2) + draws.normal(0, 1.2, count)
    tree = np.where(willow, "willow", "lime")
    return pd.DataFrame({"width": width, "length": length, "tree": tree})


leaves = grow(parameters.num_leaves, seed=0)
parts = {"training": leaves, "validation": grow(1000, seed=1), "test": grow(1000, seed=2)}
table = pd.concat([part.assign(part=name) for name, part in parts.items()])
length = Task.from_table(table.drop(columns="tree"), "length", learner="ridge", split="part")

units = torch.tensor([[0.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
center, one = length.to_table(units).to_numpy()
few = leaves.sample(parameters.num_rows, random_state=22).round(1)  # their line is too steep
dragged = DraggedRows(
    table=leaves[["width", "length"]],
    start=few[["width", "length"]],
    center=center,
    scale=one - center,
    penalty=length.learner.penalty,
    step=(0.1, 0.1),
    rows_plane=Plane(
        (1.7, 1.5), (8.3, 18.5), ([2, 4, 6, 8], [5, 10, 15]), ("width in cm", "length in cm")
    ),
    curve_plane=Plane(
        (-2, 2.4), (4, 5.1), ([-2, 0, 2, 4], [3, 4, 5]), ("slope, cm per cm", "F, in cm")
    ),
)
fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.5 * WIDTH), width_ratios=[3, 2])
dragged.draw(*panels)
plt.show()

# %% tags=["remove-input"]
words = f"""Loss on all {parameters.num_leaves} leaves, F: [F] cm (broken line: [best] cm).
Loss on the {parameters.num_rows} rows themselves: [own] cm."""
dragged.widget("fig-drag", words=words, said="width [x] cm, length [y] cm")

# %% tags=["remove-cell"]
put(
    drag_start=dragged.loss(dragged.start, dragged.table),
    drag_own=dragged.loss(dragged.start, dragged.start),
    drag_best=dragged.loss(dragged.table, dragged.table),
)

# %% [markdown]
# The rows of {numref}`fig-drag` begin as five leaves, drawn at random. Their own loss is {glue:text}`drag_own:.2f`
# cm, but on all leaves it is {glue:text}`drag_start:.2f` cm. Move them until it is {glue:text}`drag_best:.2f`: many
# sets of five rows have the line of all leaves. Then put all rows on one steep line. Their own loss falls, and $F$
# grows. Only $F$ says what rows are worth, and there is an $F$ only once the question is asked.
#
# This chapter asks two questions of the same leaves. It needs no mathematics, and takes ten minutes.
#
# ## A thousand leaves
#
# The table has one row for each leaf: its width, its length and its tree. The leaves are made up, so that you can see
# every answer by eye. A lime's leaf is round, a willow's is slender: for the same width it is longer.

# %%
print(leaves.head(4).round(1).to_string(index=False))

# %% tags=["remove-cell"]
colors = {"lime": BLUE, "willow": ORANGE}


def draw_leaves(axes, faint=False):
    """Draw the leaves as dots, a colour for each tree."""
    for tree, group in leaves.groupby("tree"):
        axes.scatter(
            group["width"], group["length"], s=8, lw=0, color=colors[tree],
            alpha=0.15 if faint else 0.5, label=f"_{tree} leaves",
        )  # fmt: skip
    axes.set(xlabel="width in cm", xlim=(1.7, 8.3), ylim=(1.5, 18.5))


# %% tags=["hide-input"]
# | label: fig-leaves
# | caption: >-
# |   The table. Each dot is a leaf. Willow leaves lie above lime leaves, and wide leaves are long ones in both.
# | alt: >-
# |   Two bands of dots, one above the other, both rising from the left to the right. The upper one is willow,
# |   the lower one lime.
fig, axes = plt.subplots(figsize=(WIDTH, 0.5 * WIDTH))
draw_leaves(axes)
axes.set(ylabel="length in cm")
axes.text(2.1, 11.6, "willow", color=ORANGE, weight="bold")
axes.text(7.15, 9.0, "lime", color=BLUE, weight="bold")
plt.show()

# %% [markdown]
# ## The first question: which tree is a leaf from?
#
# A model that is often used for such a question draws a straight line between the two bands (it is called
# *logistic regression*). Three things make a question that a computer can work on. The {term}`learner` is how a
# model is made of rows: here, such a line. The {term}`criterion` is what makes a model a good one: here, its
# error in telling the trees apart. The {term}`budget` is how many rows there may be: here, {glue:text}`rows`.
# Learner and criterion on a table are a {term}`task` in the library. Other leaves, which no model learns from,
# choose among sets of rows, and a last part reports. All are in one table, with a column that says which part a
# leaf is in.

# %%
from ddlib import DISTILLERS, distill

tree = Task.from_table(table, "tree", learner="logistic", measure="log loss", split="part")

# %% [markdown]
# Now five rows. We begin with five leaves of the table, drawn at random. Then we move them, a little at a time,
# so that the model that learns *from these five alone* does better and better on the thousand. This takes three
# lines. What comes out are {glue:text}`rows` rows that no leaf ever had:


# %%
def find_rows(task, seed=parameters.seed):
    """Return the run that moves rows, drawn at random, until they teach what all rows teach."""
    problem = task.problem(parameters.num_rows, generator=torch.Generator().manual_seed(seed))
    draws = torch.Generator().manual_seed(1)
    method, steps = DISTILLERS["first-order"], parameters.num_steps
    return distill(problem, method, num_steps=steps, generator=draws, validation=task.validation)


tree_run = find_rows(tree)
tree_rows = tree.to_table(tree_run.rows)
print(tree_rows.round(1).to_string(index=False))

# %% [markdown]
# {numref}`fig-tree` shows what the model learns from the thousand leaves, and what it learns from the five rows.
# Of {glue:text}`new` new leaves, the two models give the same tree to {glue:text}`tree_agree`. From the five
# leaves that we began with, the model learns to agree on {glue:text}`tree_start` only.

# %% tags=["hide-input"]
# | label: fig-tree
# | caption: >-
# |   The line between the trees, learnt from all leaves (left) and from the rows alone (right; discs are lime
# |   rows, squares willow rows). The leaves stand faintly behind the rows, for comparison.
# | alt: >-
# |   Two panels with the same two bands of dots and a rising line between them. In the right one there are five
# |   large marks, and the line is the same as in the left one.


def tree_line(rows):
    """Return a, b, c of the line ax + by + c = 0 between the trees, in standard units."""
    theta = tree.learner(rows)
    return theta[:, 1] - theta[:, 0]


def draw_line(axes, line, **look):
    """Draw a line of standard units in centimetres."""
    a, b, c = line.tolist()
    x = torch.tensor([-4.0, 4.0], dtype=torch.float64)
    ends = torch.stack([x, -(a * x + c) / b], dim=1)
    ends = tree.to_table(torch.cat([ends, torch.eye(2, dtype=x.dtype)], dim=1))
    axes.plot(ends["width"], ends["length"], color="black", **look)


def draw_rows(axes, rows):
    """Draw synthetic rows, of a kind each or of none."""
    for tree_name, mark in (("lime", "o"), ("willow", "s"), (None, "D")):
        shown = rows[rows["tree"] == tree_name] if "tree" in rows else rows
        if ("tree" in rows) == (tree_name is not None):
            color = colors.get(tree_name, GREY)
            axes.scatter(
                shown["width"], shown["length"], s=80, marker=mark, color=color,
                edgecolor="white", lw=1.3, zorder=4, label=f"_{tree_name or 'synthetic'} rows",
            )  # fmt: skip


fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.5 * WIDTH), sharey=True)
draw_leaves(panels[0])
draw_leaves(panels[1], faint=True)
draw_rows(panels[1], tree_rows)
draw_line(panels[0], tree_line(tree.training), label="_line of all leaves")
draw_line(panels[1], tree_line(tree_run.rows), label="_line of these rows")
panels[0].set(ylabel="length in cm", title=f"{parameters.num_leaves} leaves")
panels[1].set(title=f"{parameters.num_rows} rows")
plt.show()

# %% tags=["remove-cell"]
new = parts["test"]


def predicted(task, rows):
    """Return what the model that learnt from rows says of the new leaves."""
    inputs = task.to_rows(new)[:, : -task.layout.num_responses]
    said = task.learner.predict(task.learner(rows), inputs)
    if task is tree:
        return said.argmax(dim=1).numpy()
    return task.to_table(torch.cat([inputs, said], dim=1))["length"].to_numpy()


def same_tree(rows):
    """Return the number of new leaves to which rows and all leaves give the same tree."""
    return int((predicted(tree, rows) == predicted(tree, tree.training)).sum())


def apart(rows):
    """Return how far lengths by rows and by all leaves are apart, in the mean, in centimetres."""
    return abs(predicted(length, rows) - predicted(length, length.training)).mean()


put(new=len(new), tree_agree=same_tree(tree_run.rows))
put(tree_start=same_tree(tree_run.snapshots[0].rows))

# %% [markdown]
# ## The second question: how long is a leaf of a given width?
#
# The table is the same. The question is another, and so is the model: a line through the middle of the table
# that says how length grows with width (*ridge regression*). The tree is not asked for. It is the question of
# {numref}`fig-drag`, and in the library another task than the first:

# %%
length = Task.from_table(table.drop(columns="tree"), "length", learner="ridge", split="part")
same_rows = length.to_rows(tree_rows.drop(columns="tree"))
length_run = find_rows(length)
length_rows = length.to_table(length_run.rows)
print(length_rows.round(1).to_string(index=False))

# %% [markdown]
# {numref}`fig-length` shows three answers. All leaves say that length {glue:text}`all_way` with width. The
# {glue:text}`rows` rows of the first question say that it {glue:text}`same_way`: on new leaves, the two answers
# are {glue:text}`same_apart:.1f` cm apart on average. {glue:text}`rows` other rows, made for this question, are
# {glue:text}`own_apart:.2f` cm apart from the answer of all.

# %% tags=["hide-input"]
# | label: fig-length
# | caption: >-
# |   Length by width, learnt from all leaves (top), from the rows that were made for the first question
# |   (middle), and from rows made for this one (bottom). The dashed line is the answer of all leaves again.
# | alt: >-
# |   Three panels with the same two bands of dots. The line of all leaves rises between the bands. The line of
# |   the first question's rows takes another way. The line of the last panel's rows lies on that of all leaves.


def length_line(rows):
    """Return a, b, c of the line ax + by + c = 0 of lengths, in standard units."""
    (slope,) = length.learner(rows).flatten()
    return torch.stack([slope, -torch.ones_like(slope), torch.zeros_like(slope)])


TITLES = f"{parameters.num_leaves} leaves", "the same rows", f"{parameters.num_rows} others"
fig, panels = plt.subplots(3, 1, figsize=(WIDTH, 1.3 * WIDTH), sharex=True)
for axes, title, rows in zip(panels, TITLES, (None, tree_rows, length_rows), strict=True):
    draw_leaves(axes, faint=rows is not None)
    axes.set(title=title)
    if rows is not None:
        draw_rows(axes, rows)
        draw_line(axes, length_line(length.training), ls="--", lw=1, label="_line of all leaves")
draw_line(panels[0], length_line(length.training), label="_line of all leaves")
draw_line(panels[1], length_line(same_rows), label="_line of these rows")
draw_line(panels[2], length_line(length_run.rows), label="_line of these rows")
for axes in panels:
    axes.set(ylabel="length in cm")
    axes.label_outer()
plt.show()

# %% tags=["remove-cell"]


def way(rows):
    """Return whether lengths by rows rise or fall with width."""
    return "rises" if length_line(rows)[0] > 0 else "falls"


put(all_way=way(length.training), same_way=way(same_rows))
put(same_apart=apart(same_rows), own_apart=apart(length_run.rows))

# %% [markdown]
# Nothing is wrong with the first rows. They were made to tell two trees apart, and little that they were not
# asked for is in them. That is what this book is about: **a small set of rows is good for a question, not in
# itself**. {numref}`fig-on-the-way` shows both searches at work. The pale line is what the model learns from all
# leaves. Each search ends on it.

# %% tags=["hide-input"]
# | label: fig-on-the-way
# | caption: >-
# |   Rows on their way, once. Left: for the first question. Right: for the second. The thin line is what the
# |   model learns from the rows at each moment, the pale one what it learns from all leaves. Reload the page to
# |   see it again.
# | alt: >-
# |   Two panels with two bands of dots each and five marks that move along short ways. A thin line turns with
# |   them until it lies on a pale one: between the bands on the left, across them on the right.
from IPython.display import SVG

from ddlib.plots.described import WithData
from ddlib.plots.playback import Panel, playback, ways

kinds = tree.layout.classes(tree.training)


def panel(task, run, line, path_kinds=None):
    """Return the panel of a run, up to the rows that were chosen."""
    path = torch.stack([shot.rows for shot in run.snapshots[: run.chosen.step + 1]])
    lines = torch.stack([line(rows) for rows in path])
    goal = line(task.training)
    return Panel(tree.training[:, :2], kinds, path[..., :2], path_kinds, lines, goal)


def show_searches():
    """Return both searches as a picture that plays once."""
    left = panel(tree, tree_run, tree_line, tree.layout.classes(tree_run.rows))
    label = "Five rows move until a model learns from them what it learns from a thousand leaves."
    shown = [left, panel(length, length_run, length_line)]
    return WithData(SVG(playback(shown, label=label)), ways(shown))


show_searches()

# %% [markdown]
# ## Was that luck?
#
# The pictures show one start, which we chose since the difference is easy to see. {numref}`fig-starts` has
# {glue:text}`starts` starts. For the first question the dots count new leaves on which the rows and all leaves
# disagree. For the second, they are centimetres between the two answers.

# %% tags=["hide-input"]
# | label: fig-starts
# | caption: >-
# |   How far the answer from a few rows is from that of all leaves, over several starts (a dot each; the line is
# |   the median). Left: the first question. Right: the second.
# | alt: >-
# |   Two panels with groups of dots. Rows made for the question are near zero in both. Random leaves are farther,
# |   and in the right panel the rows of the first question are farther too.
found = []
for k in range(parameters.num_starts):
    first, second = (find_rows(task, parameters.seed + k) for task in (tree, length))
    moved = length.to_rows(tree.to_table(first.rows).drop(columns="tree"))
    found += [
        ("tree", "random leaves", len(new) - same_tree(first.snapshots[0].rows)),
        ("tree", "rows made for it", len(new) - same_tree(first.rows)),
        ("length", "random leaves", apart(second.snapshots[0].rows)),
        ("length", "rows of the first\nquestion", apart(moved)),
        ("length", "rows made for it", apart(second.rows)),
    ]
found = pd.DataFrame(found, columns=["question", "rows", "far"])
UNITS = {"tree": f"disagreements on {len(new)} leaves", "length": "centimetres apart"}
fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.36 * WIDTH))
for axes, (question, unit) in zip(panels, UNITS.items(), strict=True):
    groups = found[found["question"] == question].groupby("rows", sort=False)["far"]
    for place, (_, far) in enumerate(groups):
        color = BLUE if place == groups.ngroups - 1 else GREY
        axes.plot(far, np.full(len(far), place), "o", color=color, alpha=0.5, label="_starts")
        ends = [place - 0.3, place + 0.3]
        axes.plot([far.median()] * 2, ends, color=color, lw=2, label="_median")
    axes.set(xlabel=unit, yticks=range(groups.ngroups), yticklabels=list(groups.groups))
    axes.set(ylim=(groups.ngroups - 0.5, -0.5), xlim=(0, None))
plt.show()

# %% tags=["remove-cell"]
far = found.groupby(["question", "rows"], sort=False)["far"]
middle, most = far.median(), far.max()
put(
    tree_random=middle["tree", "random leaves"],
    tree_most=most["tree", "rows made for it"],
    length_random=middle["length", "random leaves"],
    length_first=middle["length", "rows of the first\nquestion"],
    length_most=most["length", "rows made for it"],
)

# %% [markdown]
# Rows that were made for the question are off by at most {glue:text}`tree_most:.0f` leaves of
# {glue:text}`new`, and by at most {glue:text}`length_most:.2f` cm. For random leaves the medians are
# {glue:text}`tree_random:.0f` leaves and {glue:text}`length_random:.2f` cm. For the second question, the rows of
# the first one have a median of {glue:text}`length_first:.2f` cm.
#
# ## The words for it
#
# What you saw is {term}`dataset distillation`. The book says what a question is in the three
# words that you know:
#
# - the learner is how a model is made of rows: here, a line between two trees, or a line of lengths;
# - the criterion is what makes a model a good one: here, its error on all leaves;
# - the budget is how many rows you may have: here, {glue:text}`rows`.
#
# The paper that this book goes with says that the task belongs in the problem. The three words are ours: the
# learner and the criterion say what the task is, the budget says how many rows it may have. Whether the rows
# depend on the task, and how far, is what the other chapters measure.
#
# ## Exercises
#
# ```{exercise} What to ask
# :label: ex-first-ask
#
# Somebody sends you five rows, and writes that they are as good as ten thousand. Which questions do you ask
# before you use them?
# ```
#
# ```{solution} ex-first-ask
# Three. *Which learner* were they made for: what will draw a line, or grow a tree, or train a network from
# them? *By which criterion* are they as good: the share of trees that are told apart, an error in centimetres,
# and on which leaves? *With which budget* are they compared: five rows drawn at random may do nearly as well,
# and fifty may be no trouble. Without the three answers "as good" says nothing. The rows of this chapter's
# first question are good and bad, according to what you ask.
# ```
#
# ```{exercise} Ten rows in place of five
# :label: ex-first-ten
#
# You have five rows for each of the two questions. Put all ten into one table, without the tree, and let the
# model of the second question learn from it. Guess first: does it come nearer to the answer of all leaves than
# with its own five? Then try it; `apart` says how far two answers are apart, in centimetres.
# ```
#
# ```{solution-start} ex-first-ten
# ```

# %%
ten_rows = torch.cat([same_rows, length_run.rows])
off = {"its own rows": apart(length_run.rows), "both sets": apart(ten_rows)}
print("\n".join(f"{name}: {far:.2f} cm from the answer of all leaves" for name, far in off.items()))

# %% tags=["remove-cell"]
put(off_ten=off["both sets"], num_ten=len(ten_rows))

# %% [markdown]
# With {glue:text}`num_ten` rows the answer is {glue:text}`off_ten:.2f` cm off on average, with its own
# {glue:text}`rows` rows it is {glue:text}`own_apart:.2f` cm. Twice the budget has made it worse, since half of the
# rows were made for something else, and the model cannot know which half. More rows are not more knowledge. If
# you may have ten rows, make ten for your question.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - A few rows can teach a model what many leaves teach it: from {glue:text}`rows` rows and from
#   {glue:text}`leaves` leaves the models name the same tree for {glue:text}`tree_agree` of {glue:text}`new` new
#   leaves.
# - The same rows can be wrong for another question: all leaves say that length {glue:text}`all_way` with
#   width, the rows of the first question that it {glue:text}`same_way`.
# - It was not one lucky start: over {glue:text}`starts` starts, rows that were made for the question are off
#   by at most {glue:text}`tree_most:.0f` leaves, and by at most {glue:text}`length_most:.2f` cm.
# - A question is a learner, a criterion and a budget. Ask for all three before you trust a small set.
# ```
#
# ## What comes next
#
# - [What holds](claims.ipynb): the paper's claims, and what came out of each.
# - [The formal problem](formal_problem.ipynb): the same in symbols, with a learner whose best rows are known.
# - [Existing methods](methods.ipynb): two dozen ways to find rows, one picture each.
# - [Your own tables](own_tables.ipynb): several hospitals, none of which has all columns.
#
# Try it with other parameters: with two more rows, say, from another start. The executed notebook lands in
# `_build/runs` of the book's folder.
#
# ```bash
# make run NOTEBOOK=notebooks/first_example.py PARAMS="num_rows=7 seed=4"
# ```
