"""The steps of a run, shared where equal, with what may start now.

Pure data: no threads, no clock, no disk. Whoever uses it from several threads holds one lock around it.
A step is looked up before it may start: `admit` and `finish` return the steps that nobody has looked up
yet, and the caller says `known` or `ready` for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from ..model.digest import Key, key_of
from ..model.errors import Fault
from ..model.outcome import Answer
from .asks import LANDED, OVER, READY, RUNNING, Ask, Step
from .shape import Lane, Shape

LOOKAHEAD = 2.0
"""Rows per worker by which a step with one more average stage behind it goes first: long chains are begun early
enough for the end of the run not to wait for them (0: the last rows stick out, 10 % longer), yet rows still
come out about in the order they went in."""

WEIGHED = 16
"""Steps after which the ways to the end are weighed by what the stages really take, and then again at four
times as many, and so on. Where one stage takes ten times as long as the others, runs are 5 % shorter for it."""


class Plan:
    """Open rows, their steps, and the queues of those that may start."""

    def __init__(self, workers: int = 64) -> None:
        """workers: how many steps run at once at most; only the order of steps depends on it."""
        self._ahead = LOOKAHEAD * workers
        self.steps: dict[Key, Step] = {}
        self.failed: dict[Key, tuple[Fault, str]] = {}
        self.lanes: list[Lane] = []
        self.open = 0
        self.running = 0
        self.dropped: list[Step] = []
        """Steps that nobody needs any more, since their rows have failed; whoever tells of them empties it."""
        self._admitted = 0
        self._pushed = 0
        self._shapes: set[Shape] = set()
        self._ended = 0
        self._weighed = WEIGHED

    def lane(self, lane: Lane) -> Lane:
        """Make a lane known; steps of unknown lanes would never be taken."""
        if lane not in self.lanes:
            self.lanes.append(lane)
            self.lanes.sort(key=lambda lane: lane.slots)
        return lane

    # ------------------------------------------------------------------ rows in
    def admit(self, asks: Iterable[Ask], over: list[Ask]) -> list[Step]:
        """Take rows in; those that are over at once go to `over`. Returns steps to be looked up."""
        fresh: list[Step] = []
        for ask in asks:
            ask.rank += self._admitted
            self._admitted += 1
            self._shapes.add(ask.shape)
            self.open += 1
            for i in ask.shape.roots:
                if not self._want(ask, i, fresh):
                    break
            if ask.over:
                self._close(ask, over)
        return fresh

    def _want(self, ask: Ask, i: int, fresh: list[Step]) -> bool:
        """False: this step has failed before, and the row with it."""
        shape, digests = ask.shape, ask.digests
        node = shape.nodes[i]
        inputs = tuple([digests[slot] for slot in node.inputs])
        key = key_of(node.salt, inputs)  # type: ignore[arg-type]  # a node is wanted when its inputs are there
        rank = ask.rank - self._ahead * shape.remaining[i]
        step = self.steps.get(key)
        if step is None:
            failed = self.failed.get(key) if self.failed else None
            if failed is not None:
                return ask.goes_on(i, *failed)
            source = ask.sources[node.inputs[0]] if node.takes_source else ""
            step = self.steps[key] = Step(node, key, inputs, source, rank)  # type: ignore[arg-type]
            fresh.append(step)
        elif rank < step.rank:  # pushed again; the older entry is passed over by its phase
            step.rank = rank
            if step.phase is READY:
                self._push(step)
        step.waiting.append((ask, i))
        return True

    # ------------------------------------------------------------------ steps
    def ready(self, step: Step) -> None:
        """Nobody knows the answer: the step may start when there is room."""
        step.phase = READY
        if not self._drop(step):
            self._push(step)

    def _drop(self, step: Step) -> bool:
        """A step that waits is not started for rows that have failed: it would only cost money."""
        if step.phase is not READY or any(ask.fault is None for ask, _ in step.waiting):
            return False
        del self.steps[step.key]
        step.phase = OVER
        self.dropped.append(step)
        return True

    def _push(self, step: Step) -> None:
        self._pushed += 1
        heappush(step.node.lane.heap, (step.rank, self._pushed, step))

    def take(self) -> Step | None:
        """The best step that has room in all its pools: it runs from now on.

        The narrowest stage goes first, since every moment that it stands idle makes the run longer, and it
        can never take more than its few places.
        """
        best: Lane | None = None
        for lane in self.lanes:  # narrowest first
            if best is not None and best.slots < lane.slots:
                break
            heap = lane.heap
            while heap and heap[0][2].phase is not READY:
                heappop(heap)
            if heap and (best is None or heap[0] < best.heap[0]) and lane.room():
                best = lane
        if best is None:
            return None
        step: Step = heappop(best.heap)[2]
        step.phase = RUNNING
        for pool in best.pools:
            pool.busy += 1
        self.running += 1
        return step

    def landed(self, step: Step) -> None:
        """Its answer is here: what is still to be done is done by us, and its permits are others' from now on."""
        if step.phase is RUNNING:
            step.phase = LANDED
            for pool in step.node.lane.pools:
                pool.busy -= 1

    def known(self, step: Step, answer: Answer, over: list[Ask], made: bool = False) -> list[Step]:
        """The step has its answer. Returns steps to be looked up; rows that are complete go to `over`."""
        self._leave(step)
        if answer.seconds > 0.0:
            self._learn(step.node.lane, answer.seconds)
        fresh: list[Step] = []
        if made and answer.cost:
            step.waiting[0][0].cost += answer.cost
        for ask, i in step.waiting:
            if ask.fault is not None:
                continue
            shape, digests = ask.shape, ask.digests
            digests[shape.sources + i] = answer.digest
            ask.answers[i] = answer
            ask.made += made
            ask.lacks -= 1
            for n in shape.successors[i]:
                for slot in shape.needs[n]:
                    if digests[slot] is None:
                        break
                else:
                    if not self._want(ask, n, fresh):
                        break
            if ask.over:
                self._close(ask, over)
        return fresh

    def broken(self, step: Step, fault: Fault, over: list[Ask], remember: bool = True) -> None:
        """The step ended without an answer; with `remember`, later rows learn it without another try."""
        self._leave(step)
        if remember:
            self.failed[step.key] = fault, step.source
        for ask, i in step.waiting:
            if ask.fault is None and (not ask.goes_on(i, fault, step.source) or ask.over):
                self._close(ask, over)

    def _forget(self, ask: Ask) -> None:
        """Drop what only this row was waiting for."""
        for i, needs in enumerate(ask.shape.needs):
            if ask.answers[i] is None and all(ask.digests[slot] is not None for slot in needs):
                node = ask.shape.nodes[i]
                step = self.steps.get(key_of(node.salt, [ask.digests[slot] for slot in node.inputs]))  # type: ignore[misc]
                if step is not None:
                    self._drop(step)

    def _learn(self, lane: Lane, seconds: float) -> None:
        lane.seconds += seconds
        lane.ended += 1
        self._ended += 1
        if self._ended >= self._weighed:
            self._weighed *= 4
            self._weigh()

    def _weigh(self) -> None:
        """Put the queues in order by what the stages took so far."""
        for shape in self._shapes:
            shape.weigh()
        for lane in self.lanes:
            steps = [(n, step) for rank, n, step in lane.heap if step.phase is READY and rank == step.rank]
            for _, step in steps:
                step.rank = min([ask.rank - self._ahead * ask.shape.remaining[i] for ask, i in step.waiting])
            lane.heap = [(step.rank, n, step) for n, step in steps]
            heapify(lane.heap)

    def _leave(self, step: Step) -> None:
        del self.steps[step.key]
        self.landed(step)
        if step.phase is LANDED:
            self.running -= 1
        step.phase = OVER

    def _close(self, ask: Ask, over: list[Ask]) -> None:
        self.open -= 1
        over.append(ask)
        if ask.fault is not None:
            self._forget(ask)
