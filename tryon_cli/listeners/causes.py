"""What went wrong, folded: causes with counts, and the last few lines of news. Knows no screen, no clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from ..model.errors import Level
from ..model.events import (
    Complained,
    Event,
    ProviderTurned,
    RowEnded,
    StepRetried,
    Stopping,
    Warned,
)
from ..model.outcome import RowState

MOST = 200
"""Different causes that are kept apart; further ones are counted as one."""

OTHER = "OTHER"


@dataclass(slots=True)
class Cause:
    """One reason for which rows have no picture."""

    code: str
    state: RowState
    text: str
    """As the first row said it."""
    fix: str
    first: str
    """The first row heard of."""
    value: str = ""
    """What the first row was about, e.g. a path."""
    count: int = 0
    values: list[str] = field(default_factory=list)
    """The first few different values."""


class Causes:
    """Causes by code, in the order in which they were first heard."""

    def __init__(self) -> None:
        self.by_code: dict[str, Cause] = {}
        self.reasons: Counter[str] = Counter()
        """Why rows are flagged."""
        self.warnings: dict[str, tuple[str, int]] = {}
        """Code -> first text and count."""

    def is_new(self, code: str) -> bool:
        """No row has had this cause so far. When there are too many, only one of the others is new."""
        return _is_new(code, self.by_code)

    def is_new_warning(self, code: str) -> bool:
        """As is_new(), of warnings."""
        return _is_new(code, self.warnings)

    def row(self, event: RowEnded) -> Cause | None:
        """Count a row's cause, if it has one. Returns it when it was heard for the first time."""
        for reason in event.reasons if event.state is RowState.FLAGGED else ():
            self.reasons[reason if reason in self.reasons or len(self.reasons) < MOST else OTHER] += 1
        if not event.code:
            return None
        code = event.code if event.code in self.by_code or len(self.by_code) < MOST else OTHER
        cause = self.by_code.get(code)
        new = cause is None
        if cause is None:
            cause = Cause(code, event.state, event.text, event.fix, event.row, event.value)
            self.by_code[code] = cause
        cause.count += 1
        if event.value and len(cause.values) < 3 and event.value not in cause.values:
            cause.values.append(event.value)
        return cause if new else None

    def warned(self, code: str, text: str) -> bool:
        """Count a warning. True: heard for the first time."""
        if code not in self.warnings and len(self.warnings) >= MOST:
            code = OTHER
        first, n = self.warnings.get(code, (text, 0))
        self.warnings[code] = (first, n + 1)
        return n == 0

    def ranked(self) -> list[Cause]:
        """The most frequent first."""
        return sorted(self.by_code.values(), key=lambda cause: -cause.count)


def _is_new(code: str, known: Collection[str]) -> bool:
    return code not in known and (len(known) < MOST or OTHER not in known)


class News(NamedTuple):
    """One line of news. Text as it came from outside: whoever shows it cleans it."""

    at: float
    row: str
    """"" when it is about no row."""
    word: str
    """failed, flagged, a stage's name, ..."""
    text: str
    times: int = 1


_NUMBERS = re.compile(r"\d+")


class Recent:
    """The last few lines of news; repeats of one cause are one line with a count, the newest last."""

    def __init__(self, most: int = 5) -> None:
        self._most = most
        self._lines: dict[tuple[str, str], News] = {}

    def lines(self) -> list[News]:
        """The oldest first."""
        return list(self._lines.values())

    def hear(self, event: Event, row: str = "") -> None:
        """row: whom a retried step belongs to."""
        told = _news(event, row)
        if told is None:
            return
        news, cause = told
        key = news.word, cause
        before = self._lines.pop(key, None)
        self._lines[key] = news if before is None else news._replace(times=before.times + 1)
        if len(self._lines) > self._most:
            del self._lines[next(iter(self._lines))]


def _news(event: Event, row: str) -> tuple[News, str] | None:
    """The line and what makes it equal to another: the code, else the text without its numbers."""
    match event:
        case RowEnded(state=RowState.FLAGGED):
            text = "; ".join(event.reasons)
            return News(event.at, event.row, "flagged", text), _NUMBERS.sub("#", text)
        case RowEnded() if event.code:
            text = " ".join(part for part in (event.code, event.value, event.text) if part)
            return News(event.at, event.row, str(event.state).replace("_", " "), text), event.code
        case StepRetried():
            text = f"{event.text}, attempt {event.attempt + 1} in {event.wait:.1f} s"
            return News(event.at, row, event.stage, text), f"{event.provider} {event.code}"
        case Complained() if (
            event.complaint.level is not Level.ROW and event.complaint.level is not Level.NOTICE
        ):
            said = event.complaint
            return News(event.at, said.row, str(said.level), f"{said.code} {said.text}"), said.code
        case Warned():
            return News(event.at, "", "warning", f"{event.code} {event.text}"), event.code
        case ProviderTurned():
            text = f"{event.provider}: {event.text}" if event.text else event.provider
            return News(event.at, "", "back" if event.up else "down", text), event.provider
        case Stopping():
            return News(event.at, "", "stopping", event.text), event.reason
        case _:
            return None
