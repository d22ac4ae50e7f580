"""Code that learns a task from the file of merged rows and finds the pooled coefficients again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ddlib.merge.formula import TableTask
from ddlib.spreadsheets import safe_cell
from ddlib.tables import Column, Schema

_READERS = {
    ".parquet": "pd.read_parquet({file!r})",
    ".tsv": 'pd.read_csv({file!r}, sep="\\t")',
    ".csv": "pd.read_csv({file!r})",
}


def usage(
    task: TableTask, schema: Schema, output: str, weight: str | None, keys: Sequence[str] = ()
) -> str:
    """Return lines of Python, none where nothing is to be learnt.

    Args:
        task: what is learnt.
        schema: of the merged rows.
        output: name of their file.
        weight: name of the column of weights; None where there is none.
        keys: columns of the file that the schema lacks, such as whose visit a row is, and when.
    """
    if task.learned == "density":
        return ""
    suffix = Path(output).suffix.lower()
    # As names and levels stand in the file.
    written = (lambda cell: cell) if suffix == ".parquet" else safe_cell
    rest = [*keys, task.target, *([] if weight is None else [weight])]
    everything = len(task.inputs) == len(schema.without_keys().names) - 1
    names = [written(name) for name in (rest if everything else task.inputs)]
    fitted, intercept, tidied = _learner(task)
    weighted = "" if weight is None else f", sample_weight=rows[{weight!r}]"
    lines = [
        *([] if task.learned == "linear" else ["import numpy as np"]),
        "import pandas as pd",
        f"from sklearn.linear_model import {fitted.partition('(')[0]}",
        "",
        f"rows = {_READERS[suffix].format(file=output)}",
        f"x = rows.drop(columns={names!r})" if everything else f"x = rows[{names!r}].copy()",
        *(line for name in task.inputs for line in _as_numbers(schema[name], written)),
        "x = pd.get_dummies(x, drop_first=True, dtype=float)  # levels as 0 and 1",
        f"y = {_response(task, schema, written)}",
        f"model = {fitted}.fit(x, y{weighted})",
        f'print("intercept", {intercept})',
        f"print(pd.DataFrame({tidied}, columns=x.columns).T)",
    ]
    return "\n".join(lines)


def _learner(task: TableTask) -> tuple[str, str, str]:
    """Return the learner, and its intercept and its coefficients as the report has them."""
    if task.learned == "linear":
        return "LinearRegression()", "model.intercept_", "[model.coef_]"
    fitted = 'LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)'
    if task.learned == "logistic":
        return fitted, "model.intercept_", "model.coef_"
    # Of more than two levels the report tells how each differs from the first.
    return fitted, "model.intercept_ - model.intercept_[0]", "model.coef_ - model.coef_[0]"


def _response(task: TableTask, schema: Schema, written: Callable[[object], object]) -> str:
    """Return what is learnt: of two levels, whether it is the second one."""
    found = f"rows[{written(task.target)!r}]"
    if task.learned != "logistic":
        return found
    return f"{found} == {written(schema[task.target].levels[1])!r}"


def _as_numbers(column: Column, written: Callable[[object], object]) -> list[str]:
    """Return the lines that prepare a column that is neither a number nor levels in their order."""
    place = f"x[{written(column.name)!r}]"
    levels = [written(level) for level in column.levels]
    if column.kind == "date":
        days = f"(pd.to_datetime({place}) - pd.Timestamp(0)) / pd.Timedelta(days=1)"
        return [f"{place} = {days}  # since 1970-01-01"]
    words = any(isinstance(level, str) for level in column.levels)
    if column.kind == "ordered" and words:
        order = {level: number for number, level in enumerate(levels)}
        return [f"{place} = {place}.map({order!r})"]
    sorts = words and levels == sorted(levels, key=str)
    if not sorts and (column.kind == "category" or (column.kind == "binary" and words)):
        return [f"{place} = pd.Categorical({place}, {levels!r})"]
    return []
