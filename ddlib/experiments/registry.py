"""All experiments, by name."""

from __future__ import annotations

from ddlib.config import check_name
from ddlib.experiments.base import Experiment
from ddlib.experiments.hospitals import HOSPITALS
from ddlib.experiments.merging import MERGING
from ddlib.experiments.methods import METHODS
from ddlib.experiments.parametric import PARAMETRIC
from ddlib.experiments.parametric_references import PARAMETRIC_REFERENCES
from ddlib.experiments.references import REFERENCES

EXPERIMENTS: dict[str, Experiment] = {
    e.name: e for e in (HOSPITALS, MERGING, METHODS, PARAMETRIC, PARAMETRIC_REFERENCES, REFERENCES)
}


def find_experiment(name: str) -> Experiment:
    """Return the experiment called `name`; `ValueError` names those that there are."""
    check_name("experiment", name, EXPERIMENTS)
    return EXPERIMENTS[name]
