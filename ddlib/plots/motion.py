"""A method at work in two dimensions: what the rows make of the plane, step by step."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image
from torch import Tensor

from ddlib.plots.style import BLUE, GREY, ORANGE

CLASS_COLORS = (BLUE, ORANGE)
NUM_SIDE = 120  # points along a side of the plane, where a boundary is looked for
FRAME_MS = 150  # slow enough to follow a row
MARGIN = 0.06  # between what is drawn and the frame, as a share of its extent
NUM_COLORS = 256  # the most that the palette of a PNG holds


def draw_decision(
    axes: Axes,
    predict: Callable[[Tensor], Tensor],
    data: Tensor,
    rows: Tensor,
    classes: Callable[[Tensor], Tensor],
    *,
    trail: Tensor | None = None,
) -> None:
    """Draw the plane in the colours of the class that is predicted there, and the rows on it.

    Args:
        axes: what is drawn on. The frame holds all that is drawn, unless the limits are set
            before: frames of an animation need that.
        predict: maps points `(g, 2)` to the probability of class 1 `(g,)`, or any score that is
            1/2 on the boundary.
        data: training rows `(n, 2 + …)`, inputs first.
        rows: synthetic rows `(m, 2 + …)`.
        classes: maps rows to their classes, 0 or 1; say `Layout.classes`.
        trail: where the rows were, from the start until now, `(steps, m, 2 + …)`.

    Raises:
        ValueError: for shapes that do not fit.
    """
    _prepare(axes, data, rows, trail)
    _draw_regions(axes, predict, data.dtype)
    for c, color in enumerate(CLASS_COLORS):
        ours, theirs = (classes(some) == c for some in (rows, data))
        own_trail, kind = None if trail is None else trail[:, ours], f" of class {c}"
        _draw_points(axes, data[theirs], color, kind)
        _draw_rows(axes, rows[ours], own_trail, color, kind)


def draw_density(
    axes: Axes,
    gaussian_mean: Tensor,
    gaussian_covariance: Tensor,
    data: Tensor,
    rows: Tensor,
    *,
    trail: Tensor | None = None,
) -> None:
    """Draw a Gaussian as its ellipses at one and two standard deviations, and the rows on it.

    Args:
        axes: as in `draw_decision`.
        gaussian_mean: `(2,)`.
        gaussian_covariance: `(2, 2)`.
        data: as in `draw_decision`.
        rows: as in `draw_decision`.
        trail: as in `draw_decision`.

    Raises:
        ValueError: for shapes that do not fit.
    """
    if gaussian_mean.shape != (2,) or gaussian_covariance.shape != (2, 2):
        raise ValueError(
            f"gaussian_mean: shape {tuple(gaussian_mean.shape)}, gaussian_covariance: shape "
            f"{tuple(gaussian_covariance.shape)}; must be (2,) and (2, 2)"
        )
    _prepare(axes, data, rows, trail)
    angle = torch.linspace(0, 2 * torch.pi, 121, dtype=gaussian_mean.dtype)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    spread = circle @ torch.linalg.cholesky(gaussian_covariance.detach()).T
    _draw_points(axes, data, GREY)
    for deviations in (2, 1):
        ellipse = gaussian_mean.detach() + deviations * spread
        axes.fill(*ellipse.T.numpy(), facecolor=BLUE, alpha=0.14, lw=0, zorder=1)
        axes.plot(*ellipse.T.numpy(), color=BLUE, lw=1.2, zorder=3)
    _draw_rows(axes, rows, trail, ORANGE)


def animate(
    draw: Callable[[Axes, int], None],
    num_frames: int,
    *,
    size: tuple[float, float] = (3.2, 2.8),
    dpi: int = 100,
    hold: int = 8,
    still: int = -1,
) -> bytes:
    """Return an animated PNG without a background; equal drawings give equal bytes.

    Args:
        draw: `draw(axes, k)` draws frame k on fresh axes, with the same axes beside them in each.
            Equal neighbours are stored as one longer frame.
        num_frames: how many frames.
        size: of the page, in inches.
        dpi: pixels to the inch.
        hold: how many times as long as another the last frame stays.
        still: the frame that a reader without animation sees, and that is printed.

    Raises:
        ValueError: for counts below 1, and a frame that there is not.
    """
    if num_frames < 1 or hold < 1:
        raise ValueError(f"num_frames = {num_frames}, hold = {hold}: must be at least 1")
    if not -num_frames <= still < num_frames:
        raise ValueError(
            f"still = {still}: must be from {-num_frames} to {num_frames - 1}, one of the frames"
        )
    first, places = _render(draw, 0, size, dpi, None)
    others = [_render(draw, k, size, dpi, places)[0] for k in range(1, num_frames)]
    frames = _share_palette([first, *others])
    file = BytesIO()
    frames[still].save(
        file, format="PNG", save_all=True, default_image=True, append_images=frames,
        duration=[FRAME_MS] * (num_frames - 1) + [FRAME_MS * hold], loop=0, optimize=True,
        dpi=(dpi, dpi),
    )  # fmt: skip
    return file.getvalue()


def _render(
    draw: Callable[[Axes, int], None],
    frame: int,
    size: tuple[float, float],
    dpi: int,
    places: list[Bbox] | None,
) -> tuple[Image.Image, list[Bbox]]:
    """Return one frame, RGBA, drawn outside of pyplot; and where its axes are.

    Axes are where those of the first frame are: nothing but what moves is to move, and to find
    these places takes longer than to draw.
    """
    figure = Figure(figsize=size, dpi=dpi, layout="constrained", facecolor="none")
    canvas = FigureCanvasAgg(figure)
    draw(figure.subplots(subplot_kw={"facecolor": "none"}), frame)
    if places is not None:
        figure.set_layout_engine("none")
        for axes, place in zip(figure.axes, places, strict=True):
            axes.set_position(place)
    canvas.draw()
    image = Image.fromarray(np.array(canvas.buffer_rgba()))
    return image, [axes.get_position() for axes in figure.axes]


def _share_palette(frames: list[Image.Image]) -> list[Image.Image]:
    """Return the frames in as many colours as a PNG has, one palette for all of them."""
    width, height = frames[0].size
    sheet = Image.new("RGBA", (width, height * len(frames)))
    for k, frame in enumerate(frames):
        sheet.paste(frame, (0, k * height))
    sheet = sheet.quantize(NUM_COLORS, method=Image.Quantize.FASTOCTREE)
    return [sheet.crop((0, k * height, width, (k + 1) * height)) for k in range(len(frames))]


def _prepare(axes: Axes, data: Tensor, rows: Tensor, trail: Tensor | None) -> None:
    """Check the shapes, set the frame unless it is set, and take the ticks away."""
    _check_shapes(data, rows, trail)
    if axes.get_autoscale_on():
        drawn = [data[:, :2], rows[:, :2]]
        if trail is not None:
            drawn.append(trail[..., :2].flatten(0, 1))
        points = torch.cat(drawn).detach()
        low, high = points.amin(0), points.amax(0)
        margin = MARGIN * (high - low).clamp_min(1e-6)  # a single point has no extent
        (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
        axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set(visible=True, color=GREY, linewidth=0.8)


def _check_shapes(data: Tensor, rows: Tensor, trail: Tensor | None) -> None:
    """Raise `ValueError` with the argument whose shape is wrong."""
    for name, value in (("data", data), ("rows", rows)):
        if value.ndim != 2 or value.shape[1] < 2:
            raise ValueError(f"{name}: shape {tuple(value.shape)}; must be (m, 2 or more)")
    if trail is not None and (trail.ndim != 3 or trail.shape[1] != len(rows)):
        raise ValueError(
            f"trail: shape {tuple(trail.shape)}; must be (steps, {len(rows)}, 2 or more)"
        )


def _draw_regions(axes: Axes, predict: Callable[[Tensor], Tensor], dtype: torch.dtype) -> None:
    """Colour the plane by the side of 1/2 that `predict` is on, with a line between."""
    x = torch.linspace(*axes.get_xlim(), NUM_SIDE, dtype=dtype)
    y = torch.linspace(*axes.get_ylim(), NUM_SIDE, dtype=dtype)
    points = torch.cartesian_prod(x, y)
    with torch.no_grad():
        scores = predict(points)
    if scores.shape != (len(points),):
        raise ValueError(
            f"predict: values of shape {tuple(scores.shape)}; must be ({len(points)},), one for "
            "each point"
        )
    surface = scores.reshape(NUM_SIDE, NUM_SIDE).T.numpy()
    axes.contourf(
        x, y, surface, levels=[-np.inf, 0.5, np.inf], colors=CLASS_COLORS, alpha=0.16, zorder=0
    )
    line = axes.contour(x, y, surface, levels=[0.5], colors=GREY, linewidths=1.4, zorder=1)
    line.set_label("_boundary")


def _draw_points(axes: Axes, data: Tensor, color: str, kind: str = "") -> None:
    """Draw training points as faint dots."""
    name = f"_training rows{kind}"
    axes.scatter(*data[:, :2].T.numpy(), s=10, color=color, alpha=0.35, lw=0, zorder=2, label=name)


def _draw_rows(axes: Axes, rows: Tensor, trail: Tensor | None, color: str, kind: str = "") -> None:
    """Draw synthetic rows as large markers at the ends of their trails."""
    if trail is not None:
        for number, path in enumerate(trail[..., :2].detach().unbind(1), start=1):
            (way,) = axes.plot(*path.T.numpy(), color=color, lw=1.0, alpha=0.8, zorder=4)
            way.set_label(f"_way of row {number}{kind}")
    axes.scatter(
        *rows[:, :2].detach().T.numpy(), s=64, color=color, edgecolor="white", lw=1.3, zorder=5,
        label=f"_synthetic rows{kind}",
    )  # fmt: skip
