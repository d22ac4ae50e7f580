"""Numbers as readers write them, on pages and in their prose: one minus, one separator."""

from __future__ import annotations

import re
from math import isnan

MINUS, THOUSANDS = "\u2212", "\u202f"  # a narrow space, at which no line breaks
TIMES = "\u00a0×\u00a0"  # nor here
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SMALLEST, LARGEST = 1e-4, 1e7  # written without a power of ten, if so many digits are to count


def number(value: float, spec: str) -> str:
    """Return a number as a reader writes it, never as `1e-05`, in groups of three digits.

    Args:
        value: the number; NaN gives a dash.
        spec: a format of Python; with `g` it has so many significant digits, as a decimal from
            0.0001 to below ten millions and with a power of ten else; with `e` always with one.
    """
    if isnan(value):
        return "–"
    if not spec.endswith(("g", "e")):
        text = _grouped(format(value, spec))
        text = text.lstrip("-") if not re.search("[1-9]", text) else text
    elif not value:
        text = "0"
    else:
        text = _significant(value, int(spec[:-1].rpartition(".")[2]), power=spec.endswith("e"))
    return text.replace("-", MINUS)


def interval(middle: float, low: float, high: float, spec: str) -> str:
    """Return an estimate with its interval, `0.41 (0.38 to 0.44)`.

    Args:
        middle: the estimate.
        low: the lower end.
        high: the upper end.
        spec: as in `number`, of all three.
    """
    return f"{number(middle, spec)} ({number(low, spec)} to {number(high, spec)})"


def _significant(value: float, precision: int, *, power: bool) -> str:
    """Return a number of so many digits, or with so many behind the first one and a power of 10."""
    digits = precision + power
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if power or not SMALLEST <= abs(value) < LARGEST:
        return f"{mantissa}{TIMES}10{str(int(exponent)).translate(RAISED)}"
    return _grouped(f"{float(f'{mantissa}e{exponent}'):.{max(digits - 1 - int(exponent), 0)}f}")


def _grouped(text: str) -> str:
    """Return a decimal number with its whole part in groups of three digits."""
    return re.sub(
        r"^([-+]?)(\d{4,})",
        lambda found: f"{found[1]}{int(found[2]):,}".replace(",", THOUSANDS),
        text,
    )
