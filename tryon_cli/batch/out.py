"""Finished rows -> files, and the news of their steps. Called by workers, outside the scheduler's lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..engine.asks import Ask, Step
from ..engine.shape import Lane
from ..journal.table import RowRecord
from ..model.errors import Exit, Fault, FaultKind
from ..model.events import StagePlanned, StepEnded, StepQueued, StepStarted
from ..model.links import bare
from ..model.outcome import Answer, Outcome, RowState, State
from ..model.pair import Pair
from ..model.ports import Blobs, Tell
from ..outputs import Outputs, Published, variant_name
from .asking import Question
from .ending import Stop
from .rows import Rows


class Asked(NamedTuple):
    """A row in flight."""

    pair: Pair
    n: int
    question: Question
    ours: frozenset[str]
    """Paths that an earlier run of ours has written for this row."""
    tries: int = 0
    """How often a picture of it was lost, and the row was asked again."""


LOST_TRIES = 16
"""Times that one row is asked again since the cache lost a picture. Each time at least one is set aside and
made again, and a row has fewer than this."""


class Out:
    """The scheduler's hooks for a batch."""

    again: Callable[[Ask], object]
    """Asks a row once more, ahead of the window. Set by whoever has the scheduler."""

    def __init__(
        self,
        rows: Rows,
        blobs: Blobs,
        outputs: Outputs | None,
        tell: Tell,
        halt: Callable[[Stop], None],
        clock: Callable[[], float],
    ) -> None:
        """outputs: None where no files are wanted; halt: stops the run."""
        self._rows = rows
        self._blobs = blobs
        self._outputs = outputs
        self._tell = tell
        self._halt = halt
        self._clock = clock

    # ------------------------------------------------------------------ steps
    def queued(self, step: Step) -> None:
        lane = step.node.lane
        if not lane.told:
            self.announce(lane)
        self._tell(StepQueued(self._clock(), lane.stage, 1))

    def announce(self, lane: Lane) -> None:
        """Say that a stage will be seen."""
        lane.told = True
        self._tell(StagePlanned(self._clock(), lane.stage, lane.label, lane.slots))

    def reused(self, step: Step, answer: Answer) -> None:
        self._tell(
            StepEnded(
                self._clock(), step.node.lane.stage, step.key, _row(step), State.REUSED,
                provider=answer.provider, cost=answer.cost, wanted=len(step.waiting),
            )
        )  # fmt: skip

    def started(self, step: Step) -> None:
        self._tell(StepStarted(self._clock(), step.node.lane.stage, step.key, _row(step)))

    def dropped(self, step: Step) -> None:
        self._tell(StepEnded(self._clock(), step.node.lane.stage, step.key, _row(step), State.SKIPPED))

    def ended(self, step: Step, outcome: Outcome) -> None:
        fault, answer = outcome.fault, outcome.answer
        self._tell(
            StepEnded(
                self._clock(), step.node.lane.stage, step.key, _row(step), outcome.state, outcome.seconds,
                outcome.attempts, step.node.lane.label, answer.cost if answer else 0.0,
                fault.code if fault else "", fault.text if fault else "", len(step.waiting),
            )
        )  # fmt: skip
        if fault is not None:
            self._judge(fault, step.node.lane.label)

    def _judge(self, fault: Fault, provider: str) -> None:
        """Faults that nothing else in this run can get past."""
        text = fault.text + (f"\n{fault.fix}" if fault.fix else "")
        if fault.kind is FaultKind.ACCOUNT:
            self._halt(Stop("account", Exit.FATAL_PROVIDER, f"{provider}: {text} ({fault.code})"))
        elif fault.kind is FaultKind.STORAGE:
            self._halt(Stop("storage", Exit.STORAGE, text))
        elif fault.kind is FaultKind.BUDGET and fault.code != OF_A_ROW:
            self._halt(Stop("budget", Exit.BUDGET, text))
        elif fault.code == DOWN:
            self._halt(Stop("provider", Exit.TEMPORARY, f"{provider}: {text} ({fault.code})"))

    # ------------------------------------------------------------------ rows
    def over(self, asks: Sequence[Ask]) -> None:
        for ask in asks:
            asked: Asked = ask.row
            try:
                if ask.fault is None and (files := self._files(ask, asked)) is not None:
                    self._finish(ask, asked, files)
                elif (ask.fault is None or ask.fault.kind is FaultKind.LOST) and asked.tries < LOST_TRIES:
                    self._ask_again(ask, asked)
                elif ask.fault is None:
                    self._fail(ask, asked, _LOST)
                elif ask.fault.code == OF_A_ROW or not (ask.fault.kind in _LEFT or ask.fault.code == DOWN):
                    self._fail(ask, asked, ask.fault)
            except Fault as fault:  # disk trouble while publishing or recording: the row stays undone
                self._judge(fault, "")

    def _ask_again(self, ask: Ask, asked: Asked) -> None:
        """What was damaged is set aside by now, so its step is done anew."""
        sources = ask.shape.sources
        digests = [digest for digest in ask.digests[:sources] if digest is not None]
        row = asked._replace(tries=asked.tries + 1)
        self.again(Ask(row, ask.shape, digests, ask.sources, asked.pair.priority))

    def _files(self, ask: Ask, asked: Asked) -> list[Published] | None:
        """The row's pictures in the output folder; None when the cache has lost one of them."""
        files: list[Published] = []
        for variant, slot in enumerate(ask.shape.finals):
            answer = ask.answers[slot - ask.shape.sources]
            if answer is None and slot not in ask.missing:
                raise AssertionError("a row without a fault has all its answers")
            if self._outputs is None or answer is None:
                continue
            data = self._blobs.get(answer.digest)
            if data is None:
                return None
            name = variant_name(asked.pair.output, variant)
            ours = f"images/{name}" in asked.ours
            files.append(self._outputs.publish(name, data, answer.digest, durable=answer.cost > 0, ours=ours))
        return files

    def _finish(self, ask: Ask, asked: Asked, files: list[Published]) -> None:
        missing = [
            f"variant {n} is missing: {ask.missing[slot].text} ({ask.missing[slot].code})"
            for n, slot in enumerate(ask.shape.finals, 1)
            if slot in ask.missing
        ]
        notes = (*dict.fromkeys(note for a in ask.answers if a is not None for note in a.notes), *missing)
        providers = dict.fromkeys(a.provider for a in ask.answers if a is not None and a.provider)
        made = RowState.MADE if ask.made else RowState.CACHED
        record = RowRecord(
            asked.pair.id,
            asked.n,
            asked.pair.row,
            asked.question.name,
            RowState.FLAGGED if notes else made,
            tuple(files),
            cost=round(ask.cost, 6),
            provider=",".join(providers),
            seed=asked.question.recipe.seed,
            reasons=notes,
        )
        self._rows.ended(asked.pair, record)

    def _fail(self, ask: Ask, asked: Asked, fault: Fault) -> None:
        gate = ask.fault_stage == "prepare" and fault.kind is FaultKind.INPUT
        column = value = ""
        if gate:
            value = bare(ask.fault_source)
            column = "human" if ask.fault_source == asked.pair.human else "garment"
        state = RowState.INVALID if gate else _ROW_STATES.get(fault.kind, RowState.FAILED)
        self._rows.failed(
            asked.pair, asked.n, asked.question.name, state, fault, cost=round(ask.cost, 6),
            stage=ask.fault_stage, column=column, value=value,
        )  # fmt: skip


OF_A_ROW = "E-BUDGET-ROW"
"""The limit of one row does not cover its next call: that row has failed, the others go on."""

DOWN = "E-PROV-DOWN"
"""Nobody is there who could do it, and nobody waits any more: the run stops, and its rows wait for the next one."""

_LEFT = frozenset({FaultKind.STOPPED, FaultKind.BUDGET})
"""Faults after which a row is as if it had not been begun."""

_ROW_STATES = {FaultKind.AMBIGUOUS: RowState.MAYBE_PAID, FaultKind.WAITING: RowState.WAITING}

_LOST = Fault(
    FaultKind.LOST,
    "the cache lost this picture again and again",
    code="S-LOST",
    fix="look at the disk of the cache (tryon cache verify), then: tryon resume",
)


def _row(step: Step) -> str:
    asked: Asked = step.row
    return asked.pair.row
