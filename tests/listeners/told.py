"""Events for the tests of listeners: one of each type, a run in the middle, names that mean harm."""

from __future__ import annotations

import unicodedata

from tryon_cli.model.errors import Complaint, Level
from tryon_cli.model.events import (
    Complained,
    Event,
    Planned,
    ProviderTurned,
    RowEnded,
    RowsKept,
    RunEnded,
    RunStarted,
    Saved,
    StagePlanned,
    StepEnded,
    StepQueued,
    StepRetried,
    StepStarted,
    Stopping,
    Warned,
)
from tryon_cli.model.outcome import RowState, State

T = 1_763_906_400.0
"""2025-11-23 14:00:00 UTC."""


def started(rows: int | None = 1200, budget: float | None = 60.0) -> RunStarted:
    return RunStarted(
        T, "1123-1412-k7q2", "spring.csv", "out/", rows, 41822, "1.0", ("fashn", "local"), budget=budget
    )


def ended(exit: int = 3, name: str = "partial", text: str = "", **counts: int) -> RunEnded:
    return RunEnded(T + 1180, exit, name, 1180.0, sum(counts.values()), tuple(counts.items()), 0.0, 0.0, text)


def row(n: int, state: RowState = RowState.MADE, at: float | None = None, **more: object) -> RowEnded:
    return RowEnded(T + n if at is None else at, str(n), f"p{n}__g1", state, **more)  # type: ignore[arg-type]


def every(name: str = "p1", text: str = "too many at once") -> list[Event]:
    """One event of every type; name and text come from outside and are in all places where they can be."""
    return [
        RunStarted(T, name, name, name, 3, 1, "1.0", (name,), budget=5.0),
        Planned(T, 3, 1, 2, 2, 1, 0.5),
        StagePlanned(T, name, name, 4),
        StepQueued(T, name, 2, 1),
        StepStarted(T + 1, name, "k1", name),
        StepRetried(T + 2, name, "k1", name, 1, 2.0, name, text),
        StepEnded(T + 3, name, "k1", name, State.FAILED, 2.0, 2, name, 0.04, name, text, 2),
        RowsKept(T + 3, 1),
        row(2, RowState.FLAGGED, reasons=(name, text), images=(f"images/{name}",))._replace(id=name, row=name),
        row(3, RowState.FAILED, code=name, text=text, fix=name, column=name, value=name, stage=name)._replace(
            row=name
        ),
        Complained(T + 4, Complaint(Level.WARNING, name, text, name, 3, name, name, name)),
        Warned(T + 5, f"W {name}", text),
        ProviderTurned(T + 6, name, False, text, 20.0),
        Saved(T + 7),
        Stopping(T + 8, name, text, 1),
        RunEnded(
            T + 9, 130, name, 9.0, 3, (("cached", 1), ("flagged", 1), ("failed", 1)), 0.04, 0.02, text
        ),
    ]  # fmt: skip


def midway() -> list[Event]:
    """A run of 1,200 rows after seven minutes: three stages, some failures, some news."""
    events: list[Event] = [
        started(),
        Planned(T, 1200, 412, 788, 849, 727, 56.08),
        StagePlanned(T, "stylize", "fashn", 4),
        StagePlanned(T, "try-on", "fashn", 6),
        StagePlanned(T, "face-swap", "local", 8),
        StepQueued(T, "stylize", 20),
        StepQueued(T, "try-on", 788),
        StepQueued(T, "face-swap", 788),
        RowsKept(T, 412),
    ]
    for i in range(20):
        events += _step("stylize", i, T, 1.9)
    for i in range(290):
        at = T + 1 + i * 1.5
        events += [*_step("try-on", i, at, 7.0 + i % 9), *_step("face-swap", i, at, 1.1)]
        state = RowState.FAILED if i in (100, 200) else RowState.FLAGGED if i % 60 == 7 else RowState.MADE
        why = (
            {"code": "E-IMG-DECODE", "text": "cannot be read", "fix": "replace it"} if i in (100, 200) else {}
        )
        reasons = ("face changed 0.41",) if state is RowState.FLAGGED else ()
        events.append(row(412 + i, state, at, reasons=reasons, **why))  # type: ignore[arg-type]
    events += [StepStarted(T + 430, "try-on", f"r{i}", str(702 + i)) for i in range(6)]
    events += [
        StepRetried(T + 431 + i, "try-on", f"r{i % 6}", "fashn", 1, 2.0, "E-THROTTLED", "too many at once")
        for i in range(5)
    ]
    return [*events, Saved(T + 436)]


def _step(stage: str, i: int, at: float, seconds: float) -> list[Event]:
    key = f"{stage}{i}"
    return [
        StepStarted(at, stage, key, str(i)),
        StepEnded(at, stage, key, str(i), State.MADE, seconds, 1, "fashn", 0.04, wanted=1 + (i % 3 == 0)),
    ]


HOSTILE = [
    # what Rich takes for markup
    "[/red]x", "[red]", "[bold red]x[/]", "[link=file:///etc/passwd]x[/link]", "[@click=app.quit]x", "\\[x]", "[[", "]",
    # ESC: colours, moves, titles, clearing, answers of the terminal
    "\x1b[31mred", "\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b[6n", "\x1bc", "\x1b[?1049h", "\x1b(0", "a\x1b",
    # OSC 8 links and OSC 52, the clipboard
    "\x1b]8;;http://x.test\x1b\\click\x1b]8;;\x1b\\", "\x1b]52;c;aGk=\x07",
    # C1, which some terminals obey as well
    "\x9b31mred", "\x9d0;title\x9c", "\x90q\x9c", "\x85",
    # writing direction and signs that are not seen
    "\u202egpj.exe", "\u2066x\u2069", "\u200fx", "\ufeffx", "x\u00ad", "\u2028x", "\u2029x",
    # one sign each
    "a\rb", "a\nb", "a\r\nb", "a\x00b", "a\x07\x08b", "a\tb", "a\x7fb",
    # wide, joined, combining, broken
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "Z\u0351" + "\u0325" * 60, "\ud800x", "\U000e0041x",
]  # fmt: skip
"""Names that someone may have written into a manifest, or a service into its answer."""


def raw(text: str) -> list[str]:
    """The signs in a text that move a cursor, turn the writing or break a line."""
    return [
        c
        for c in text
        if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\u200c\u200d"
    ]
