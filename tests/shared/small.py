"""A config of each experiment that takes a second."""

from ddlib.experiments.benchmark import BenchmarkConfig
from ddlib.experiments.descents import DescentsConfig
from ddlib.experiments.hospitals import HospitalsConfig
from ddlib.experiments.merged_trials import MergedTrialsConfig
from ddlib.experiments.parametric import ParametricConfig
from ddlib.experiments.parametric_references import ParametricReferencesConfig
from ddlib.experiments.private_trials import PrivateTrialsConfig
from ddlib.experiments.references import ReferencesConfig
from ddlib.experiments.visit_trials import VisitTrialsConfig

SMALL = {
    "benchmark": BenchmarkConfig(
        seed=0, num_rows=2, num_steps=4, num_looks=4, num_stops=2, method="first-order",
    ),
    "descents": DescentsConfig(
        seed=0, num_variables=2, num_sources=2, training_rows=10, validation_rows=1,
        num_slices=1, test_rows=1, rows_per_source=2, num_steps=1,
    ),
    "hospitals": HospitalsConfig(seed=0, num_steps=1),
    "merged_trials": MergedTrialsConfig(
        seed=0, tasks=("died ~ age + bili",), num_rows=20, forest_rows=20, num_draws=2,
    ),
    "parametric": ParametricConfig(seed=0, num_rows=3, num_steps=2, num_snapshots=1),
    "parametric_references": ParametricReferencesConfig(seed=0, num_adaptive=2, num_rounds=1),
    "private_trials": PrivateTrialsConfig(
        seed=0, task="died ~ age + bili", epsilons=(30.0,), num_rows=20, num_draws=2,
    ),
    "references": ReferencesConfig(
        seed=0, num_variables=2, num_sources=2, training_rows=10, validation_rows=1,
        num_slices=1, test_rows=1, rows_per_source=(2,),
    ),
    "visit_trials": VisitTrialsConfig(
        seed=0, tasks=("next(albumin) ~ albumin + age",), num_people=20, num_draws=2,
        num_test=250,
    ),
}  # fmt: skip
