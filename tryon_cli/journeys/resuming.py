"""Going on with a run: with which settings, and what has changed since. Makes nothing itself.

Settings are those of the run's record. An option given now that changes pixels wins without a word only where
that touches no finished picture and costs nothing; else somebody decides: --on-change, or a person who is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..batch.check import check
from ..batch.decision import Decision
from ..journal.look import rows_of
from ..manifest import Manifest
from ..manifest.roll import Difference, Roll
from ..model.errors import Exit, TryonError
from ..model.outcome import DONE
from ..settings.declare import declared
from ..settings.resolve import resolve
from .dryrun import survey
from .run import ROLL

if TYPE_CHECKING:
    from ..settings import Settings
    from ..standing import Standing

Ask = Callable[[str], str | None]
"""Puts a question to the person at the terminal."""


class Change(NamedTuple):
    """A setting that changes pixels, and says something else than the run's record."""

    name: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.name} {_spelled(self.old)} -> {_spelled(self.new)}"


class Stake(NamedTuple):
    """What the new settings cost beside the old ones."""

    redone: int
    """Finished rows that would be made again."""
    more: float
    """USD."""

    def __str__(self) -> str:
        money = f", ${self.more:,.2f} more" if self.more > 0 else ""
        return f"touches {self.redone:,} finished rows{money}"


class Resuming:
    """One `tryon resume`, before it runs."""

    def __init__(self, found: Standing, source: str, flags: Mapping[str, object]) -> None:
        """source: the manifest as it lies now; flags: options that were given."""
        self.found = found
        self.source = source
        record = {**json.loads(found.run.settings), "output": "."}
        pixels = {item.name for item in declared() if item.says.pixel}
        plain = {name: value for name, value in flags.items() if name not in pixels}
        self.old = resolve(plain, source, record=record, folder=found.folder)
        self.new = resolve(flags, source, record=record, folder=found.folder)
        self.changes = _changes(self.old, self.new)
        self.ignored = [] if flags.keys() & pixels else self._ignored(plain)
        self.stake = self._stake() if self.changes else Stake(0, 0.0)
        self.settings = self.new
        self.earlier: Settings | None = None
        """Rows that are finished under these settings stay as they are."""

    def _ignored(self, plain: Mapping[str, object]) -> list[str]:
        """What files and environment say now, where the record says something else: a run keeps its look."""
        now = resolve(plain, self.source)
        return [
            f"{change.name} = {_spelled(change.new)} ({now.origin(change.name.partition('.')[0])}); "
            f"the run keeps {_spelled(change.old)}"
            for change in _changes(self.old, now)
            if now.origin(change.name.partition(".")[0]) != "default"
        ]

    def _stake(self) -> Stake:
        finished = {row.id: row.question for row in rows_of(self.found.folder) if row.state in DONE}
        before, now = self._decisions(self.old), self._decisions(self.new)
        redone = sum(bool(d.question) and finished.get(d.id, d.question) != d.question for d in now)

        def cost(decisions: list[Decision]) -> float:
            return sum(d.cost for d in decisions if finished.get(d.id) != d.question)

        return Stake(redone, round(cost(now) - cost(before), 6))

    def _decisions(self, settings: Settings) -> list[Decision]:
        decisions: list[Decision] = []
        with Manifest.open(self.source, settings.manifest_options(self.source)) as manifest:
            survey(settings, check(manifest).providers, manifest.rows(), decisions.append)
        return decisions

    # ------------------------------------------------------------------ which settings
    def choose(self, ask: Ask | None) -> Settings:
        """The settings to go on with. ask: None where nobody can be asked. Raises TryonError(USAGE) to stop."""
        how = self.new.on_change
        if self.changes and how == "stop" and (self.stake.redone or self.stake.more > 0):
            how = self._asked(ask) if self.new.origin("on_change") == "default" else "stop"
            if how == "stop":
                raise self._stopped()
        self._take(how)
        return self.settings

    def _take(self, how: str) -> None:
        self.settings = self.old if how == "keep" else self.new
        self.earlier = self.old if how == "rest" and self.changes else None

    def planned(self) -> Settings:
        """As choose(), where only a plan is wanted: nothing stops, nobody is asked."""
        self._take(self.new.on_change)
        return self.settings

    def _asked(self, ask: Ask | None) -> str:
        if ask is None:
            return "stop"
        lines = "".join(f"  {line}\n" for line in self._changed())
        answer = ask(
            f"{lines}Resume with the old options (o), the new ones (n), the new ones for the rest only (r), or stop"
            " (s)? [s] "
        )
        return {"o": "keep", "n": "use", "r": "rest"}.get((answer or "")[:1], "stop")

    def _stopped(self) -> TryonError:
        return TryonError(
            Exit.USAGE,
            f"these options are not the ones of run {self.found.run.run}.",
            details=(
                *self._changed(),
                "--on-change keep   goes on with the options of the run",
                "--on-change use    takes the new ones, for finished rows too",
                "--on-change rest   takes the new ones for rows that have no picture yet",
                "Nothing was sent.",
            ),
        )

    # ------------------------------------------------------------------ what there is to say
    def lines(self) -> list[str]:
        """What is kept, what has changed and what is left to do."""
        redone = self.stake.redone if self.settings is self.new and self.earlier is None else 0
        kept = self.found.done - redone
        difference = self.difference()
        text = [f"kept         {kept:,} finished rows"]
        if self.changes and self.settings is self.old:
            text += [f"not taken    {change} (--on-change keep)" for change in self.changes]
        elif self.changes:
            text += self._changed()
        if difference:
            text.append(f"changed      manifest: {difference}")
        if not self.changes and not difference:
            text.append("changed      nothing (manifest and options are the same)")
        text += [f"not taken    {line}" for line in self.ignored]
        return [f"  {line}" for line in text]

    def _changed(self) -> list[str]:
        *others, last = [f"changed      option {change}" for change in self.changes]
        stake = "for rows without a picture" if self.earlier is not None else str(self.stake)
        return [*others, f"{last} {stake}"]

    def difference(self) -> Difference | str:
        """What is different about the manifest; "" when nothing is."""
        run = self.found.run
        with Manifest.open(self.source, self.settings.manifest_options(self.source)) as manifest:
            if manifest.digest == run.manifest_digest:
                return ""
            roll = Roll(manifest.folder)
            found = check(manifest, roll.add, roll.add)
        known = roll.since(self.found.folder / ROLL, run.manifest_digest)
        return known or f"{run.total:,} rows then, {found.rows:,} now"


def _changes(old: Settings, new: Settings) -> list[Change]:
    found = []
    for item in declared():
        before, now = getattr(old, item.name), getattr(new, item.name)
        if not item.says.pixel or before == now:
            continue
        if isinstance(before, Mapping):
            names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
            found += [Change(f"{item.name}.{name}", before.get(name), now.get(name)) for name in names]
        else:
            found.append(Change(item.name, before, now))
    return found


def _spelled(value: Any) -> str:
    return "unset" if value is None or value == "" else str(value)
