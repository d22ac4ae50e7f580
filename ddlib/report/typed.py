"""What was typed: a command on tables, and how it is run again."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """What was typed.

    Attributes:
        arguments: as `ddlib.cli` parsed them: of a check `command`, `tables`, `settings` and
            `min_count`; of a merge also `tasks`, `rows`, `out`, `report`, `draws`, `splits`,
            `weights`, `seed`, `force`, `link`, and of visits `person`, `time`, `slices` and
            `static`; those of the others, see `ddlib.report.summarize`.
        words: the command, word by word, without the program's name.
        version: of ddlib.
    """

    arguments: argparse.Namespace
    words: Sequence[str]
    version: str

    @property
    def line(self) -> str:
        """The command that makes it all again, files without the folders, which are its user's."""
        named = self.arguments
        places = filter(None, [*named.tables, named.settings, named.out, named.report])
        names = {str(path): path.name for path in places}
        if len(set(names.values())) < len(names):  # the folders tell files apart
            return shlex.join(["ddlib", *self.words])
        short: list[str] = []
        for word in self.words:
            option, sign, value = word.partition("=") if word.startswith("--") else ("", "", word)
            path = str(Path(value))
            short.append(f"{option}{sign}{names[path]}" if path in names else word)
        return shlex.join(["ddlib", *short])
