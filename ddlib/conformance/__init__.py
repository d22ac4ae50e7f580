"""What every method keeps to, whoever wrote it: properties, looked at on small problems."""

from ddlib.conformance.findings import Finding, conform, name_of
from ddlib.conformance.on_problems import ON_PROBLEMS
from ddlib.conformance.problems import PROBLEMS
from ddlib.conformance.properties import OF_METHODS
from ddlib.conformance.subject import Advises, DoesNotApply, Fails, Subject

__all__ = [
    "OF_METHODS",
    "ON_PROBLEMS",
    "PROBLEMS",
    "Advises",
    "DoesNotApply",
    "Fails",
    "Finding",
    "Subject",
    "conform",
    "name_of",
]
