"""A method of someone else, as text, and modules that go wrong."""

MINE = '''
"""The mean of each class."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Mine:
    """Return the initial rows, shrunk, with the labels that they have."""

    departs: ClassVar = ("law",)
    one_shot: ClassVar = True
    factor: float = 0.5

    def steps(self, problem, *, generator):
        """Yield the one set."""
        yield problem.feasible(problem.initial * self.factor)


class Needy(Mine):
    def __init__(self, size, *others, width, depth=2):
        pass


class Broken(Mine):
    def __init__(self):
        raise RuntimeError("no luck,\\n  today")


class Positional(Mine):
    def steps(self, problem, generator_of_mine):
        yield problem.initial


class Hidden:
    departs = ("law",)

    @property
    def one_shot(self):
        raise KeyError("one_shot")


class Room:
    quarter = Mine(0.25)


class Bare:
    one_shot = "yes"
'''


EARLY = """
class Early:
    departs, one_shot, descends = ("law",), False, False

    def steps(self, problem, *, generator):
        for step in range(3):
            print("at step", step)
            yield problem.initial.clone()
"""
"""A method that ends by itself after three steps, and prints at each."""


def install(folder, name, *points):
    """Write what pip leaves of a package with entry points."""
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("\n".join(["[ddlib.distillers]", *points, ""]))
