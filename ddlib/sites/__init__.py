"""Statistics in place of rows: what a site may send where its rows may not leave it.

On a `Scale` of normal scores that sites agree on, the moments of their rows, pattern by pattern of
what rows show, add up over sites, shards and batches.
"""

from __future__ import annotations

from ddlib.sites.features import features_of
from ddlib.sites.moments import Moments, Pattern
from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale

__all__ = ["Moments", "Pattern", "Quantiles", "Scale", "features_of"]
