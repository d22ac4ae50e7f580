"""The command of Snakemake that the Makefile runs, as the tests run it."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def snakemake(*words):
    """Return the words of a command: Snakemake with the Makefile's options, on two cores."""
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    options = re.search("snakemake (--cores.*)", makefile)[1].replace("$(CORES)", "2").split()
    return [Path(sys.executable).parent / "snakemake", *options, *words]
