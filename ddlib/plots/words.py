"""The words of a drawing without their mathematics: labels, titles and names as plain text."""

from __future__ import annotations

import re
import unicodedata

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.category import StrCategoryFormatter
from matplotlib.container import Container
from matplotlib.figure import SubFigure
from matplotlib.ticker import FixedFormatter, FuncFormatter

FORMULA = re.compile(r"\$([^$]*)\$")
COMMAND = re.compile(r"\\([A-Za-z]+) ?")
OWN_TICKS = (
    FixedFormatter,
    FuncFormatter,
    StrCategoryFormatter,
)  # have words
SIGNS = {"neq": "≠", "leq": "≤", "geq": "≥", "times": "×"}
COLORBAR = "<colorbar>"  # as matplotlib names the axes of one


def plain(text: str) -> str:
    r"""Return a text on one line, its formulas without TeX: `$\alpha$` is α.

    Args:
        text: as matplotlib draws it.
    """
    return " ".join(FORMULA.sub(lambda match: _formula(match[1]), text).split())


def _formula(tex: str) -> str:
    """Return a formula in letters."""
    tex = re.sub(r"\\[,;:! ]", "", tex)
    return re.sub(r"\\?[{}]", lambda m: m[0][1:], COMMAND.sub(_command, tex))


def _command(match: re.Match[str]) -> str:
    """Return the sign or the Greek letter that has a name, and else the name."""
    name = match[1]
    if name in SIGNS:
        return SIGNS[name]
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {name.upper()}")
    except KeyError:
        return name


def own_name(artist: Artist | Container) -> str:
    """Return the name that a mark was given; empty where it has none.

    A name that begins with an underscore stands in no legend, but is one all the same.

    Args:
        artist: the mark, or the container of its parts.
    """
    label = str(artist.get_label() or "")
    return "" if re.match(r"_(child|container|nolegend)", label) else plain(label.lstrip("_"))


def ticks(axis: Axis) -> dict[float, str]:
    """Return place -> word of the ticks whose words were given; empty for an axis that counts.

    Args:
        axis: horizontal or vertical.
    """
    formatter, places = axis.get_major_formatter(), axis.get_majorticklocs()
    if not isinstance(formatter, OWN_TICKS):
        return {}
    words = [plain(str(word)) for word in formatter.format_ticks(list(places))]
    return {float(place): word for place, word in zip(places, words, strict=True) if word}


def categories(axis: Axis) -> dict[float, str]:
    """Return place -> word where an axis has words in place of numbers; empty for other axes.

    Args:
        axis: horizontal or vertical.
    """
    found = ticks(axis)
    return {} if any(_is_number(word, place) for place, word in found.items()) else found


def _is_number(word: str, place: float) -> bool:
    """Return whether a word is the number of its place, but for digits."""
    try:
        return abs(float(word.replace("−", "-")) - place) <= 1e-3 * abs(place)
    except ValueError:
        return False


def panels(axes: list[Axes]) -> dict[Axes, str]:
    """Return the axes that hold data, each with its name: a title, or its number.

    Args:
        axes: all of a figure.
    """
    shown = [one for one in axes if one.get_visible() and one.get_label() != COLORBAR]
    names: dict[Axes, str] = {}
    for number, one in enumerate(shown, start=1):
        above = one.figure.get_suptitle() if isinstance(one.figure, SubFigure) else ""
        title = ": ".join(filter(None, (plain(above), plain(one.get_title()))))
        names[one] = title or (f"panel {number}" if len(shown) > 1 else "")
    return names


def axis_label(axes: Axes, which: str) -> str:
    """Return the label of an axis, which one panel or the figure may have for several.

    Args:
        axes: a panel.
        which: "x" or "y".
    """
    group = axes.get_shared_x_axes() if which == "x" else axes.get_shared_y_axes()
    worded = categories(axes.xaxis if which == "x" else axes.yaxis)
    others = [*([] if worded else _before(axes, which)), *group.get_siblings(axes)]
    of_all = axes.figure.get_supxlabel() if which == "x" else axes.figure.get_supylabel()
    found = (_label(one, which) for one in (axes, *others))
    return next(filter(None, found), plain(of_all))


def _before(axes: Axes, which: str) -> list[Axes]:
    """Return the panels below, or left, of one in its grid, the nearest first."""
    own = axes.get_subplotspec()
    found: list[tuple[int, Axes]] = []
    for other in axes.figure.axes:
        spec = other.get_subplotspec()
        if own is None or spec is None or spec.get_gridspec() is not own.get_gridspec():
            continue
        right, down = spec.colspan.start - own.colspan.start, spec.rowspan.start - own.rowspan.start
        line, steps = (right, down) if which == "x" else (down, -right)
        if line == 0 and steps > 0:
            found.append((steps, other))
    return [other for _, other in sorted(found, key=lambda pair: pair[0])]


def _label(axes: Axes, which: str) -> str:
    """Return the label that stands at a panel."""
    return plain(axes.get_xlabel() if which == "x" else axes.get_ylabel())


def value_label(axes: list[Axes]) -> str:
    """Return the label of a figure's colour bar, if there is one alone and it shows its numbers.

    Args:
        axes: all of the figure.
    """
    bars = [one for one in axes if one.get_label() == COLORBAR]
    told = [bar for bar in bars if not (ticks(bar.xaxis) or ticks(bar.yaxis))]
    words = {_label(bar, which) for bar in told for which in "xy"} - {""}
    return words.pop() if len(words) == 1 else ""
