"""A small run for a real terminal: feeds a bus with events and draws them. argv: rows, seconds to hold."""

import sys
import time

from tryon_cli.listeners.bus import Bus, Ear
from tryon_cli.listeners.cells import paint
from tryon_cli.listeners.live import Live
from tryon_cli.listeners.summary import Paths, summary
from tryon_cli.model.events import (
    RowEnded,
    RunEnded,
    RunStarted,
    Saved,
    StagePlanned,
    StepEnded,
    StepQueued,
    StepRetried,
    StepStarted,
)
from tryon_cli.model.outcome import RowState, State


def main(rows: int, hold: float) -> None:
    at = time.time() - 600
    live = Live(sys.stderr, colour="plain" not in sys.argv)
    bus = Bus([Ear("screen", live, lossless=False)])
    tell = bus.tell
    tell(
        RunStarted(
            at, "1123-1412-k7q2", "spring.csv", "out/", rows, 1, "1.0", ("fashn", "local"), budget=60.0
        )
    )
    for stage, slots in (("stylize", 4), ("try-on", 6)):
        tell(StagePlanned(at, stage, "fashn", slots))
        tell(StepQueued(at, stage, rows))
    done = rows * 3 // 4
    for i in range(done):
        at += 590 / done
        for stage in ("stylize", "try-on"):
            tell(StepStarted(at, stage, f"{i}", f"{i}"))
            tell(StepEnded(at, stage, f"{i}", f"{i}", State.MADE, 8.0 + i % 7, cost=0.04))
        bad = i % 50 == 7
        state = RowState.FAILED if bad else RowState.FLAGGED if i % 40 == 3 else RowState.MADE
        code = "E-IMG-DECODE" if bad else ""
        tell(
            RowEnded(
                at,
                str(i),
                f"é\x1b[2J[red]{i}",
                state,
                reasons=("face changed 0.41",),
                code=code,
                text="cannot be read",
                value="humans/\x9bp031.jpg" if bad else "",
                fix="replace it",
            )
        )
    tell(StepRetried(at, "try-on", "1", "fashn", 1, 2.0, "E-THROTTLED", "too many at once"))
    tell(Saved(time.time()))
    time.sleep(hold)
    counts = (("made", done), ("failed", 2), ("left", rows - done))
    end = RunEnded(time.time(), 130, "interrupted", 600.0, rows, counts, 0, 0, "asked to stop (Ctrl-C)")
    tell(end)
    bus.close(2.0)
    for line in summary(
        live.tally, end, Paths("out/", "out/images/", "out/report/index.html", "out/failed.csv")
    ):
        print(paint(line, False))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
