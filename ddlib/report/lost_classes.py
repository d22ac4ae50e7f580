"""Classes of which distilled rows have none, so that nothing can be learnt of them."""

from __future__ import annotations

from torch import Tensor

from ddlib.tables.faults import number_of
from ddlib.tasks.codings import TOLERANCE, Levels
from ddlib.tasks.encoding import Encoding


def lost_classes(encoding: Encoding, rows: Tensor) -> str | None:
    """Return the line on classes that no row has a share of, None where all have one.

    Args:
        encoding: of the task, whose target has the classes.
        rows: `(m, d + k)`.
    """
    target = encoding.target
    if not isinstance(target, Levels):
        return None
    shown = (rows[:, -target.width :] > TOLERANCE).any(0).tolist()
    lost = [str(level) for level, has in zip(target.levels, shown, strict=True) if not has]
    if not lost:
        return None
    told = f"{number_of(len(rows), 'row')} for {target.width} classes"
    return f"{told}: none of {'class' if len(lost) == 1 else 'classes'} {', '.join(lost)}"
