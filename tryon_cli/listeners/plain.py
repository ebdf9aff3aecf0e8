"""The run as a few dated lines, for cron and CI: head, plan, heartbeats, each error once, the end.

Knows no terminal: nothing is animated, nothing is coloured, and no line holds a control sign whatever a
name contains. It speaks only when it is told something, so a run that hears nothing for hours says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from ..model.errors import Exit, Level
from ..model.events import (
    Complained,
    Event,
    Planned,
    ProviderTurned,
    RowEnded,
    RunEnded,
    RunStarted,
    Stopping,
    Warned,
)
from .clean import clean_lines
from .lines import WRITERS, Line, Value, pairs
from .sink import Sink
from .tally import Tally
from .words import compact, per_minute, percent

EVERY = 300.0
"""Seconds between heartbeats, at least."""
PART = 0.1
"""Share of the rows between heartbeats, at least."""
SILENCE = 3600.0
"""Seconds after which a heartbeat comes although a tenth was not done."""
MOST = 30
"""Heartbeats of one run."""


class PlainLog:
    """Writes lines to a stream, usually stderr. A stream that breaks is not written to again."""

    def __init__(
        self,
        stream: TextIO,
        *,
        form: str = "plain",
        quiet: bool = False,
        ending: bool = True,
        unicode: bool = True,
        out: str = "",
        again: str = "",
    ) -> None:
        """form: one of FORMATS.

        quiet: nothing when the run ends with 0, only the last block otherwise. ending: False leaves the last
        block to somebody else. out: the output folder as the user wrote it, "" for the usual one (out).
        again: the command that goes on where there is no output folder, and so no failed.csv; "" where there is.
        """
        self.tally = Tally()
        self._sink = Sink(stream)
        self._write_line = WRITERS[form]
        self._quiet = quiet
        self._ending = ending
        self._unicode = unicode
        self._out = out
        self._again = again
        self._beats = 0
        self._beat_at = 0.0
        self._beat_rows = 0

    def hear(self, events: Sequence[Event]) -> None:
        """Says what is news about these events."""
        for event in events:
            fresh = self._is_new(event)
            self.tally.add(event)
            for line in self._lines(event, fresh):
                self._say(line)
        if events and self._due(self.tally.last_at):
            self._say(self._beat(self.tally.last_at))

    def close(self) -> None:
        """Nothing is held back that would have to be written now."""

    # ------------------------------------------------------------------ what to say
    def _is_new(self, event: Event) -> bool:
        """Nobody has said this before."""
        match event:
            case RowEnded():
                return bool(event.code) and self.tally.causes.is_new(event.code)
            case Warned():
                return self.tally.causes.is_new_warning(event.code)
            case Complained():
                return self.tally.causes.is_new_warning(event.complaint.code)
            case Stopping():
                return self.tally.stopping is None
        return True

    def _lines(self, event: Event, fresh: bool) -> list[Line]:
        match event:
            case RunEnded():
                return self._end(event) if self._ending else []
            case _ if self._quiet or not fresh:
                return []
            case RunStarted():
                self._beat_at = event.at
                return [self._head(event)]
            case Planned():
                return [self._plan(event)]
            case RowEnded():
                return [self._error(event)]
            case Complained():
                return self._complaint(event)
            case Warned():
                fields: dict[str, Value] = {"code": event.code, "text": event.text}
                return [Line(event.at, "warning", f"warning {event.code} {event.text}", fields)]
            case ProviderTurned():
                return [_turned(event)]
            case Stopping():
                fields = {"reason": event.reason, "running": event.running, "text": event.text}
                text = f"stopping {event.reason} running={event.running} {event.text}"
                return [Line(event.at, "stopping", text, fields)]
        return []

    def _head(self, event: RunStarted) -> Line:
        rows = "?" if event.rows is None else event.rows
        word = "resume" if event.resumed else "run"
        text = f"{word} {event.run} {event.manifest} -> {event.output} rows={rows} pid={event.pid}"
        fields: dict[str, Value] = {
            "run": event.run, "manifest": event.manifest, "output": event.output, "rows": event.rows,
            "pid": event.pid, "version": event.version, "providers": ",".join(event.providers),
            "resumed": int(event.resumed), "budget": event.budget,
        }  # fmt: skip
        return Line(event.at, "run_started", text, fields)

    def _plan(self, event: Planned) -> Line:
        budget = self.tally.started.budget if self.tally.started else None
        fields: dict[str, Value] = {
            "cached": event.cached, "make": event.make, "calls": event.calls, "shared": event.shared,
            "est": None if event.cost is None else round(event.cost, 2), "budget": budget,
        }  # fmt: skip
        return Line(event.at, "plan", "plan " + pairs(fields), fields)

    def _error(self, event: RowEnded) -> Line:
        what = " ".join(part for part in (event.value, event.text) if part)
        fields: dict[str, Value] = {
            "code": event.code, "row": event.row, "state": str(event.state), "stage": event.stage,
            "value": event.value, "text": event.text, "fix": event.fix,
        }  # fmt: skip
        fix = f" ({event.fix})" if event.fix else ""
        return Line(event.at, "error", f"error {event.code} first={event.row} {what}{fix}", fields)

    def _complaint(self, event: Complained) -> list[Line]:
        said = event.complaint
        if said.level in (Level.ROW, Level.NOTICE):
            return []  # a bad row's end says the same; a notice needs nobody
        word = "error" if said.level is Level.FILE else "warning"
        where = f" row={said.row}" if said.row else ""
        fields: dict[str, Value] = {"code": said.code, "row": said.row, "text": said.text, "fix": said.fix}
        return [Line(event.at, word, f"{word} {said.code}{where} {said.text}", fields)]

    # ------------------------------------------------------------------ heartbeat
    def _due(self, now: float) -> bool:
        if self._quiet or self._beats >= MOST or self.tally.ended or not self.tally.started:
            return False
        since = now - self._beat_at
        total = self.tally.total
        if total is None:  # nothing to take a tenth of: ever longer pauses
            return since >= EVERY * (1 + self._beats)
        part = self.tally.done - self._beat_rows >= PART * total
        return since >= EVERY and (part or since >= SILENCE)

    def _beat(self, now: float) -> Line:
        tally = self.tally
        self._beats += 1
        self._beat_at, self._beat_rows = now, tally.done
        eta = tally.eta(now)
        rate = tally.per_minute(now)
        fields: dict[str, Value] = {
            "done": tally.done, "rows": tally.total, "ok": tally.ok, "failed": tally.failed,
            "flagged": tally.flagged, "spent": round(tally.spent, 2), "per_minute": round(rate, 1),
            "eta_seconds": None if eta is None else round(eta),
        }  # fmt: skip
        head = f"{tally.done}" if tally.total is None else f"{tally.done}/{tally.total}"
        share = "" if tally.total is None else f" {percent(tally.done, tally.total)}%"
        ahead = "" if eta is None else f" eta={compact(eta)}"
        text = (
            f"{head}{share} ok={tally.ok} failed={tally.failed} flagged={tally.flagged} "
            f"spent={tally.spent:.2f} {per_minute(rate)}{ahead}"
        )
        return Line(now, "progress", text, fields)

    # ------------------------------------------------------------------ the end
    def _end(self, event: RunEnded) -> list[Line]:
        if self._quiet and event.exit == Exit.OK:
            return []
        counts = dict(event.counts)
        spent = event.spent or self.tally.spent
        fields: dict[str, Value] = {name: n for name, n in counts.items() if n}
        for name in ("made", "cached", "failed", "flagged"):
            fields.setdefault(name, 0)
        order = ["made", "cached", "failed", "flagged"]
        order += [name for name in counts if name in fields and name not in order]
        fields = {name: fields[name] for name in order}
        text = f"done {event.name} {pairs(fields)} spent={spent:.2f} {compact(event.seconds)}"
        lines = [Line(event.at, "run_finished", text, {
            "exit": event.exit, "name": event.name, **fields, "spent": round(spent, 4),
            "saved": round(event.saved or self.tally.saved, 4), "seconds": round(event.seconds, 1),
        })]  # fmt: skip
        lines += [
            Line(event.at, "stopped", f"stopped: {part}", {"text": part}) for part in clean_lines(event.text)
        ]
        causes = {cause.code: cause.count for cause in self.tally.causes.ranked()}
        if causes:
            kept = bool(self.tally.failed) and not self._again
            where = f" -> {self._failed_file()}" if kept else ""
            more = {"failed_manifest": self._failed_file()} if kept else {}
            lines.append(Line(event.at, "causes", f"failed: {pairs(causes)}{where}", {**causes, **more}))
        return [*lines, self._last(event, spent)]

    def _last(self, event: RunEnded, spent: float) -> Line:
        """What happened, how many, what it cost and what to do next: enough for whoever reads one line."""
        following = self._next(event)
        fields: dict[str, Value] = {"exit": event.exit, "name": event.name, "next": following}
        if event.exit == Exit.OK:
            return Line(event.at, "exit", "exit 0", fields)
        images = sum(n for name, n in event.counts if name in ("made", "cached", "flagged"))
        text = f"exit {event.exit} {event.name} {images}/{event.rows} spent={spent:.2f}"
        return Line(event.at, "exit", text + (f" next: {following}" if following else ""), fields)

    def _next(self, event: RunEnded) -> str:
        counts = dict(event.counts)
        if any(counts.get(name) for name in ("left", "waiting", "maybe_paid")):
            return self._again or "tryon resume" + (f" {self._out}" if self._out else "")
        if counts.get("failed") or counts.get("invalid"):
            return self._again or f"tryon run {self._failed_file()}"
        return ""

    def _failed_file(self) -> str:
        return f"{(self._out or 'out').rstrip('/')}/failed.csv"

    # ------------------------------------------------------------------ writing
    def _say(self, line: Line) -> None:
        self._sink.line(self._write_line(line, self._unicode))


def _turned(event: ProviderTurned) -> Line:
    word = "up" if event.up else "down"
    fields: dict[str, Value] = {"provider": event.provider, "state": word, "text": event.text}
    return Line(event.at, "provider", f"provider {event.provider} {word} {event.text}", fields)
