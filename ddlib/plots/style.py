"""One look for all figures, readable on a light and on a dark page."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import matplotlib as mpl
from cycler import cycler
from IPython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats

from ddlib.plots.drawn import carry_data

# Near Okabe and Ito's palette. Moved so far that readers with any common colour vision tell each
# from the others and from grey, and that each stands out from the page, in both themes.
BLUE, ORANGE, GREEN, PURPLE, SKY, RED = (
    "#0073B0", "#D55C00", "#00A46C", "#AA26A1", "#4D98E4", "#7C2354",
)  # fmt: skip
GREY = "#666666"

WIDTH = 5.2  # inches of every figure: a desktop shows them so, a phone of 390 px at seven tenths
ASPECT = 0.6  # height of a figure over its width, unless told
TEXT = 10  # points, of all text: more than 9 px on that phone
SCRIPT = 15  # points, of a formula with sub- or superscripts, which are 0.7 as large


@runtime_checkable
class NotebookShell(Protocol):
    """The shell of a notebook: one that has a kernel, as that of a terminal has not.

    Attributes:
        kernel: the process that cells run in.
        display_formatter: what makes formats of what a cell shows.
    """

    kernel: Any
    display_formatter: Any

    def run_line_magic(self, magic_name: str, line: str) -> Any:
        """Return what a magic command returns.

        Args:
            magic_name: the command, without its percent sign.
            line: its arguments.
        """
        ...


def use_style() -> None:
    """Set the figure style of a notebook's kernel.

    Figures are vector graphics without a background; the page's style sheet turns their
    lightness over in the dark theme, which keeps the hues. They stand in the notebook even
    where the shell's MPLBACKEND names a backend without a screen, and their data with them.
    """
    shell = get_ipython()
    if isinstance(shell, NotebookShell):
        shell.run_line_magic("matplotlib", "inline")
        carry_data(shell.display_formatter)
    set_matplotlib_formats("svg", bbox_inches=None)  # as wide as it is drawn: text keeps its size
    mpl.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PURPLE, SKY, RED]),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.grid": True,
            "axes.titlesize": TEXT,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "figure.figsize": (WIDTH, ASPECT * WIDTH),
            "figure.labelsize": TEXT,
            "figure.titlesize": TEXT,
            "font.size": TEXT,
            "grid.alpha": 0.25,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "svg.hashsalt": "ddlib",  # the same figure gives the same file
        }
    )
