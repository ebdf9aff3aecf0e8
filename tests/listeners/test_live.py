"""The live screen on a real pty: drawn, drawn over, resized, and the cursor given back."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from glass import Window
from told import HOSTILE, T, ended, every, midway, raw, row

from tryon_cli.listeners.frame import frame
from tryon_cli.listeners.live import Live

SHOW, HIDE = "\x1b[?25h", "\x1b[?25l"
NOW = T + 436.4


@pytest.fixture
def window() -> Iterator[Window]:
    window = Window(80, 24)
    yield window
    window.close()


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def live_on(window: Window, clock: Clock | None = None, colour: bool = True) -> Live:
    """Drawn by hand: no thread, since it hears through its tally."""
    live = Live(window.stream, colour=colour, clock=clock or Clock(NOW))
    live.tally.hear(midway())
    return live


def expected(live: Live, width: int, height: int, now: float = NOW) -> str:
    lines = frame(live.tally, now, width, height)
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


@pytest.mark.parametrize("colour", [True, False])
def test_what_is_seen_is_the_frame(window, colour):
    live = live_on(window, colour=colour)
    live.draw()
    written = window.read()
    assert window.glass.text == expected(live, 80, 24)
    assert not window.glass.cursor and written.startswith(HIDE)
    assert bool(re.search(r"\x1b\[[0-9]+m", written)) is colour


def test_the_next_frame_stands_where_the_first_one_stood(window):
    clock = Clock(NOW)
    live = live_on(window, clock)
    for n in range(30):
        live.tally.hear([row(2000 + n, at=NOW + n)])
        clock.now = NOW + n
        live.draw()
        window.read()
    assert window.glass.text == expected(live, 80, 24, clock.now)


def test_a_frame_that_would_look_the_same_is_not_written(window):
    live = live_on(window)
    live.draw()
    window.read()
    live.draw()
    assert window.read() == ""


@pytest.mark.parametrize("columns, lines", [(60, 24), (60, 10), (120, 40), (79, 12)])
def test_a_resized_window_is_drawn_anew_without_remains(window, columns, lines):
    live = live_on(window)
    live.draw()
    window.read()
    window.resize(columns, lines)
    live.draw()
    window.read()
    assert window.glass.text == expected(live, columns, lines)


def test_a_window_that_knows_no_size_is_taken_for_80x24(window):
    fcntl.ioctl(window.end, termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
    live = live_on(window)
    live.draw()
    window.read()
    assert window.glass.text == expected(live, 80, 24)


def test_the_thread_draws_and_closing_leaves_the_last_frame_and_the_cursor(window):
    live = Live(window.stream, clock=Clock(NOW))
    live.hear(midway())
    window.read(until="tryon resume")
    live.hear([ended(0, "ok", made=1200)])
    live.close()
    window.read(until=SHOW)
    assert window.glass.cursor and window.written.endswith(SHOW)
    assert window.glass.text == expected(live, 80, 24) and "in 19m 40s" in window.glass.text
    assert not [thread for thread in threading.enumerate() if thread.name == "tryon-draws"]
    assert live.seconds > 0


def test_restore_gives_the_cursor_back_and_nothing_hides_it_again(window):
    live = live_on(window)
    live.draw()
    window.read()
    live.restore()
    assert window.read() == SHOW
    live.tally.hear([row(3000)])
    live.draw()
    live.restore()
    assert window.read() == ""


def test_where_nothing_was_drawn_nothing_is_restored(window):
    live = Live(window.stream)
    live.restore()
    live.close()
    assert window.read() == ""


def test_closing_twice_is_closing_once(window):
    live = Live(window.stream, clock=Clock(NOW))
    live.hear(midway())
    live.close()
    window.read(until=SHOW)
    live.close()
    assert window.read() == ""


def test_a_terminal_that_went_away_stops_the_drawing_not_the_counting():
    window = Window(80, 24)
    live = Live(window.stream, size=lambda: (80, 24), clock=Clock(NOW))
    os.close(window.end)
    live.hear(midway())
    live.close()
    assert live.tally.done == 702
    window.stream.close()


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_reach_no_terminal(window, name):
    live = Live(window.stream, clock=Clock(T + 9))
    live.tally.hear(every(name, name)[:-1])
    live.draw()
    text = window.read()
    own = re.sub(r"\x1b\[(?:[0-9]+m|\?25[lh]|[0-9]*[AKJ])", "", text)
    assert not raw(own.replace("\r\n", "").removeprefix("\r"))


def test_a_screen_that_is_read_while_threads_tell_adds_up(window):
    live = Live(window.stream, per_second=1000.0)

    def tell(n: int) -> None:
        for i in range(50):
            live.hear([row(n * 50 + i, at=T)])

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(8)]
    drain = threading.Thread(target=window.read, args=(SHOW, 20.0))
    drain.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    live.close()
    drain.join(20)
    assert live.tally.done == 400 and "400 so far" in window.glass.text


CHILD = """
import os, sys
from tryon_cli.listeners.live import Live
from tryon_cli.model.events import RowsKept
live = Live(sys.stderr)
live.hear([RowsKept(1.0, 3)])
sys.stdin.readline()
{end}
"""


@pytest.mark.parametrize(
    "end, status",
    [
        ("sys.exit(3)", 3),
        ("raise RuntimeError('no')", 1),
        ("live.restore(); os._exit(5)", 5),
        ("live.close()", 0),
    ],
)
def test_the_cursor_comes_back_however_the_process_leaves(window, end, status):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(end=end)], stdin=subprocess.PIPE, stderr=window.tty, text=True
    )
    try:
        shown = window.read(until="3 so far")
        assert HIDE in shown
        child.communicate("go\n", timeout=30)
        assert child.returncode == status
        rest = window.read(until=SHOW) if SHOW not in shown else shown
        assert HIDE not in rest.split(SHOW)[-1]
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            child.wait(10)


def test_a_whole_small_run_under_a_bus_leaves_a_readable_terminal(window):
    driver = Path(__file__).parent / "screen_driver.py"
    child = subprocess.Popen(
        [sys.executable, str(driver), "200", "0"], stdout=subprocess.PIPE, stderr=window.tty, text=True
    )
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    window.read(until=SHOW)
    assert window.glass.cursor and "150/200" in window.glass.text
    assert out.startswith("Stopped: asked to stop (Ctrl-C)") and not raw(out.replace("\n", ""))
    assert "tryon resume out/" in out


def test_a_terminal_that_is_stuck_holds_up_no_counting(window):
    os.set_blocking(window.tty, False)
    with pytest.raises(BlockingIOError):
        while True:  # as after Ctrl-S: nothing more fits
            os.write(window.tty, b"\r" * 1000)
    os.set_blocking(window.tty, True)
    live = Live(window.stream, size=lambda: (80, 24))
    for n in range(0, 2_000, 10):
        live.hear([row(i, at=T) for i in range(n, n + 10)])
    assert live.tally.done == 2_000
    drain = threading.Thread(target=window.read, args=(SHOW, 20.0))
    drain.start()
    live.close()
    drain.join(20)
    assert "2,000 so far" in window.glass.text
