"""Progress is told only where work takes long, and stages in order."""

import io
import threading

from ddlib.report.progress import progress


def test_short_work_says_nothing():
    stream = io.StringIO()
    with progress(stream, silent=60) as told:
        told.stage("reads tables")
        told.stage("fits the model")
    assert stream.getvalue() == ""


def test_long_work_says_each_stage_at_once():
    stream = io.StringIO()
    with progress(stream, silent=0, every=60) as told:
        told.stage("reads tables")
        told.stage("fits the model")
    assert [line.split(" …")[0] for line in stream.getvalue().splitlines()] == [
        "reads tables",
        "fits the model",
    ]


class Waited(io.StringIO):
    """A stream that tells when lines have come."""

    def __init__(self, lines):
        super().__init__()
        self.left, self.done = lines, threading.Event()

    def write(self, text):
        self.left -= text.count("\n")
        if self.left <= 0:
            self.done.set()
        return super().write(text)


def test_a_stage_that_takes_long_is_said_again():
    stream = Waited(3)
    with progress(stream, silent=0.01, every=0.01) as told:
        told.stage("fits the model")
        assert stream.done.wait(60)
    first, *again = stream.getvalue().splitlines()
    assert first == "fits the model …"
    assert set(again) == {"still fits the model …"}
