"""The Provider socket for services elsewhere, whose jobs cost money and go on without us.

A paid call has two halves. `prepare` does everything that may be repeated freely (encoding, uploading, building the
request); `submit` sends that one request. Between the two the ledger writes down that it is about to happen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from .digest import Digest, canonical
from .ports import Done, Job, Offer, References


@dataclass(frozen=True, slots=True)
class Accepts:
    """Which pictures a service takes; ours are brought to that before anything is sent."""

    formats: tuple[str, ...] = ("jpeg", "png")
    """jpeg, png, webp; the first is what others are turned into."""
    least: int = 0
    """Pixels of the shorter side at least; a smaller picture is refused, never enlarged silently."""
    most: int = 0
    """Pixels of the longer side at most; larger ones are shrunk. 0: any."""
    size: int = 0
    """Bytes at most, as a file. 0: any."""
    alpha: bool = False
    """False: transparency is laid on white."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a service promises about its jobs: data, not code."""

    account: str = ""
    """Label of the account, part of the name of every paid call. Never the key itself."""
    replay: float = 0.0
    """Seconds in which the same token and bytes may be sent again without a second charge. 0: never."""
    lookup: bool = False
    """find(token) tells whether a call of ours arrived."""
    grace: float = 30.0
    """Seconds after a call until the look-up's "unknown" is believed."""
    reattach: bool = True
    """A ticket can be taken up again by another process."""
    kept: float = 3600.0
    """Seconds that a finished result can be fetched."""
    patience: float = 600.0
    """Seconds that a job gets; after that it is left waiting at the service, and resume collects it."""
    charges_failures: bool = False
    """A job that the service took and could not do may be charged: it is not bought again without consent."""
    per_minute: int = 0
    """Calls that may be submitted per minute. 0: any number."""
    ahead: bool = True
    """prepare() may send pictures ahead: it is not done for a call that has gone out before."""
    accepts: Accepts = Accepts()


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be sent. Nothing in it is random, so equal jobs make equal bytes."""

    method: str
    url: str
    """Absolute."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Without credentials: those are added while sending."""
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    """Text parts of a multipart form."""
    files: tuple[tuple[str, str, bytes, str], ...] = ()
    """File parts of a multipart form: part name, file name, bytes, media type."""
    content: bytes = b""
    """A raw body."""
    uploads: tuple[Digest, ...] = ()
    """Pictures that it names by a reference at the service, which may have been forgotten there meanwhile."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that is sent, credentials excepted."""
        whole = hashlib.sha256(canonical({"method": self.method, "url": self.url, "query": dict(self.query)}))
        whole.update(json.dumps([self.json, dict(self.form)], sort_keys=True).encode())
        for name, file, data, media in self.files:
            whole.update(f"{name}\0{file}\0{media}\0{hashlib.sha256(data).hexdigest()}".encode())
        whole.update(self.content)
        return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A job that a service has accepted. Plain JSON, so that it survives us."""

    id: str
    url: str = ""
    """Where it is asked about, as the service said."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What else the vendor's own file needs later; JSON values only."""

    def to_json(self) -> str:
        return json.dumps({"id": self.id, "url": self.url, "extra": dict(self.extra)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Ticket:
        """The inverse. Raises ValueError, KeyError."""
        values = json.loads(text)
        return cls(values["id"], values["url"], values["extra"])


@dataclass(frozen=True, slots=True)
class Pending:
    """A service is still at work."""

    note: str = ""
    """queue 3, processing, step 12 of 30."""
    part: float | None = None
    """0 to 1, None when unknown."""
    wait: float = 2.0
    """Seconds until asking again makes sense; 0 where the service tells by itself."""


class Assets(Protocol):
    """A place of the user's own (a bucket) from which services fetch pictures by address."""

    def put(self, data: bytes, digest: Digest, media: str) -> str:
        """An address that works for at least an hour. Uploads once. Raises Fault."""
        ...


@dataclass(frozen=True, slots=True)
class Kit:
    """What a run lends to a remote provider."""

    references: References
    sleep: Callable[[float], None]
    """Wait so many seconds, between two questions about the same job."""
    clock: Callable[[], float]
    """UTC seconds."""
    assets: Assets | None = None


@runtime_checkable
class Keyed(Protocol):
    """A provider that needs a key."""

    def ready(self) -> None:
        """Sends nothing. Raises TryonError(USAGE) for a key that is missing or cannot be used."""
        ...


@runtime_checkable
class Remote(Protocol):
    """A service elsewhere. Every method raises Fault; none sleeps, retries, counts money or stores."""

    @property
    def offer(self) -> Offer: ...

    @property
    def terms(self) -> Terms: ...

    def attach(self, kit: Kit) -> None:
        """Called once, before the first job."""
        ...

    def prepare(self, job: Job, token: str) -> Call:
        """The request for this job. May upload; costs nothing; may be repeated.

        token: letters and digits, the same for the same call for ever; goes wherever the service takes an id of ours.
        """
        ...

    def submit(self, call: Call) -> Ticket | Done:
        """Send it: exactly one request. Fault(AMBIGUOUS) when it may have arrived and no answer was read."""
        ...

    def poll(self, ticket: Ticket) -> Pending | Done:
        """Ask about a job once. Fault(LOST) when the service does not know it (any more)."""
        ...

    def watch(self, ticket: Ticket) -> Iterator[Pending | Done]:
        """Pending until one Done; pushed by the service where it can, else poll() and Kit.sleep."""
        ...

    def fetch(self, done: Done) -> bytes:
        """The picture behind done.url, decoded once to its last row. Fault(LOST) when it has expired."""
        ...

    def find(self, token: str) -> Ticket | None:
        """The job that was submitted with this token; None: not known (yet). Only where terms.lookup."""
        ...

    def cancel(self, ticket: Ticket) -> None:
        """Ask the service to stop it; nothing where it cannot."""
        ...
