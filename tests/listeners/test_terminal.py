"""What kind of screen there is: by the streams themselves, whatever the environment claims."""

from __future__ import annotations

import io
import os
import pty
from collections.abc import Iterator

import pytest

from tryon_cli.listeners.terminal import look


@pytest.fixture
def terminal() -> Iterator[io.TextIOWrapper]:
    end, name = pty.openpty()
    with open(name, "w", encoding="utf-8") as stream:
        yield stream
    os.close(end)


@pytest.fixture
def pipe() -> Iterator[io.TextIOWrapper]:
    read, write = os.pipe()
    with open(write, "w", encoding="utf-8") as stream:
        yield stream
    os.close(read)


GOOD = {"TERM": "xterm-256color"}


def test_a_terminal_is_drawn_on_in_colour(terminal):
    screen = look(terminal, terminal, GOOD)
    assert screen.live and screen.colour and screen.unicode and screen.out_colour and screen.summary


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": "unknown"}])
def test_a_dumb_terminal_is_not_drawn_on(terminal, env):
    screen = look(terminal, terminal, env)
    assert not screen.live and not screen.colour and screen.summary


@pytest.mark.parametrize("env", [{}, {"TERM": ""}])
def test_without_a_name_a_terminal_is_not_drawn_on(terminal, env):
    assert not look(terminal, terminal, env).live


@pytest.mark.parametrize("more", [{}, {"FORCE_COLOR": "1"}, {"FORCE_COLOR": "3", "CLICOLOR_FORCE": "1"}])
@pytest.mark.parametrize("color", ["auto", "always", "never"])
def test_a_pipe_is_never_drawn_on_nor_coloured(pipe, more, color):
    screen = look(pipe, pipe, {**GOOD, **more}, color=color)
    assert not (screen.live or screen.colour or screen.out_colour or screen.out_terminal or screen.summary)


@pytest.mark.parametrize(
    "color, env, coloured",
    [
        ("auto", {}, True), ("auto", {"NO_COLOR": "1"}, False), ("auto", {"NO_COLOR": ""}, True),
        ("always", {"NO_COLOR": "1"}, True), ("never", {}, False), ("never", {"FORCE_COLOR": "1"}, False),
    ],
)  # fmt: skip
def test_colour_is_the_option_then_NO_COLOR(terminal, color, env, coloured):
    screen = look(terminal, terminal, {**GOOD, **env}, color=color)
    assert screen.live and screen.colour is screen.out_colour is coloured


def test_no_progress_is_not_drawn_but_has_its_summary(terminal):
    screen = look(terminal, terminal, GOOD, progress=False)
    assert not screen.live and screen.colour and screen.summary


def test_each_stream_is_asked_for_itself(terminal, pipe):
    screen = look(terminal, pipe, GOOD)
    assert screen.live and screen.colour and not screen.out_terminal and not screen.out_colour
    screen = look(pipe, terminal, GOOD)
    assert not screen.live and not screen.colour and screen.out_colour and screen.summary


@pytest.mark.parametrize(
    "encoding, unicode",
    [
        ("utf-8", True),
        ("UTF8", True),
        ("utf-8-sig", True),
        ("ascii", False),
        ("latin-1", False),
        ("cp1252", False),
    ],
)
def test_signs_beyond_ascii_need_utf_8(encoding, unicode):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    screen = look(stream, stream, GOOD)
    assert screen.unicode is screen.out_unicode is unicode


def test_streams_that_are_closed_or_missing_are_no_terminals():
    closed = io.StringIO()
    closed.close()
    for stream in (closed, None):
        screen = look(stream, stream, GOOD)  # type: ignore[arg-type]
        assert not screen.live and not screen.unicode
