"""Numbers of axes: round, few, and where they belong."""

import pytest
from bs4 import BeautifulSoup

from ddlib.html.intervals import Scored, scores
from ddlib.html.svg import number, scale, ticks


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(0, 100, [0, 25, 50, 75, 100]), (0.71, 0.86, [0.75, 0.8, 0.85]), (-1.2, 1, [-1, 0, 1])],
)
def test_ticks_are_round(low, high, found):
    assert ticks(low, high) == pytest.approx(found)


@pytest.mark.parametrize(("low", "high"), [(0, 100), (0.71, 0.86), (-3, 1), (0.123, 0.124), (5, 9)])
def test_a_scale_has_at_most_three_numbers_at_their_places(low, high):
    texts = BeautifulSoup(scale(low, high), "html.parser").find_all("text")
    assert 1 <= len(texts) <= 3
    for text in texts:
        value = low + float(text["x"].rstrip("%")) / 100 * (high - low)
        assert float(text.get_text().replace("−", "-")) == pytest.approx(value, rel=2e-3, abs=1e-3)


def test_scores_have_an_axis():
    lines = [Scored("mine", 0.8, own=True), Scored("theirs", 0.7, 0.6, 0.85)]
    found = BeautifulSoup(scores(lines, head="from", score="AUC", caption="x"), "html.parser")
    last = found.find_all("tr")[-1]
    told = [float(text.get_text()) for text in last.find_all("text")]
    assert last.th.get_text() == "AUC"
    assert len(told) >= 2
    dots = {float(c["cx"].rstrip("%")) for c in found.find_all("circle")}
    left, right = (float(last.find_all("text")[k]["x"].rstrip("%")) for k in (0, -1))
    # The scores lie on the axis where its numbers say.
    per_percent = (told[-1] - told[0]) / (right - left)
    values = sorted(told[0] + (dot - left) * per_percent for dot in dots)
    assert values == pytest.approx([0.7, 0.8], abs=1e-3)


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (0.75, "0.75"), (1234.5, "1\u2009234"), (-2e-7, "−2.00e−07")]
)
def test_numbers_are_written_as_people_write_them(value, shown):
    assert number(value).replace(" ", "\u2009") == shown
