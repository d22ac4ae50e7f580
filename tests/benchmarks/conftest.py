import os
import platform
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch

TABLES = Path(__file__).parents[2] / "book" / "benchmarks"


def rounded_text(value: float) -> str:
    """Three digits, or all of those before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


@pytest.fixture
def record() -> Callable[[str, pd.DataFrame], None]:
    """Print a table, and keep it for the benchmark page of the book."""

    def write(name: str, table: pd.DataFrame) -> None:
        rounded = table.fillna("").map(lambda x: rounded_text(x) if isinstance(x, float) else x)
        print(f"\n{rounded.to_string(index=False)}")
        TABLES.mkdir(exist_ok=True)
        rounded.to_csv(TABLES / f"{name}.csv", index=False)
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        versions = f"Python {platform.python_version()}, torch {torch.__version__}"
        place = pd.DataFrame([{"table": name, "machine": machine, "versions": versions}])
        known = TABLES / "machine.csv"
        if known.exists():
            place = pd.concat([pd.read_csv(known).query("table != @name"), place])
        place.assign(threads=torch.get_num_threads()).to_csv(known, index=False)

    return write
