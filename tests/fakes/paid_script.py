"""A service in this process that does what a test tells it to, and counts what it charges. And a clock."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tryon_cli.ledger.clock import Clock, Moment
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done, Job, Offer
from tryon_cli.model.remote import Call, Kit, Pending, Terms, Ticket

PRICE = 0.07
IDEMPOTENT = Terms(replay=86_400.0)
LOOKUP = Terms(lookup=True, grace=30.0)
NEITHER = Terms()


def job(key: str = "k1", task: str = "try-on", row: str = "1", limit: float | None = None) -> Job:
    return Job(
        task, {"human": key.encode()}, {}, hashlib.sha256(key.encode()).hexdigest(), row=row, limit=limit
    )


def picture(job: Job) -> bytes:
    return b"picture of " + job.key.encode()


class Died(BaseException):
    """The process is gone: nothing after it is done."""


class FakeClock(Clock):
    """Moves only when somebody waits."""

    def __init__(self) -> None:
        self.wall, self.mono, self.boot = 1_700_000_000.0, 5_000.0, "boot-1"
        self.waits: list[float] = []

    def now(self) -> Moment:
        return Moment(self.wall, self.mono, self.boot)

    def up(self) -> float:
        return self.mono

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.mono += seconds

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.pass_(seconds)

    def nap(self, seconds: float) -> bool:
        self.pause(seconds)
        return False


class Service:
    """A Remote whose next answers are in lists; what is not scripted goes well.

    plan["submit"] and so on: Fault to raise, "drop" (billed, the answer lost), "die-before" and "die-after"
    (the client dies before or after the request was taken), Done, or a callable.
    """

    def __init__(self, terms: Terms = NEITHER, clock: FakeClock | None = None, price: float = PRICE) -> None:
        self.offer = Offer(
            "served", {"try-on": "v1", "stylize": "v1"}, price={"try-on": price, "stylize": price}
        )
        self.terms = terms
        self.clock = clock
        self.plan: dict[str, list[Any]] = {
            name: [] for name in ("prepare", "submit", "poll", "fetch", "find")
        }
        self.asked: Counter[str] = Counter()
        self.charges: Counter[str] = Counter()
        """By step key."""
        self.tokens: dict[str, str] = {}
        """Token -> ticket id."""
        self.jobs: dict[str, str] = {}
        """Ticket id -> step key."""
        self.late = 0.0
        """Seconds until a look-up or a poll knows what was taken."""
        self.taken_at: dict[str, float] = {}
        self.pending = 0
        """Answers "still at work" before a job is done."""
        self.forgotten: set[str] = set()
        self.sync = False
        """The answer to submit is the picture itself."""
        self.cost: float | None = None
        self.lock = threading.Lock()
        self.watching: Callable[[], None] = lambda: None
        self.on_death: Callable[[], None] = lambda: None

    def attach(self, kit: Kit) -> None:
        self.kit = kit

    def _next(self, name: str) -> Any:
        with self.lock:
            self.asked[name] += 1
            found = self.plan[name].pop(0) if self.plan[name] else None
        if isinstance(found, BaseException):
            raise found
        return found

    def prepare(self, job: Job, token: str) -> Call:
        self._next("prepare")
        return Call("POST", "https://served/run", json={"key": job.key, "token": token})

    def submit(self, call: Call) -> Ticket | Done:
        what = self._next("submit")
        if what == "die-before":
            self.on_death()
            raise Died
        if callable(what):
            return what(call)
        key, token = call.json["key"], call.json["token"]
        with self.lock:
            id_ = self.tokens.get(token)
            if id_ is None or not self.terms.replay:
                self.charges[key] += 1
                id_ = f"job-{len(self.jobs)}"
                self.tokens[token] = id_
                self.jobs[id_] = key
                if self.clock is not None:
                    self.taken_at[id_] = self.clock.up()
        if what == "die-after":
            self.on_death()
            raise Died
        if what == "drop":
            raise Fault(FaultKind.AMBIGUOUS, "the connection broke after it was sent")
        if self.sync:
            return Done(picture_of(key), cost=self.cost)
        return Ticket(id_, f"https://served/jobs/{id_}")

    def _known(self, id_: str) -> bool:
        late = self.clock is not None and self.clock.up() - self.taken_at.get(id_, -1e9) < self.late
        return id_ in self.jobs and id_ not in self.forgotten and not late

    def poll(self, ticket: Ticket) -> Pending | Done:
        what = self._next("poll")
        if isinstance(what, Pending | Done):
            return what
        if not self._known(ticket.id):
            raise Fault(FaultKind.LOST, f"unknown job {ticket.id}")
        if self.pending > 0:
            self.pending -= 1
            return Pending("working")
        return Done(url=f"https://served/files/{ticket.id}?sig={self.asked['poll']}", cost=self.cost)

    def watch(self, ticket: Ticket) -> Iterator[Pending | Done]:
        while True:
            self.watching()
            state = self.poll(ticket)
            yield state
            if isinstance(state, Done):
                return
            self.kit.sleep(state.wait)

    def fetch(self, done: Done) -> bytes:
        self._next("fetch")
        id_ = done.url.rpartition("/")[2].partition("?")[0]
        if id_ in self.forgotten:
            raise Fault(FaultKind.LOST, "410 gone")
        return picture_of(self.jobs[id_])

    def find(self, token: str) -> Ticket | None:
        self._next("find")
        id_ = self.tokens.get(token)
        return Ticket(id_, f"https://served/jobs/{id_}") if id_ is not None and self._known(id_) else None

    def cancel(self, ticket: Ticket) -> None:
        self.asked["cancel"] += 1


def picture_of(key: str) -> bytes:
    return b"picture of " + key.encode()
