"""What the live screen costs while 64 threads work: 5,000 rows, 1,000 events a second, a real pty.

python tests/bench/bench_screen.py [rows]     about 25 seconds for 5,000 rows
"""

from __future__ import annotations

import os
import pty
import sys
import threading
import time
from collections.abc import Sequence

from tryon_cli.listeners.bus import Bus, Ear
from tryon_cli.listeners.live import Live
from tryon_cli.model.events import (
    Event,
    RowEnded,
    RunStarted,
    Saved,
    StagePlanned,
    StepEnded,
    StepQueued,
    StepStarted,
)
from tryon_cli.model.outcome import RowState, State

ROWS, THREADS, PER_SECOND, HERTZ = 5_000, 64, 1_000, 10.0
GOAL = 0.01
"""Share of one core for drawing, and the same for hearing."""
STAGES = ("stylize", "try-on")


class Timed:
    """The live screen, and the CPU time of the bus thread that calls it."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.seconds = 0.0

    def hear(self, events: Sequence[Event]) -> None:
        self.live.hear(events)
        self.seconds = time.thread_time()

    def close(self) -> None:
        self.live.close()


def row_events(i: int) -> list[Event]:
    """Five events of one row; a few rows fail or are flagged, so there is news to show."""
    at, name = time.time(), str(i)
    bad, odd = i % 50 == 7, i % 40 == 3
    state = RowState.FAILED if bad else RowState.FLAGGED if odd else RowState.MADE
    events: list[Event] = []
    for stage in STAGES:
        events.append(StepStarted(at, stage, name, name))
        events.append(StepEnded(at, stage, name, name, State.MADE, 2.0 + i % 7, cost=0.04))
    code, text = ("E-IMG-DECODE", "cannot be read") if bad else ("", "")
    reasons = ("face changed 0.41",) if odd else ()
    return [*events, RowEnded(at, name, f"row {i}", state, reasons=reasons, code=code, text=text)]


def work(bus: Bus, own: range, began: float, pace: float) -> None:
    """Tell the events of these rows, each at its time: `pace` seconds between two of all threads."""
    for i in own:
        for n, event in enumerate(row_events(i)):
            time.sleep(max(0.0, began + (i * 5 + n * THREADS) * pace - time.monotonic()))
            bus.tell(event)
        if i % 100 == 0:
            bus.tell(Saved(time.time()))


def drain(end: int, read: list[int]) -> None:
    """Be the terminal: take what is drawn, count it."""
    try:
        while part := os.read(end, 65536):
            read[0] += len(part)
    except OSError:
        return


def main(rows: int) -> int:
    end, terminal = pty.openpty()
    read = [0]
    threading.Thread(target=drain, args=(end, read), daemon=True).start()
    with open(terminal, "w", encoding="utf-8") as stream:
        live = Live(stream, per_second=HERTZ, size=lambda: (80, 24))
        timed = Timed(live)
        bus = Bus([Ear("the live screen", timed)])
        bus.tell(RunStarted(time.time(), "r", "m.csv", "out", rows, 1, "1", ("fashn",), budget=900.0))
        for stage in STAGES:
            bus.tell(StagePlanned(time.time(), stage, "fashn", THREADS))
            bus.tell(StepQueued(time.time(), stage, rows))
        began = time.monotonic()
        threads = [
            threading.Thread(target=work, args=(bus, range(n, rows, THREADS), began, 1.0 / PER_SECOND))
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        late = bus.close(5.0)
    os.close(end)
    drawing, hearing = live.seconds / seconds, timed.seconds / seconds
    heard = live.tally.heard
    print(
        f"{heard:,} events of {rows:,} rows in {seconds:.1f} s from {THREADS} threads: {heard / seconds:,.0f}/s"
    )
    print(
        f"drawing thread  {drawing:7.2%} of one core at {HERTZ:.0f} frames a second, {read[0]:,} bytes drawn"
    )
    print(f"bus thread      {hearing:7.2%} of one core")
    print(f"goal            {GOAL:7.2%} each at most")
    whole = live.tally.done == rows and not late and not bus.dropped and read[0] > 0
    return 0 if whole and max(drawing, hearing) <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
