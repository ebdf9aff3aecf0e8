"""Events as JSON lines, for programs (`--json`, on stdout) and for the run's log file. Draws nothing.

One object per line, ASCII only. Every object has `v` (schema version, 1), `t` (UTC, milliseconds) and `type`.
Fields are only ever added. `events.schema.json` beside this file says the same for machines.

| type | when |
| --- | --- |
| run_started | first |
| plan | the work was counted |
| stage | a stage begins |
| row | a row ended |
| rows_kept | rows were found finished |
| progress | at most every 2 s |
| provider | one went down or came back |
| retry | an attempt failed, another follows |
| warning | somebody should know |
| stopping | no new work is started |
| run_finished | last |

Fields by type:

run_started: run, manifest, output, rows, pid, version, providers, resumed, budget
plan: rows, cached, make, calls, shared, cost
stage: stage, provider, slots
row: row, id, state, image, images, cost, seed, provider, reasons, code, text, fix, column, value, stage
rows_kept: count
progress: done, total, ok, failed, flagged, running, spent, saved, per_minute, eta, stages
provider: provider, state (up, down), text, wait
retry: stage, key, provider, attempt, wait, code, text
warning: level, code, text, row, line, column, value, fix
stopping: reason, text, running
run_finished: exit, name, seconds, rows, ok, failed, flagged, counts, spent, saved, text, failed_manifest

`row` is text, since rows made by a pattern are called "1.17". Money is in USD, spans are in seconds.
The log file also has step_queued, step_started and step_ended, and no progress.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from ..model.events import (
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
from .lines import to_json
from .sink import Sink
from .tally import Tally
from .words import stamp_utc

VERSION = 1
EVERY = 2.0
"""Seconds between progress lines, at least."""

_NAMES: dict[type[Any], str] = {
    RunStarted: "run_started",
    Planned: "plan",
    StagePlanned: "stage",
    StepQueued: "step_queued",
    StepStarted: "step_started",
    StepEnded: "step_ended",
    StepRetried: "retry",
    RowsKept: "rows_kept",
    Stopping: "stopping",
}
_STEPS = (StepQueued, StepStarted, StepEnded)


class JsonLines:
    """Machine events to a stream, usually stdout. Goes quiet when the reader goes away; the run goes on."""

    def __init__(self, stream: TextIO, failed_manifest: str = "failed.csv") -> None:
        """failed_manifest: where failed rows will be found, named in the last event if there are any."""
        self.tally = Tally()
        self._sink = Sink(stream)
        self._failed = failed_manifest
        self._told_at = 0.0

    def hear(self, events: Sequence[Event]) -> None:
        for event in events:
            self.tally.add(event)
            if isinstance(event, RunEnded):
                self._progress(event.at)
                event = with_money(event, self.tally.spent, self.tally.saved)
            if not isinstance(event, (*_STEPS, Saved)):
                self._sink.line(encode(event, self._failed))
        if not self.tally.ended and self.tally.last_at - self._told_at >= EVERY:
            self._progress(self.tally.last_at)

    def close(self) -> None:
        """Every line was flushed when it was written."""

    def _progress(self, at: float) -> None:
        self._told_at = at
        tally = self.tally
        eta = tally.eta(at)
        fields = {
            "done": tally.done, "total": tally.total, "ok": tally.ok, "failed": tally.failed,
            "flagged": tally.flagged, "running": tally.running, "spent": round(tally.spent, 4),
            "saved": round(tally.saved, 4), "per_minute": round(tally.per_minute(at), 1),
            "eta": None if eta is None else round(eta, 1),
            "stages": [
                {
                    "stage": stage.name, "provider": stage.provider, "done": stage.done, "total": stage.total,
                    "reused": stage.reused, "running": stage.running, "failed": stage.failed,
                    "retries": stage.retries, "per_minute": round(stage.rate.per_minute(at), 1),
                    "p50": stage.seconds.quantile(0.5), "p95": stage.seconds.quantile(0.95),
                }
                for stage in tally.stages.values()
            ],
        }  # fmt: skip
        self._sink.line(_dump(at, "progress", fields))


class FileLog:
    """The same lines in a file, with every step. Opened on the first event."""

    def __init__(self, path: Path, failed_manifest: str = "failed.csv") -> None:
        """path: appended to; its folder is made."""
        self.path = path
        self._spent = self._saved = 0.0
        self._failed = failed_manifest
        self._file: TextIO | None = None

    def hear(self, events: Sequence[Event]) -> None:
        """Raises OSError when the file cannot be written: whoever calls leaves this listener out."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a", encoding="ascii", newline="\n")
        lines = [self._line(event) for event in events if not isinstance(event, Saved)]
        self._file.write("".join(lines))
        self._file.flush()

    def _line(self, event: Event) -> str:
        if isinstance(event, StepEnded):
            self._spent += event.spent
            self._saved += event.saved_cache + event.saved_shared
        elif isinstance(event, RunEnded):
            event = with_money(event, self._spent, self._saved)
        return f"{encode(event, self._failed)}\n"

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def with_money(event: RunEnded, spent: float, saved: float) -> RunEnded:
    """The last event with the USD that the steps cost and saved, where whoever told it does not know."""
    return event._replace(spent=event.spent or spent, saved=event.saved or saved)


def encode(event: Event, failed_manifest: str = "failed.csv") -> str:
    """One event as one line without its end."""
    match event:
        case RunEnded():
            return _dump(event.at, "run_finished", _finished(event, failed_manifest))
        case RowEnded():
            image = event.images[0] if event.images else None
            return _dump(event.at, "row", {**_fields(event), "image": image})
        case Complained():
            return _dump(event.at, "warning", event.complaint._asdict())
        case Warned():
            return _dump(event.at, "warning", {"level": "warning", **_fields(event)})
        case ProviderTurned():
            fields = _fields(event)
            return _dump(event.at, "provider", {"state": "up" if fields.pop("up") else "down", **fields})
        case Saved():
            return _dump(event.at, "saved", {})
    return _dump(event.at, _NAMES[type(event)], _fields(event))


def _fields(event: Any) -> dict[str, Any]:
    fields: dict[str, Any] = event._asdict()
    del fields["at"]
    return fields


def _finished(event: RunEnded, failed_manifest: str) -> dict[str, Any]:
    counts = dict(event.counts)
    failed = counts.get("failed", 0) + counts.get("invalid", 0)
    return {
        **_fields(event),
        "counts": counts,
        "ok": sum(counts.get(name, 0) for name in ("made", "cached", "flagged")),
        "failed": failed,
        "flagged": counts.get("flagged", 0),
        "failed_manifest": failed_manifest if failed else None,
    }


def _dump(at: float, name: str, fields: dict[str, Any]) -> str:
    whole = {"v": VERSION, "t": stamp_utc(at), "type": name, **fields}
    return to_json(whole, (",", ":"))
