"""A Gaussian copula for mixed columns with missing entries: fit, draw what is missing, draw rows.

It works on codes, numpy arrays of floats with NaN where an entry is missing.
"""

from ddlib.copula.copula import Copula
from ddlib.copula.fit import fit_copula
from ddlib.copula.margins import Margin

__all__ = ["Copula", "Margin", "fit_copula"]
