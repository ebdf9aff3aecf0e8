"""From one stream of events to many listeners, each on its own thread. Knows nothing about what they do.

A listener wakes on the first event, lets a few more gather, and hears them together. It may be slow, stuck
or broken: that costs the one who tells an append per listener, and nothing else.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import NamedTuple

from ..model.events import Event, Warned
from ..model.ports import Listener


class Ear(NamedTuple):
    """Who listens, and whether it must hear everything."""

    name: str
    """As a person would call it: "the live screen"."""
    listener: Listener
    lossless: bool = True
    """False: when more than `bound` events wait, the oldest are dropped and counted."""
    bound: int = 10_000


class Bus:
    """Tells every listener everything, from any thread."""

    def __init__(
        self, ears: Iterable[Ear], clock: Callable[[], float] = time.time, gather: float = 0.05
    ) -> None:
        """clock: UTC seconds, for the bus's own warnings; gather: seconds that events collect first"""
        self._clock = clock
        self._lock = threading.Lock()
        self._broken: dict[str, str] = {}
        self._all = tuple(_Post(ear, gather, self._leave_out, self._behind) for ear in ears)
        self._posts = self._all
        for post in self._all:
            post.thread.start()

    def tell(self, event: Event) -> None:
        """Never blocks, never raises; safe from any thread and from a signal handler."""
        for post in self._posts:
            post.put(event)

    def backlog(self) -> int:
        """Events that the slowest listener which may lose nothing has still to hear."""
        return max((post.waiting() for post in self._posts if post.ear.lossless), default=0)

    @property
    def broken(self) -> dict[str, str]:
        """Listeners that raised, by name, and what they raised."""
        with self._lock:
            return dict(self._broken)

    @property
    def dropped(self) -> dict[str, int]:
        """Events that listeners which may lose some have lost, by name; counted up to their last call."""
        return {post.ear.name: post.lost for post in self._all if post.lost}

    def close(self, timeout: float = 5.0) -> tuple[str, ...]:
        """Deliver what was told, close every listener, and return within `timeout` seconds.

        Returns the names of those that were not done by then. Events told from now on go nowhere.
        """
        with self._lock:
            self._posts = ()
        until = time.monotonic() + timeout
        for post in self._all:
            post.finish()
        for post in self._all:
            post.thread.join(max(0.0, until - time.monotonic()))
        return tuple(post.ear.name for post in self._all if post.thread.is_alive())

    # ------------------------------------------------------------------ called by the posts
    def _leave_out(self, post: _Post, error: BaseException) -> None:
        with self._lock:
            self._broken[post.ear.name] = f"{type(error).__name__}: {error}"
            self._posts = tuple(other for other in self._posts if other is not post)
        text = f"{post.ear.name} broke and hears no more: {type(error).__name__}: {error}"
        self.tell(Warned(self._clock(), "W-LISTENER", text))

    def _behind(self, post: _Post) -> None:
        text = f"{post.ear.name} cannot keep up: its oldest events are dropped"
        self.tell(Warned(self._clock(), "W-BEHIND", text))


class _Post:
    """A listener with its queue and its thread."""

    def __init__(
        self,
        ear: Ear,
        gather: float,
        broke: Callable[[_Post, BaseException], None],
        behind: Callable[[_Post], None],
    ) -> None:
        self.ear = ear
        self.lost = 0
        self._gather = gather
        self._broke = broke
        self._behind = behind
        self._queue: deque[Event] = deque()
        # not an Event: put() of this queue may be interrupted by a signal handler that tells, too
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._awake = False
        self._closing = False
        self._in_hand = 0
        self._drops = count()  # next() is atomic where += is not
        self._reads = 0
        self.thread = threading.Thread(target=self._run, name=f"tryon-hears-{ear.name}", daemon=True)

    def put(self, event: Event) -> None:
        queue = self._queue
        queue.append(event)
        if not self.ear.lossless and len(queue) > self.ear.bound:
            try:
                queue.popleft()
                next(self._drops)
            except IndexError:
                pass  # the listener was faster
        if not self._awake:  # two threads may both pass: one idle wake-up more
            self._awake = True
            self._wake.put(None)

    def waiting(self) -> int:
        return len(self._queue) + self._in_hand

    def finish(self) -> None:
        self._closing = True
        self._wake.put(None)

    def _run(self) -> None:
        error = self._hear_all()
        if error is not None:
            self._queue.clear()
            self._broke(self, error)
        try:
            self.ear.listener.close()  # also after it broke: it may hold a terminal or a file
        except BaseException as again:
            if error is None:
                self._broke(self, again)

    def _hear_all(self) -> BaseException | None:
        done = False
        while not done:
            self._wake.get()
            if not self._closing and self._gather:
                with suppress(Empty):
                    self._wake.get(timeout=self._gather)  # ended early by finish()
            done = self._closing
            self._awake = False  # before draining: what is appended from here on wakes us again
            batch = self._drain()
            try:
                if batch:
                    self.ear.listener.hear(batch)
            except BaseException as error:  # SystemExit of a listener must not end in silence either
                return error
            finally:
                self._in_hand = 0
            self._count_lost()
        return None

    def _drain(self) -> list[Event]:
        queue = self._queue
        self._in_hand = len(queue)
        batch: list[Event] = []
        with suppress(IndexError):  # put() dropped some meanwhile
            for _ in range(len(queue)):
                batch.append(queue.popleft())
        return batch

    def _count_lost(self) -> None:
        if self.ear.lossless:
            return
        lost = next(self._drops) - self._reads
        self._reads += 1
        if lost and not self.lost:
            self._behind(self)
        self.lost = lost
