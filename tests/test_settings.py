"""What people type is read by the rules of YAML 1.2, in files and on command lines alike."""

import math

import pytest

from ddlib.settings import SettingsError, mapping, parse_file, read_value, value_of

VALUES = {
    "010": 10,
    "-7": -7,
    "+3": 3,
    "1e-1": 0.1,
    "1e3": 1000.0,
    ".5": 0.5,
    "2.": 2.0,
    "-.inf": -math.inf,
    "true": True,
    "False": False,
    "": None,
    "~": None,
    "[10, 020]": [10, 20],
    "{a: 1}": {"a": 1},
    '"010"': "010",
    # Numbers, dates and truth values in YAML 1.1 or 1.2, texts here.
    "1:30": "1:30",
    "2024-01-01": "2024-01-01",
    "1_000": "1_000",
    "0b11": "0b11",
    "0o17": "0o17",
    "0x1F": "0x1F",
    "yes": "yes",
    "no": "no",
    "off": "off",
    "-": "-",
    "<<": "<<",
}


@pytest.mark.parametrize(("text", "value"), VALUES.items())
def test_a_value_is_read_alike_on_a_command_line_and_in_a_file(text, value, tmp_path):
    path = tmp_path / "some.yml"
    path.write_text(f"name: {text}\n", encoding="utf-8")
    if text != "-":  # in a file, the begin of a list
        found = value_of(path, mapping(path, parse_file(path), "a file")["name"][1])
        assert (found, type(found)) == (value, type(value))
        assert (read_value(text), type(read_value(text))) == (value, type(value))


def test_nan_is_a_number():
    assert math.isnan(read_value(".nan"))


@pytest.mark.parametrize("text", ["[", "!!int 1x", "!!bool maybe", "!!timestamp 2024-01-01", "@"])
def test_what_is_not_yaml_is_refused(text):
    with pytest.raises(ValueError, match="is not YAML"):
        read_value(text)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "some.yml"
    path.write_text("name: 1\n", encoding="utf-8-sig")
    assert list(mapping(path, parse_file(path), "a file")) == ["name"]
    path.write_text("name: 1\nname: 2\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"some.yml:2: name: stands twice"):
        mapping(path, parse_file(path), "a file")
