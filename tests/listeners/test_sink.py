"""Streams that end, break or cannot show every sign: nothing is raised, and nothing is left for exit."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from told import every, midway

from tryon_cli.listeners.jsonl import JsonLines
from tryon_cli.listeners.live import Live
from tryon_cli.listeners.plain import PlainLog
from tryon_cli.listeners.sink import Sink


def encoded(encoding: str, text: str) -> bytes:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)  # closes its buffer when it goes
    Sink(stream).line(text)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "encoding, expected",
    [
        ("utf-8", "né → ×".encode()),
        ("latin-1", b"n\xe9 \\u2192 \xd7"),
        ("ascii", b"n\\xe9 \\u2192 \\xd7"),
        ("cp1252", b"n\xe9 \\u2192 \xd7"),
    ],
)
def test_signs_that_the_stream_cannot_encode_are_spelled_out(encoding, expected):
    assert encoded(encoding, "né → ×") == expected + b"\n"


def test_a_lone_surrogate_is_spelled_out():
    assert encoded("utf-8", "a\ud800é") == "a\\ud800é\n".encode()


def test_every_line_is_flushed_at_once():
    buffer = io.BytesIO()
    sink = Sink(io.TextIOWrapper(buffer, encoding="utf-8"))
    sink.line("one")
    assert buffer.getvalue() == b"one\n"


def test_a_closed_stream_is_left_alone():
    stream = io.StringIO()
    stream.close()
    sink = Sink(stream)
    sink.line("x")
    sink.line("y")
    assert not sink.open


def test_a_reader_that_went_away_ends_it_and_nothing_is_left_to_flush():
    read, write = os.pipe()
    with os.fdopen(write, "w", encoding="utf-8") as stream:
        sink = Sink(stream)
        sink.line("heard")
        assert os.read(read, 100) == b"heard\n" and sink.open
        os.close(read)
        sink.line("lost")
        sink.line("not even tried")
        assert not sink.open


@pytest.mark.parametrize("listener", ["events", "log lines", "live"])
def test_no_listener_minds_a_reader_that_went_away(listener):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w", encoding="utf-8") as stream:
        heard = {
            "events": lambda: JsonLines(stream),
            "log lines": lambda: PlainLog(stream),
            "live": lambda: Live(stream, size=lambda: (80, 24)),
        }[listener]()
        heard.hear(midway())
        heard.hear(every())
        heard.close()
        assert heard.tally.ended is not None  # it went on counting


CHILD = """
import sys
from tryon_cli.listeners.sink import Sink
sink = Sink(sys.stdout)
sink.line("first")
sys.stdin.readline()
for _ in range(10_000):
    sink.line("x" * 100)
print("went on", file=sys.stderr)
"""


def test_piped_into_head_a_process_goes_on_and_leaves_with_0():
    command = [sys.executable, "-c", CHILD]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as child:
        assert child.stdin and child.stdout and child.stderr
        assert child.stdout.readline() == "first\n"
        child.stdout.close()
        child.stdin.write("go\n")
        child.stdin.flush()
        assert child.stderr.read() == "went on\n"
        assert child.wait(30) == 0
