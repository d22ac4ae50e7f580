"""Statistics in place of rows: what a site may send where its rows may not leave it.

`summarise` makes a `Summary` of a site's rows: counts, margins, and moments of normal scores,
pattern by pattern of what rows show. On a `Scale` that sites share, moments add up over sites,
shards and batches.
"""

from __future__ import annotations

from ddlib.sites.features import features_of
from ddlib.sites.moments import Moments, Pattern
from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale
from ddlib.sites.summary import Summary, summarise

__all__ = ["Moments", "Pattern", "Quantiles", "Scale", "Summary", "features_of", "summarise"]
