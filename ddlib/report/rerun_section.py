"""How to make the same rows again, how to use them, and whom to cite."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ddlib.html.markup import element, name
from ddlib.html.page import Row, Section, paragraph, table

PAPER = "arXiv:2409.01410"
_ADDRESS = "https://arxiv.org/abs/2409.01410"
_AUTHORS = (
    "V. Kungurtsev, Y. Peng, J. Gu, S. Vahidian, A. Quinn, F. Idlahcen, Y. Chen (2024): "
    "Dataset Distillation from First Principles: Integrating Core Information Extraction and "
    "Purposeful Learning. "
)


@dataclass(frozen=True)
class Input:
    """One table as it was read.

    Attributes:
        label: of the table.
        num_rows: of it, as read.
        digest: SHA-256 of the file in hexadecimal digits; empty for a table that was no file.
    """

    label: str
    num_rows: int
    digest: str = ""

    @classmethod
    def of(cls, label: str, num_rows: int, path: Path) -> Input:
        """Return a file as it was read.

        Args:
            label: of its table.
            num_rows: of it, as read.
            path: of the file.
        """
        return cls(label, num_rows, hashlib.sha256(path.read_bytes()).hexdigest())


def rerun_section(command: str, inputs: Sequence[Input], made: date, version: str) -> Section:
    """Return the section on how to cite and to rerun.

    Args:
        command: the exact one.
        inputs: the tables.
        made: when.
        version: of ddlib.
    """
    rows = [Row(name(one.label), (f"{one.num_rows}", element("code", one.digest[:16] or "–")))
            for one in inputs]  # fmt: skip
    link = element("a", PAPER, href=_ADDRESS)
    parts = (
        f"Made on {made.isoformat()} by ddlib {version}. The same command on the same files "
        "in one folder gives the same rows:",
        element("pre", command),
        table(["table", "rows", "SHA-256 begins"], rows, caption="The files that were read"),
        element("h3", "To cite"),
        paragraph(_AUTHORS, link, "."),
        paragraph(f"And, for the code: Dataset Distillation from First Principles: a reproducible "
                  f"companion, ddlib {version}."),
    )  # fmt: skip
    return Section("rerun", "How to cite and to rerun", parts)
