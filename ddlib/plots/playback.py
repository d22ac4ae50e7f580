"""Rows on their way through the plane, as one SVG that plays once and then stands still.

What stands still is the end of the run, with the way of each row: it is what is printed, and what a
reader sees who asked for no motion. The file holds no text and no script.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ddlib.html.markup import Html, Value, element, join
from ddlib.plots.style import BLUE, GREY, ORANGE

SIDE = 300  # pixels of a panel
GAP = 20  # between two panels
DELAY = 0.7  # seconds before rows move
SECONDS = 4.0  # of motion; with the delay below the 5 s after which a page must offer a pause
MARGIN = 0.06  # between points and frame, as a share of their extent
LINE = "#222222"
COLORS = (BLUE, ORANGE)
PLACE, COEFFICIENTS = ("horizontal", "vertical"), ("a of ax+by+c=0", "b", "c")

Map = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Panel:
    r"""A run in the plane, and what a model that draws a line learns on the way.

    Attributes:
        points: all rows `(n, 2)`.
        kinds: which of two kinds each of them is, 0 or 1, `(n,)`.
        path: synthetic rows from the start to the end, `(steps, m, 2)`.
        path_kinds: the kinds of these, `(m,)`; None where they have none.
        lines: after each step, the $(a, b, c)$ of the line $ax+by+c=0$, `(steps, 3)`.
        goal: the line that all rows teach, `(3,)`.

    Raises:
        ValueError: for shapes that do not fit.
    """

    points: Tensor
    kinds: Tensor
    path: Tensor
    path_kinds: Tensor | None
    lines: Tensor
    goal: Tensor

    def __post_init__(self) -> None:
        """Check the shapes."""
        num_points, (steps, num_rows, _) = len(self.points), self.path.shape
        wanted = {
            "points": (num_points, 2),
            "kinds": (num_points,),
            "path": (steps, num_rows, 2),
            "path_kinds": (num_rows,),
            "lines": (steps, 3),
            "goal": (3,),
        }
        for name, shape in wanted.items():
            value = getattr(self, name)
            if value is not None and tuple(value.shape) != shape:
                raise ValueError(f"{name}: shape {tuple(value.shape)}; must be {shape}")


def playback(panels: list[Panel], *, label: str) -> str:
    """Return the SVG of one or more runs side by side; equal runs give equal text.

    Args:
        panels: from left to right.
        label: what there is to see, for those who do not see it.
    """
    drawn, rules = zip(*(_draw(panel, k) for k, panel in enumerate(panels)), strict=True)
    width = len(panels) * (SIDE + GAP) - GAP
    style = element(
        "style", Html(f"@media (prefers-reduced-motion:no-preference){{{''.join(rules)}}}")
    )
    return element(
        "svg", style, *drawn, xmlns="http://www.w3.org/2000/svg", class_="playback",
        viewBox=f"0 0 {width} {SIDE}", width=width, height=SIDE, role="img", aria_label=label,
    )  # fmt: skip


def ways(panels: list[Panel]) -> pd.DataFrame:
    """Return what `playback` draws as one table: all rows, the ways of synthetic ones, the lines.

    Args:
        panels: as `playback` takes them.
    """
    parts: list[pd.DataFrame] = []
    for number, panel in enumerate(panels, start=1):
        steps, num_rows, _ = panel.path.shape
        step, row = (k.ravel() for k in np.indices((steps, num_rows)))
        place = panel.path.reshape(-1, 2).numpy()
        cloud = dict(zip(PLACE, panel.points.numpy().T, strict=True))
        moved = dict(zip(PLACE, place.T, strict=True))
        taught = dict(zip(COEFFICIENTS, panel.lines.numpy().T, strict=True))
        goal = dict(zip(COEFFICIENTS, panel.goal.numpy()[:, None], strict=True))
        shown = [
            {"mark": "point", "kind": panel.kinds.numpy(), **cloud},
            {"mark": "synthetic row", "step": step, "row": row + 1, **moved},
            {"mark": "line of the synthetic rows", "step": np.arange(steps), **taught},
            {"mark": "line of all rows", **goal},
        ]
        parts += [pd.DataFrame({"panel": number, **columns}) for columns in shown]
    table = pd.concat(parts, ignore_index=True)
    return table.astype({name: "Int64" for name in ("kind", "step", "row")})


def _draw(panel: Panel, place: int) -> tuple[Html, str]:
    """Return the marks of one panel, and the rules that move them."""
    to_pixels, scale = _frame(panel)
    path = to_pixels(panel.path)
    none = [None] * path.shape[1]
    kinds = none if panel.path_kinds is None else panel.path_kinds.tolist()
    lines = [_line(line, scale, to_pixels) for line in panel.lines]
    angles = np.unwrap([angle for _, _, angle in lines], period=180)
    moves = [
        f"translate({x:.1f}px,{y:.1f}px) rotate({angle:.1f}deg)"
        for (x, y, _), angle in zip(lines, angles, strict=True)
    ]
    rules = [_rule(f"p{place}l", moves)]
    marks = [_cloud(panel, to_pixels), _bar(_move(panel.goal, scale, to_pixels), width=9)]
    marks.append(_bar(moves[-1], class_=f"p{place}l", width=2.2))
    for row, kind in enumerate(kinds):
        name, places = f"p{place}r{row}", path[:, row].tolist()
        steps = [f"translate({x:.1f}px,{y:.1f}px)" for x, y in places]
        rules.append(_rule(name, steps))
        marks.append(_trail(places, _color(kind)))
        marks.append(_row(name, steps[-1], kind))
    frame = element(
        "rect", x=0.5, y=0.5, width=SIDE - 1, height=SIDE - 1, fill="none", stroke="#666666"
    )
    return element(
        "svg", *marks, frame, x=place * (SIDE + GAP), y=0, width=SIDE, height=SIDE
    ), "".join(rules)


def _frame(panel: Panel) -> tuple[Map, Tensor]:
    """Return the map from the plane to pixels, and its scale in both directions."""
    seen = torch.cat([panel.points, panel.path.flatten(0, 1)])
    low, high = seen.amin(0), seen.amax(0)
    margin = MARGIN * (high - low).clamp_min(1e-6)
    low, extent = low - margin, high - low + 2 * margin
    scale = SIDE / extent * torch.tensor([1.0, -1.0], dtype=extent.dtype)
    shift = torch.stack([-low[0] * scale[0], SIDE - low[1] * scale[1]])
    return (lambda places: places * scale + shift), scale


def _line(line: Tensor, scale: Tensor, to_pixels: Map) -> tuple[float, float, float]:
    """Return the point of a line that is nearest to the middle of the panel, and its angle."""
    normal = line[:2] / scale  # a line's normal shrinks where the plane is stretched
    zero = to_pixels(torch.zeros(2, dtype=line.dtype))
    offset = line[2] - normal @ zero
    middle = torch.full((2,), SIDE / 2, dtype=line.dtype)
    foot = middle - (normal @ middle + offset) / normal.square().sum() * normal
    angle = math.degrees(math.atan2(-float(normal[0]), float(normal[1])))
    return float(foot[0]), float(foot[1]), angle


def _move(line: Tensor, scale: Tensor, to_pixels: Map) -> str:
    """Return the transform that lays a level line onto a line."""
    x, y, angle = _line(line, scale, to_pixels)
    return f"translate({x:.1f}px,{y:.1f}px) rotate({angle:.1f}deg)"


def _rule(name: str, moves: list[str]) -> str:
    """Return the rules by which the elements of a class go through transforms, once."""
    shares = np.linspace(0, 100, len(moves))
    keys = "".join(f"{share:.1f}%{{transform:{m}}}" for share, m in zip(shares, moves, strict=True))
    return (
        f".playback .{name}{{animation:{name} {SECONDS}s ease-in-out {DELAY}s 1 backwards}}"
        f"@keyframes {name}{{{keys}}}"
    )


def _cloud(panel: Panel, to_pixels: Map) -> Html:
    """Return all rows as faint dots, a path for each kind: a thousand circles are heavy."""
    dots = []
    for kind, color in enumerate(COLORS):
        places = to_pixels(panel.points[panel.kinds == kind]).tolist()
        steps = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
        look = "stroke-linecap:round"  # as a style: an attribute gives way to other figures' rules
        dots.append(
            element("path", d=steps, stroke=color, stroke_width=4, style=look, opacity=0.35)
        )
    return join(dots)


def _bar(move: str, *, width: float, class_: str | None = None) -> Html:
    """Return a line across the panel; a wide one is pale."""
    return element(
        "path", d=f"M{-2 * SIDE} 0H{2 * SIDE}", class_=class_, style=f"transform:{move}",
        stroke=LINE, stroke_width=width, opacity=None if width < 5 else 0.22,
    )  # fmt: skip


def _trail(places: list[list[float]], color: str) -> Html:
    """Return the way of a row."""
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    return element("path", d=f"M{steps}", fill="none", stroke=color, stroke_width=1.6)


def _color(kind: int | None) -> str:
    """Return the colour of a row."""
    return GREY if kind is None else COLORS[kind]


def _row(name: str, move: str, kind: int | None) -> Html:
    """Return a synthetic row: a disc, a square or, without a kind, a diamond."""
    style, color = f"transform:{move}", _color(kind)
    if kind == 0:
        return element("circle", r=8, class_=name, style=style, **_edge(color))
    points = "M-7 -7H7V7H-7Z" if kind else "M0 -9L9 0L0 9L-9 0Z"
    return element("path", d=points, class_=name, style=style, **_edge(color))


def _edge(color: str) -> dict[str, Value]:
    """Return the look of a row, which stands out from the dots."""
    return {"fill": color, "stroke": "#ffffff", "stroke_width": 2}
