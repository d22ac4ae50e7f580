"""Linear-Gaussian dynamic Bayesian networks: sample, score and learn them, also from hidden data.

Everything works on `SufficientStatistics`, so the cost of a likelihood does not grow with the
number of rows, and is float64 and differentiable by torch at a fixed structure.
"""

from ddlib.dbn.cpds import LinearGaussianCPDs
from ddlib.dbn.em import EMFit, fit_em
from ddlib.dbn.identification import Identification, identify, seen_together
from ddlib.dbn.learn import learn_dbn
from ddlib.dbn.learner import DBNLearner
from ddlib.dbn.likelihood import negative_log_likelihood
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.patterns import PatternMoments
from ddlib.dbn.posterior import draw, impute
from ddlib.dbn.recovery import cpdag, intervention_error, structural_hamming_distance
from ddlib.dbn.regressions import fit_weights
from ddlib.dbn.statistics import SufficientStatistics
from ddlib.dbn.structure import bic_score, hill_climb

__all__ = [
    "DBNLearner",
    "EMFit",
    "Identification",
    "LinearGaussianCPDs",
    "LinearGaussianDBN",
    "PatternMoments",
    "SufficientStatistics",
    "bic_score",
    "cpdag",
    "draw",
    "fit_em",
    "fit_weights",
    "hill_climb",
    "identify",
    "impute",
    "intervention_error",
    "learn_dbn",
    "negative_log_likelihood",
    "seen_together",
    "structural_hamming_distance",
]
