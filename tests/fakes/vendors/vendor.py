"""The base of a played vendor: routes, jobs, charges, files with an address. Knows no vendor and no socket."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple, Protocol

from vendors.pictures import decodes, picture
from vendors.wire import DROP_AFTER, HONEST, Answer, Asked, Reply, Twist


class World(Protocol):
    """What a vendor sees of the server."""

    url: str

    @property
    def gone(self) -> bool: ...

    def clock(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Charge(NamedTuple):
    """Money taken. `token` is the client's own id where the vendor takes one, else the SHA-256 of the body."""

    credential: str
    token: str
    usd: float
    work: str


@dataclass
class Work:
    """A job at the vendor."""

    id: str
    asked: Asked
    token: str
    born: float
    result: bytes
    fault: Any = None
    """How it ends badly, in the vendor's own form; None: well."""
    questions: int = 0
    canceled: bool = False
    ended: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def route(method: str, path: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Mark a method as the answer to e.g. "GET", "/v1/status/{id}"; {id} is one segment, {id:path} several.

    The method is called with the request, and the segments by name, while the vendor's lock is held.
    """

    def mark(method_: Callable[..., Answer]) -> Callable[..., Answer]:
        method_.route = (method, path)  # type: ignore[attr-defined]
        return method_

    return mark


class Vendor:
    """Subclass it in vendors/<name>.py, mark methods with @route, and end the file with VENDOR = Class."""

    NAME: ClassVar[str] = ""
    PRICE: ClassVar[float] = 0.07
    FAILED_IS_FREE: ClassVar[bool] = True
    PAID: ClassVar[str] = ""
    """Route of the paid request, e.g. "POST /v1/run"."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lock = threading.RLock()
        self.routes: list[tuple[str, re.Pattern[str], str, Callable[..., Answer]]] = []
        for name in dir(type(self)):
            method = getattr(self, name, None)
            if (where := getattr(method, "route", None)) is not None:
                pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(where[1]))
                pattern = re.sub(r"\\\{(\w+):path\\\}", r"(?P<\1>.+)", pattern)
                self.routes.append((where[0], re.compile(pattern), f"{where[0]} {where[1]}", method))
        # the most particular first: {rest:path} matches nearly everything
        self.routes.sort(key=lambda known: (":path" in known[2], -len(known[2])))
        self.reset()

    def reset(self) -> None:
        """As new. Override for further state, and call this one."""
        self.polls = 2
        """Questions about a job that are answered with "not yet"."""
        self.seconds = 0.0
        """Time that a job takes at least."""
        self.slots = 0
        """Jobs at once; 0: any number. The vendor's file says how it refuses more."""
        self.lifetime: float | None = None
        """Seconds that addresses of results work; None: for ever."""
        self.registration = 0.0
        """Seconds until a look-up by the client's own id knows a job."""
        self.log: list[Asked] = []
        """Every request; after the first `bodies` of them without what it carried."""
        self.bodies = 2000
        self.received = 0
        """Bytes of all bodies."""
        self.charges: list[Charge] = []
        self.works: dict[str, Work] = {}
        self.most_open = 0
        self.begun = 0
        """Jobs so far."""
        self.size = (96, 128)
        self._files: dict[str, tuple[bytes, str, float]] = {}
        self._next: dict[str, deque[Twist]] = {}
        self._always: dict[str, Twist] = {}
        self._odds: dict[str, tuple[float, Twist, random.Random]] = {}
        self._ends: deque[Any] = deque()

    # ------------------------------------------------------------------ what tests arrange
    def next(self, where: str, *twists: Twist) -> None:
        """What becomes of the next requests to a route, in order; then it is honest again."""
        self._check(where)
        with self.lock:
            self._next.setdefault(where, deque()).extend(twists)

    def always(self, where: str, twist: Twist) -> None:
        """What becomes of every request to a route; HONEST ends it."""
        self._check(where)
        self._always[where] = twist

    def lose(self, share: float, seed: int = 1, twist: Twist = DROP_AFTER) -> None:
        """That share of paid requests is twisted: by default billed, then the reply is lost."""
        self._odds[self.PAID] = (share, twist, random.Random(seed))

    def end_with(self, *faults: Any) -> None:
        """How the next jobs end, in the vendor's own form; None: well."""
        self._ends.extend(faults)

    def expire(self) -> None:
        """All addresses of results stop working."""
        with self.lock:
            self._files = {
                name: (data, media, float("-inf")) for name, (data, media, _) in self._files.items()
            }

    def forget(self) -> None:
        """The service restarts with an empty memory."""
        with self.lock:
            self.works.clear()

    def asked(self, where: str) -> list[Asked]:
        """The requests to this route so far."""
        return [asked for asked in self.log if self.match(asked)[0] == where]

    def charged(self) -> dict[str, int]:
        """Charges by token."""
        table: dict[str, int] = {}
        for charge in self.charges:
            table[charge.token] = table.get(charge.token, 0) + 1
        return table

    # ------------------------------------------------------------------ for the vendors' files
    def begin(self, asked: Asked, token: str = "", seed: bytes | None = None) -> Work:
        """A job, charged for. token: the client's own id, where the vendor takes one."""
        self.begun += 1  # not the charges: those of failed jobs are taken back
        name = f"{self.NAME}{self.begun:06d}"
        token = token or hashlib.sha256(asked.body).hexdigest()
        made = picture(seed if seed is not None else asked.body, tuple(self.size))
        fault = self._ends.popleft() if self._ends else None
        kept = asked if len(self.log) <= self.bodies else replace(asked, body=b"")
        work = self.works[name] = Work(name, kept, token, self.world.clock(), made, fault)
        self.charges.append(Charge(asked.credential, token, self.PRICE, name))
        self.most_open = max(self.most_open, self.open())
        return work

    def open(self) -> int:
        """Jobs that hold a slot."""
        return sum(not work.ended for work in self.works.values())

    def full(self) -> bool:
        """Would one more job be too many?"""
        return bool(self.slots) and self.open() >= self.slots

    def over(self, work: Work, *, asking: bool = True) -> bool:
        """Has this job ended? asking: this counts as a question about it."""
        if not work.ended and not work.canceled:
            late = self.world.clock() >= work.born + self.seconds
            work.ended = late and work.questions >= self.polls
            work.questions += asking
            if work.ended and work.fault is not None and self.FAILED_IS_FREE:
                self.charges = [charge for charge in self.charges if charge.work != work.id]
        return work.ended

    def known(self, token: str) -> Work | None:
        """The job with this id of the client's own, once it is registered."""
        for work in self.works.values():
            if work.token == token and self.world.clock() >= work.born + self.registration:
                return work
        return None

    def address(self, data: bytes, media: str = "image/png") -> str:
        """Where these bytes can be fetched, without credentials, for `lifetime` seconds."""
        name = f"{len(self._files)}-{hashlib.sha256(data).hexdigest()[:12]}.{media.partition('/')[2]}"
        ends = float("inf") if self.lifetime is None else self.world.clock() + self.lifetime
        self._files[name] = (data, media, ends)
        return f"{self.url}/files/{name}"

    @property
    def url(self) -> str:
        """The vendor's base address."""
        return f"{self.world.url}/{self.NAME}"

    def seen(self, reference: str) -> bytes | None:
        """The picture behind an address here, a data URI or raw base64; None when there is none that decodes."""
        if reference.startswith(self.url):
            data = self._files.get(reference.rpartition("/")[2], (b"", "", 0.0))[0]
        else:
            head, comma, tail = reference.partition(",")
            try:
                data = base64.b64decode(
                    tail if comma and head.startswith("data:") else reference, validate=True
                )
            except ValueError:
                return None
        return data if decodes(data) else None

    @route("GET", "/files/{name}")
    def _file(self, asked: Asked, name: str) -> Reply:
        data, media, ends = self._files.get(name, (b"", "", float("-inf")))
        if not data:
            return Reply(404, "<Error>NoSuchKey</Error>", media="application/xml")
        if self.world.clock() >= ends:
            return Reply(403, "<Error>Request has expired</Error>", media="application/xml")
        return Reply(200, data, media=media)

    # ------------------------------------------------------------------ for the server
    def match(self, asked: Asked) -> tuple[str, Callable[..., Answer] | None, dict[str, str]]:
        """Route, method and segments of a request; ("", None, {}) where there is none."""
        for method, pattern, where, call in self.routes:
            if method == asked.method and (found := pattern.fullmatch(asked.path)):
                return where, call, found.groupdict()
        return "", None, {}

    def answer(self, asked: Asked) -> tuple[Answer, Twist]:
        """The answer, and what becomes of it."""
        where, call, segments = self.match(asked)
        with self.lock:
            self.log.append(asked if len(self.log) < self.bodies else replace(asked, body=b""))
            self.received += len(asked.body)
            twist = self._twist(where)
            if not twist.handled:
                return twist.reply or Reply(), twist
            made = call(asked, **segments) if call is not None else self.nowhere(asked)
            return (twist.reply or made), twist

    def nowhere(self, asked: Asked) -> Answer:
        """A path that the vendor does not have."""
        return Reply(404, {"detail": "Not Found"})

    def _twist(self, where: str) -> Twist:
        if self._next.get(where):
            return self._next[where].popleft()
        if where in self._odds:
            share, twist, dice = self._odds[where]
            if dice.random() < share:
                return twist
        return self._always.get(where, HONEST)

    def _check(self, where: str) -> None:
        known = [name for _, _, name, _ in self.routes]
        if where not in known:
            raise KeyError(f"{self.NAME} has no {where!r}, only {known}")
