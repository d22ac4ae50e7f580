"""Code that learns a task from the file of merged rows and finds the pooled coefficients again."""

from __future__ import annotations

from ddlib.merge import TableTask
from ddlib.merge.design import level_numbers
from ddlib.tables import Schema

_READERS = {
    ".parquet": "pd.read_parquet({file!r})",
    ".tsv": 'pd.read_csv({file!r}, sep="\\t")',
    ".csv": "pd.read_csv({file!r})",
}


def usage(task: TableTask, schema: Schema, output: str, weight: str | None) -> str:
    """Return lines of Python, none where nothing is to be learnt.

    Args:
        task: what is learnt.
        schema: of the merged rows.
        output: name of their file.
        weight: name of the column of weights; None where there is none.
    """
    if task.learned == "density":
        return ""
    reader = next(text for suffix, text in _READERS.items() if output.lower().endswith(suffix))
    everything = len(task.inputs) == len(schema.without_keys().names) - 1
    left_out = [task.target] if weight is None else [task.target, weight]
    chosen = f"rows.drop(columns={left_out!r})" if everything else f"rows[{list(task.inputs)!r}]"
    fitted = "LinearRegression()"
    if task.learned != "linear":
        fitted = 'LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)'
    learner = fitted.partition("(")[0]
    weighted = "" if weight is None else f", sample_weight=rows[{weight!r}]"
    lines = [
        *([] if task.learned == "linear" else ["import numpy as np"]),
        "import pandas as pd",
        f"from sklearn.linear_model import {learner}",
        "",
        f"rows = {reader.format(file=output)}",
        f"x = {chosen}",
        *_numbers(task, schema),
        "x = pd.get_dummies(x, drop_first=True, dtype=float)  # levels as 0 and 1",
        f"model = {fitted}.fit(x, rows[{task.target!r}]{weighted})",
        "print(dict(zip(x.columns, model.coef_.T)), model.intercept_)",
    ]
    return "\n".join(lines)


def _numbers(task: TableTask, schema: Schema) -> list[str]:
    """Return the lines that make numbers of ordered words and of dates."""
    lines = []
    for name in task.inputs:
        column = schema[name]
        if column.kind == "ordered" and not len(level_numbers(column)):
            order = {level: place for place, level in enumerate(column.levels)}
            lines.append(f"x[{name!r}] = x[{name!r}].map({order!r})  # ordered levels")
        elif column.kind == "date":
            days = f"(pd.to_datetime(x[{name!r}]) - pd.Timestamp(0)) / pd.Timedelta(days=1)"
            lines.append(f"x[{name!r}] = {days}")
    return lines
