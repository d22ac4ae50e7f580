"""The README's examples run as they stand."""

import re
from pathlib import Path

from ddlib.experiments.hospitals import load_hospitals

README = Path(__file__).parents[1] / "README.md"


def test_the_examples_run_and_print_what_they_promise(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names = {"tables": load_hospitals(0).tables}
    for block in blocks:
        exec(block, names)  # one after the other, as a reader would
    printed = capsys.readouterr().out
    lost = float(re.search(r"tensor\((\S+?),", printed).group(1))
    assert abs(lost) < 1e-10
    assert "All pairs of the 8 variables are seen together" in printed
    merged = names["merged"]
    assert merged.shape == (60, 8)
    assert sorted(merged.columns) == sorted(set().union(*names["tables"]))
