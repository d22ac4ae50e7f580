"""The palette of the figures, as readers with each common colour vision see it in both themes."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from ddlib.plots import style

COLORS = {
    name: np.array(to_rgb(getattr(style, name)))
    for name in ("BLUE", "ORANGE", "GREEN", "PURPLE", "SKY", "RED", "GREY")
}
# Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of Color Vision
# Deficiency (2009), at full severity, on linear RGB.
VISIONS = {
    "trichromacy": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array(  # of linear sRGB
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
)
WHITE = XYZ.sum(axis=1)
PAGES = {"light": (1.0, 1.0, 1.0), "dark": (18 / 255,) * 3}
APART = 11  # a difference of 2.3 in CIELAB is just seen, between colours side by side
STANDS_OUT = 3  # WCAG 2.1, 1.4.11: contrast of what carries meaning and is no text


def linear(color):
    color = np.asarray(color)
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


def lab(light):
    """CIELAB of linear RGB."""
    ratio = XYZ @ light / WHITE
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def shown(color, theme):
    """A colour as the page shows it: the dark theme has `invert(0.9) hue-rotate(180deg)`."""
    if theme == "light":
        return color
    luminance = np.array([0.213, 0.715, 0.072])  # of the standard's filter
    turned = 2 * luminance[None] - np.eye(3)
    return np.clip(turned @ (0.9 - 0.8 * color), 0, 1)


@pytest.mark.parametrize("theme", PAGES)
@pytest.mark.parametrize("vision", VISIONS)
def test_colours_are_told_apart(vision, theme):
    seen = {
        name: lab(np.clip(np.array(VISIONS[vision]) @ linear(shown(color, theme)), 0, 1))
        for name, color in COLORS.items()
    }
    near = {
        pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]])
        for pair in combinations(seen, 2)
        if np.linalg.norm(seen[pair[0]] - seen[pair[1]]) < APART
    }
    assert near == {}


@pytest.mark.parametrize("theme", PAGES)
@pytest.mark.parametrize("name", COLORS)
def test_a_colour_stands_out_from_the_page(name, theme):
    light = [float(XYZ[1] @ linear(c)) for c in (shown(COLORS[name], theme), PAGES[theme])]
    assert (max(light) + 0.05) / (min(light) + 0.05) >= STANDS_OUT
