"""Linear-Gaussian dynamic Bayesian networks: sample, score and learn them, also from hidden data.

Everything works on `SufficientStatistics`, so the cost of a likelihood does not grow with the
number of rows, and is float64 and differentiable by torch at a fixed structure.
"""

from ddlib.dbn.learn import fit_weights, learn_dbn
from ddlib.dbn.network import LinearGaussianCPDs, LinearGaussianDBN
from ddlib.dbn.statistics import PatternMoments, SufficientStatistics
from ddlib.dbn.structure import bic_score, hill_climb

__all__ = [
    "LinearGaussianCPDs",
    "LinearGaussianDBN",
    "PatternMoments",
    "SufficientStatistics",
    "bic_score",
    "fit_weights",
    "hill_climb",
    "learn_dbn",
]
