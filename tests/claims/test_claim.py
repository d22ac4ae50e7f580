"""A fault in the file of claims is one line; the project's own claims say all that they must."""

import ast
import re
from pathlib import Path

import pytest

from ddlib.claims.choice import CHOSEN_ON
from ddlib.claims.claim import read_claims
from ddlib.claims.evidence import configs_of
from ddlib.settings import SettingsError

ROOT = Path(__file__).parents[2]
CLAIMS = read_claims(ROOT / "book" / "claims.yml")
every_claim = pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)

READING = """\
    - name: first
      text: One less two.
      unit: nats
      threshold: 0.0
      plus: [{grids: [one], value: value}]
      minus: [{grids: [two], value: value, by: {size: step}}]
"""
SMALL = f"""\
# Claims.
lead:
  title: A lead
  place: abstract
  says: One leads.
  chapter: notebooks/tasks
  because: It must.
  otherwise: Two leads.
  readings:
{READING}"""
SETTING = """\
law:
  title: A law
  place: abstract
  says: Values are drawn.
  chapter: notebooks/tasks
  kind: setting
  because: It compares nothing.
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "claims.yml"


def refused(path, text):
    """Return where and why a file is refused."""
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_claims(path)
    file, line, message = str(caught.value).split(":", 2)
    assert file == str(path)
    assert "\n" not in message
    return f"{line}:{message}"


def test_claims_are_read_with_their_defaults_in_their_order(path):
    path.write_text(SETTING + SMALL)
    found = read_claims(path)
    assert list(found) == ["law", "lead"]
    (reading,) = found["lead"].readings
    assert (found["lead"].kind, found["lead"].rule, found["law"].readings) == ("tested", "all", ())
    assert (reading.statistic, reading.side, reading.beside) == ("difference", "above", False)
    assert (reading.plus[0].where, reading.minus[0].by) == ("", {"size": "step"})


# Faults


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("because", "becaus", "because: missing; must be given; becaus = 'It must.': unknown; "),
        ("unit", "units", "readings[0]: unit: missing; must be given; units = 'nats': unknown; "),
        ("{grids: [one], v", "{grid: [one], v", "readings[0]: plus[0]: grids: missing; must be "),
        ("[one]", "[]", "readings[0]: plus[0]: grids = []: must have at least 1 item"),
        ("[{grids: [one], value: value}]", "[]", "readings[0]: plus = []: must have at least 1 "),
        ("A lead", "1", "title = 1: must be a valid string"),
        ("One leads.", '""', "says = '': must have at least 1 character"),
        ("A lead", "A lead\n  rule: most", "rule = 'most': must be 'all', 'any' or 'some'"),
        ("A lead", "A lead\n  kind: true", "kind = True: must be 'tested', 'setting' or 'un"),
        ("0.0", ".inf", "readings[0]: threshold = inf: must be a finite number"),
        ("Two leads.", '""', "otherwise: missing; must say what would change the verdict"),
        ("A lead", "A lead\n  kind: setting", "readings: must be given where the claim is tested"),
        (f"\n{READING}", " []\n", "readings: must be given where the claim is tested, and only"),
        ("nats", "nats\n      beside: true", "readings: must be given where the claim is tested"),
        (READING, 2 * READING, "readings: ['first', 'first']; must have names of their own"),
        ("}]", ", choose: method}]", "readings[0]: plus[0]: by = []: must be one name, of the "),
        ("}}]", "}, keep: a == b}]", "readings[0]: minus[0]: keep = 'a == b': must be given with"),
        ("threshold: 0.0", "threshold: '0.5'", "readings[0]: threshold = '0.5'"),
        ("threshold: 0.0", "threshold: true", "readings[0]: threshold = True"),
        ("by: {size: step}", "by: {seed: step}", "readings[0]: minus[0]: by = ['seed']: must"),
        ("grids: [one]", "grids: ['a/one']", "readings[0]: plus[0]: grids[0] = 'a/one'"),
        ("place: abstract", "place: abstract\n  1: abstract", "1 = 'abstract': unknown"),
    ],
)
def test_a_fault_is_told_in_one_line_with_the_line_of_its_claim(path, old, new, message):
    assert SMALL.count(old) >= 1
    text = SETTING + SMALL.replace(old, new, 1)
    assert refused(path, text).startswith(f"9: lead: {message}")


@pytest.mark.parametrize("threshold", [0.0, -1.0])
def test_the_threshold_of_a_ratio_is_above_zero(path, threshold):
    text = SMALL.replace("threshold: 0.0", f"statistic: ratio\n      threshold: {threshold}")
    line = f"2: lead: readings[0]: threshold = {threshold}: must be above 0, as a ratio"
    assert refused(path, text) == line


@pytest.mark.parametrize("side", ["plus", "minus"])
def test_a_ratio_is_of_one_value_over_another(path, side):
    text = SMALL.replace("threshold: 0.0", "statistic: ratio\n      threshold: 2.0")
    text = text.replace(f"{side}: [", f"{side}: [{{grids: [more], value: value}}, ")
    line = "2: lead: readings[0]: statistic = 'ratio': must be of one value over another"
    assert refused(path, text) == line


def test_a_name_that_stands_twice_in_a_claim_is_refused(path):
    text = SMALL.replace("place: abstract", "place: abstract\n  place: here")
    assert refused(path, text).endswith("place stands twice")


def test_a_fault_in_a_list_is_told_once(path):
    line = refused(path, SMALL.replace("{grids: [one], v", "{grid: [one], v"))
    assert "after validation" not in line


def test_a_setting_has_no_readings_beside_it_either(path):
    beside = READING.replace("nats", "nats\n      beside: true")
    line = "1: law: readings: must be given where the claim is tested, and only there"
    assert refused(path, f"{SETTING}  readings:\n{beside}") == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "1: is empty; must be YAML"),
        ("{}\n", "1: has no claims; must have at least one"),
        ("- lead\n", "1: the claims: must be a mapping of names to values"),
        ("\nlead: 3\n", "2: lead: must be a mapping of names to values"),
        (SMALL + SMALL, "17: lead: stands twice; must stand once"),
    ],
)
def test_a_file_that_holds_no_claims_is_refused(path, text, line):
    assert refused(path, text) == line


# The claims of the project


def terms_of(claim):
    """Return all terms of a claim, those of its worlds too."""
    both = [part for reading in claim.readings for part in (reading, *reading.worlds)]
    return [term for part in both for term in (*part.plus, *part.minus)]


def names_in(rule):
    """Return the columns that a rule reads."""
    tree = ast.parse(rule or "1", mode="eval")
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@every_claim
def test_terms_read_columns_that_the_rows_of_their_grids_have(claim):
    for term in terms_of(claim):
        experiments = {configs_of(grid)[0].name: configs_of(grid)[0] for grid in term.grids}
        ((_, experiment),) = experiments.items()
        columns = {*experiment.columns, *experiment.config.model_fields}
        for rule in (term.where, term.value, term.choose, *term.by.values()):
            assert names_in(rule) <= columns
        assert names_in(term.keep) <= {*term.by, CHOSEN_ON}


@every_claim
def test_the_chapter_of_a_claim_is_there(claim):
    chapter = claim.chapter.partition("#")[0]
    assert chapter.startswith(("notebooks/", "book/"))
    assert any((ROOT / f"{chapter}.{ending}").is_file() for ending in ("py", "md"))


@every_claim
def test_the_section_with_the_evidence_of_a_reading_is_in_another_chapter(claim):
    chapters = {path.stem: path.read_text("utf-8") for path in (ROOT / "notebooks").glob("*.py")}
    for label in {reading.evidence for reading in claim.readings} - {""}:
        (chapter,) = [name for name, text in chapters.items() if f"({label})=" in text]
        assert claim.chapter != f"notebooks/{chapter}"


@every_claim
def test_the_place_of_a_claim_is_the_abstract_or_a_caption(claim):
    assert re.fullmatch(r"abstract|caption of Fig\. [1-9]", claim.place)


@every_claim
def test_no_more_than_a_phrase_is_quoted(claim):
    texts = [claim.title, claim.says, claim.because, claim.otherwise]
    texts += [text for reading in claim.readings for text in (reading.name, reading.text)]
    quoted = [quote for text in texts for quote in re.findall(r'["“]([^"”]*)["”]', text)]
    assert all(len(quote.split()) <= 8 for quote in quoted)


@every_claim
def test_a_tested_claim_says_why_it_is_tested_so_and_what_would_change_it(claim):
    assert len(claim.because.split()) >= 8
    assert claim.kind != "tested" or len(claim.otherwise.split()) >= 8


def test_thirteen_sentences_are_looked_at_and_ten_tested():
    kinds = [claim.kind for claim in CLAIMS.values()]
    assert [kinds.count(kind) for kind in ("tested", "setting", "untestable")] == [10, 2, 1]
