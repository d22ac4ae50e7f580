"""Long tables of visits: read, cut into slices, merged over time for tasks of the next visit.

`read_visits` reads tables of several visits a person into `Visits`, whose columns are static or
change, perhaps with one visit in each bin of time; `to_slices` and `to_long` go to slices of a
dynamic network and back.
"""

from ddlib.visits.keys import Said
from ddlib.visits.panel import Visits
from ddlib.visits.reading import read_visits
from ddlib.visits.slices import to_long, to_slices

__all__ = ["Said", "Visits", "read_visits", "to_long", "to_slices"]
