"""All experiments, by name. An experiment is imported when it is asked for: most bring torch."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, MutableMapping

from ddlib.config import check_name
from ddlib.experiments.base import AnyExperiment


class Registry(MutableMapping[str, AnyExperiment]):
    """Experiments by name, each in the module of its name, under its name in capital letters.

    To list the names, to count them and to ask whether there is one imports nothing.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Note the names of the modules; none is imported yet.

        Args:
            names: of the experiments, and so of their modules.
        """
        self._known: dict[str, AnyExperiment | None] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> AnyExperiment:
        """Return the experiment called `name`; its module is imported the first time.

        Args:
            name: one of those that there are.

        Raises:
            KeyError: for another name.
        """
        experiment = self._known[name]
        if experiment is None:
            module = importlib.import_module(f"ddlib.experiments.{name}")
            experiment = self._known[name] = getattr(module, name.upper())
        return experiment

    def __setitem__(self, name: str, experiment: AnyExperiment) -> None:
        """Register an experiment of another place, as a test does.

        Args:
            name: that it is found under.
            experiment: takes the place of one of the same name.
        """
        self._known[name] = experiment

    def __delitem__(self, name: str) -> None:
        """Forget an experiment.

        Args:
            name: its name.

        Raises:
            KeyError: where there is none of that name.
        """
        del self._known[name]

    def __contains__(self, name: object) -> bool:
        """Return whether there is an experiment called `name`."""
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._known)

    def __len__(self) -> int:
        """Return how many experiments there are."""
        return len(self._known)


EXPERIMENTS = Registry(
    (
        "benchmark",
        "descents",
        "hospitals",
        "merged_trials",
        "parametric",
        "parametric_references",
        "private_trials",
        "references",
        "visit_trials",
    )
)


def find_experiment(name: str) -> AnyExperiment:
    """Return the experiment called `name`.

    Args:
        name: one of `EXPERIMENTS`.

    Raises:
        ValueError: for another name; the message lists those that there are.
    """
    check_name("experiment", name, EXPERIMENTS)
    return EXPERIMENTS[name]
