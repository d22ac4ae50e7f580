"""Methods of distillation, one file each: formula, objective, step.

`DISTILLERS` has each of them with its default settings; `dataclasses.replace` changes one.
`find_distiller` also takes methods of others.
"""

from __future__ import annotations

from ddlib.distillers.bptt import BPTT, TruncatedBPTT
from ddlib.distillers.class_means import ClassMeans
from ddlib.distillers.descent import ADAM
from ddlib.distillers.distribution_matching import DistributionMatching
from ddlib.distillers.exact import Exact
from ddlib.distillers.first_order import FirstOrder
from ddlib.distillers.frepo import FRePo
from ddlib.distillers.gradient_matching import GradientMatching
from ddlib.distillers.herding import Herding
from ddlib.distillers.k_center import KCenter
from ddlib.distillers.k_means import KMeans
from ddlib.distillers.kernel_inducing_points import KernelInducingPoints
from ddlib.distillers.label_only import LabelOnly
from ddlib.distillers.leverage_scores import LeverageScores
from ddlib.distillers.maximum_mean_discrepancy import MaximumMeanDiscrepancy
from ddlib.distillers.pseudo_coreset import PseudoCoreset
from ddlib.distillers.random_subset import RandomSubset
from ddlib.distillers.rcig import RCIG
from ddlib.distillers.registry import all_distillers as all_distillers
from ddlib.distillers.registry import distiller_names as distiller_names
from ddlib.distillers.registry import find_distiller as find_distiller
from ddlib.distillers.registry import register as register
from ddlib.distillers.registry import source_of as source_of
from ddlib.distillers.sensitivity import SensitivityCoreset
from ddlib.distillers.sliced_wasserstein import SlicedWasserstein
from ddlib.distillers.trajectory_matching import TrajectoryMatching
from ddlib.distillers.validated_random import ValidatedRandom
from ddlib.distillers.zeroth_order import ZerothOrder
from ddlib.problem import Distiller

DISTILLERS: dict[str, Distiller] = {
    "random": RandomSubset(),
    "herding": Herding(),
    "k-center": KCenter(),
    "first-order": FirstOrder(),
    "BPTT": BPTT(),
    "truncated BPTT": TruncatedBPTT(),
    "gradient matching": GradientMatching(),
    "trajectory matching": TrajectoryMatching(),
    "distribution matching": DistributionMatching(),
    "kernel inducing points": KernelInducingPoints(),
    "zeroth-order": ZerothOrder(0.01, num_directions=8, antithetic=True, optimizer=ADAM),
    "exact": Exact(),
    "class means": ClassMeans(),
    "k-means": KMeans(),
    "validated random": ValidatedRandom(),
    "label only": LabelOnly(),
    "maximum mean discrepancy": MaximumMeanDiscrepancy(),
    "sliced Wasserstein": SlicedWasserstein(),
    "leverage scores": LeverageScores(),
    "FRePo": FRePo(),
    "NTK inducing points": KernelInducingPoints(kernel="NTK"),
    "RCIG": RCIG(),
    "pseudo-coreset": PseudoCoreset(),
    "sensitivity coreset": SensitivityCoreset(),
    "trajectory matching, learnt step size": TrajectoryMatching(carry_step_size=True),
}
"""The methods of the library by name, with the settings that suit standardised rows."""
