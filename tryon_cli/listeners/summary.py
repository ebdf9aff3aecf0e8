"""The end of a run in a few lines: what there is, what it cost, why rows have no picture, what to do next.

Pure: numbers in, lines out. Knows no terminal and no files; which exist is said by whoever calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..model.events import RunEnded
from .causes import Cause
from .cells import Line, cut, pad, width_of
from .clean import clean, clean_lines
from .tally import Tally
from .words import brief, money, number, rows, span

CAUSES = 5
"""Lines of the table of causes."""


class Paths(NamedTuple):
    """Where things lie, as the user would type them; "" for what there is not."""

    output: str = ""
    images: str = ""
    report: str = ""
    failed: str = ""


NO_PATHS = Paths()


def summary(
    tally: Tally, ended: RunEnded, paths: Paths = NO_PATHS, unicode: bool = True, width: int = 80
) -> list[Line]:  # fmt: skip
    """Four lines for a clean run, at most about twenty for any other."""
    say = _Say(tally, ended, paths, unicode, max(40, width))
    lines = say.top()
    if say.clean_run:
        lines += [say.made(), *say.money(), *say.places(("report",) if paths.report else ("images",))]
    else:
        lines += [
            [],
            say.made(),
            *say.money(),
            *say.slowest(),
            *say.causes(),
            [],
            *say.places(Paths._fields[1:]),
        ]
        following = say.next()
        lines += [[], *following] if following else []
    return [cut(line, say.width) for line in lines]


class _Say:
    def __init__(self, tally: Tally, ended: RunEnded, paths: Paths, unicode: bool, width: int) -> None:
        self.tally, self.ended, self.paths = tally, ended, paths
        self.unicode, self.width = unicode, width
        self.counts = dict(ended.counts)
        self.images = sum(self.count(name) for name in ("made", "cached", "flagged"))
        self.bad = self.count("failed") + self.count("invalid")
        self.clean_run = not ended.text and ended.exit == 0 and not self.count("flagged")

    def count(self, name: str) -> int:
        return self.counts.get(name, 0)

    def clean(self, text: str, limit: int = 200) -> str:
        return clean(text, self.unicode, limit)

    # ------------------------------------------------------------------ what there is
    def top(self) -> list[Line]:
        ended = self.ended
        result = f"{number(self.images)} of {rows(ended.rows)} have an image"
        if ended.rows == 1:
            result = result.replace("have", "has")
        name = f"exit {ended.exit}, {self.clean(ended.name.replace('_', ' '))}"
        if not ended.text:
            first = f"Done in {span(ended.seconds)}: {result}"
            if self.clean_run:
                return [[(first, "bold")]]
            gap = max(2, self.width - len(first) - len(name) - 1)
            return [[(first, "bold"), (" " * gap + name, "dim")]]
        reason, *more = clean_lines(ended.text, self.unicode) or [""]
        return [
            [(f"Stopped: {reason}", "bold")],
            *([(f"  {line}", "")] for line in more),
            [(f"  {result} after {span(ended.seconds)}.  {name}", "")],
        ]

    def made(self) -> Line:
        look = " (images exist, please look)" if self.count("flagged") else ""
        parts: list[tuple[str, str]] = [(f"  made {number(self.count('made'))}", "")]
        parts.append((f"    cached {number(self.count('cached'))}", ""))
        for name, style in (("failed", "bad"), ("invalid", "bad"), ("flagged", "look"), ("waiting", "look"),
                            ("maybe_paid", "look"), ("skipped", ""), ("left", "")):  # fmt: skip
            if self.count(name):
                tail = look if name == "flagged" else ""
                parts.append((f"    {name.replace('_', ' ')} {number(self.count(name))}{tail}", style))
        return parts

    def money(self) -> list[Line]:
        tally = self.tally
        spent, saved = self.ended.spent or tally.spent, self.ended.saved or tally.saved
        budget = tally.started.budget if tally.started else None
        if not spent and not saved and budget is None:
            return [[("  spent nothing", "")]] if self.clean_run else []
        text = f"  spent {money(spent)}" + (f" of {money(budget)}" if budget is not None else "")
        if saved:
            parts = [("cache", tally.saved_cache), ("shared work", tally.saved_shared)]
            why = ", ".join(f"{name} {money(usd)}" for name, usd in parts if usd)
            text += f"    saved {money(saved)}" + (f" ({why})" if why else "")
        return [[(text, "")]]

    def slowest(self) -> list[Line]:
        timed = [stage for stage in self.tally.stages.values() if stage.seconds.total]
        if not timed:
            return []
        # the longest at work per slot is what the run waited for
        stage = max(timed, key=lambda s: (s.seconds.quantile(0.5) or 0.0) * s.worked / max(1, s.slots))
        p50, p95 = stage.seconds.quantile(0.5), stage.seconds.quantile(0.95)
        text = f"  slowest stage {self.clean(stage.name)}  p50 {brief(p50)}, p95 {brief(p95)}"
        word = "retry" if stage.retries == 1 else "retries"
        return [[(text + (f", {number(stage.retries)} {word}" if stage.retries else ""), "")]]

    # ------------------------------------------------------------------ why
    def causes(self) -> list[Line]:
        ranked = self.tally.causes.ranked()
        if not ranked:
            return []
        codes = max(16, *(min(22, len(self.clean(cause.code))) for cause in ranked[:CAUSES]))
        texts = max(12, min(30, self.width - codes - 34))
        title = f"  {pad('why', codes + texts + 3)} {pad('rows', 6, True)}   what to do"
        lines: list[Line] = [[], [(title, "dim")]]
        for cause in ranked[:CAUSES]:
            text = f"  {pad(self.clean(cause.code), codes)} {pad(self.clean(cause.text), texts)} "
            line: Line = [(text, ""), (pad(number(cause.count), 7, True), "bad"), ("   ", "")]
            lines.append([*line, (self._fix(cause), "")])
        if len(ranked) > CAUSES:
            lines.append([(f"  and {len(ranked) - CAUSES} more: see the report or failed.csv", "dim")])
        return lines

    def _fix(self, cause: Cause) -> str:
        return self.clean(cause.fix) or f"see row {self.clean(cause.first)}"

    # ------------------------------------------------------------------ where and what next
    def places(self, names: Sequence[str]) -> list[Line]:
        notes = {"images": rows(self.images), "failed": f"{rows(self.bad)}, is a manifest itself"}
        lines: list[Line] = []
        for name in names:
            path = self.clean(getattr(self.paths, name))
            if path and not (name == "failed" and not self.bad):
                note = f"   {notes[name]}" if name in notes else ""
                lines.append([(f"  {pad(name, 8)} {pad(path, max(20, len(path)))}{note}", "")])
        return lines

    def next(self) -> list[Line]:
        out = f" {self.clean(self.paths.output)}" if self.paths.output else ""
        commands: list[tuple[str, str]] = []
        if any(self.count(name) for name in ("left", "waiting", "maybe_paid")):
            commands.append((f"tryon resume{out}", "go on where it stopped"))
        if self.bad and self.paths.failed:
            commands.append((f"tryon run {self.clean(self.paths.failed)}", "after fixing the inputs"))
        if self.count("flagged") and self.paths.report:
            flagged = number(self.count("flagged"))
            commands.append((f"open {self.clean(self.paths.report)}", f"look at the {flagged} flagged"))
        size = max([28, *(width_of([(command, "")]) for command, _ in commands)])
        return [
            [(f"  {'next' if i == 0 else '':8} ", "dim"), (pad(command, size), ""), (f"  {why}", "dim")]
            for i, (command, why) in enumerate(commands)
        ]
