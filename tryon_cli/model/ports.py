"""The sockets. Every wish is a new file behind one of these ports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from .digest import Digest, Key, Value
from .errors import Fault
from .events import Event
from .outcome import Answer


# --------------------------------------------------------------------------- Provider
@dataclass(frozen=True, slots=True)
class Job:
    """What a stage asks a provider for."""

    task: str
    """stylize, extract-face, try-on or face-swap."""
    images: Mapping[str, bytes]
    """Encoded pictures (PNG, JPEG or WebP) by role: human, garment, face, image."""
    settings: Mapping[str, Value]
    """Only settings that can change a pixel; they are all part of the key."""
    key: str = ""
    """The step's key: equal jobs have equal keys, so it serves as idempotency token and as seed."""
    digests: Mapping[str, Digest] = field(default_factory=dict)
    """SHA-256 of each picture by role, where known: lets a provider keep what it learned about a picture."""
    row: str = ""
    """The first row that asks for it; for people only, no part of the key."""
    limit: float | None = None
    """Most USD that this row may cost; no part of the key."""


class Receipt(Protocol):
    """What was paid for a picture, waiting to hear that the picture is safe."""

    def stored(self, digest: Digest) -> None:
        """The bytes are on disk and survive a power cut: only now is the money safe. Raises Fault(STORAGE)."""
        ...

    def spoiled(self, fault: Fault) -> None:
        """The picture was paid for and cannot be used: it is not fetched again."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """A rendered image: its bytes, or where a service keeps them."""

    image: bytes = b""
    """Encoded; must decode completely. Empty when `url` says where it is."""
    notes: tuple[str, ...] = ()
    """What somebody should know about this picture, one short sentence each."""
    cost: float | None = None
    """USD that it cost; None: as the offer says."""
    url: str = ""
    """Where a service keeps it for a while."""
    kept: float | None = None
    """Seconds that it stays there; None: as the terms say."""
    provider: str = ""
    """Who made it, where that is not the one who was asked first (a fallback, a canary)."""
    receipt: Receipt | None = field(default=None, compare=False, repr=False)
    seconds: float | None = field(default=None, compare=False)
    """From the request to the news that it is made; 0.0: nothing was asked for it now; None: not measured."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a provider declares about itself: data, not code."""

    name: str
    tasks: Mapping[str, str]
    """Task -> version of how it is rendered. A new version makes the same question a new one."""
    slots: int = 4
    """Jobs it takes at once."""
    price: Mapping[str, float] = field(default_factory=dict)
    """USD per job by task; a task that is not named is free."""
    unpriced: frozenset[str] = frozenset()
    """Tasks that may cost something, and nobody said how much: counted as 0, and never sent twice in doubt."""
    max_variants: int = 1
    max_garments: int = 1
    """Garments one try-on call can dress; longer outfits become a chain of calls."""
    categories: frozenset[str] = frozenset()
    """Garment categories it can dress; empty: all."""
    styles: tuple[str, ...] = ()
    """Presets its stylize task knows; empty: any text."""
    cpu: bool = False
    """True: works on this machine's processors, so slots follow the cores."""
    about: str = ""
    """One line for `tryon providers`."""


@runtime_checkable
class Provider(Protocol):
    """Something that can render a Job into an image."""

    @property
    def offer(self) -> Offer:
        """What it can do; costs nothing to ask."""
        ...

    def submit(self, job: Job) -> Done:
        """The rendered image. Raises Fault."""
        ...


DEARER = 1.2
"""A call that is billed at more than so many times the price in the offer: told, and held against a candidate."""


# --------------------------------------------------------------------------- Store
class Blobs(Protocol):
    """Bytes by digest. Whole or absent, never half; what is returned matches its digest."""

    def put(self, data: bytes, *, durable: bool = False) -> Digest:
        """Keep these bytes; durable: they survive a power cut once this returns. Raises Fault(STORAGE)."""
        ...

    def get(self, digest: Digest) -> bytes | None:
        """The bytes, verified, or None: unknown, or damaged (then set aside and told)."""
        ...

    def has(self, digest: Digest, size: int) -> bool:
        """Is it there with this size in bytes? Cheap: looks, does not read."""
        ...


class Index(Protocol):
    """Answers by key."""

    def find(self, keys: Sequence[Key]) -> dict[Key, Answer]:
        """The known ones among these keys."""
        ...

    def record(self, key: Key, answer: Answer) -> None:
        """Remember an answer; find() sees it at once, the disk a little later."""
        ...

    def forget(self, keys: Iterable[Key]) -> None:
        """Drop answers whose bytes are gone."""
        ...


class References(Protocol):
    """Where services keep pictures that we uploaded, so that each is uploaded once."""

    def find(self, provider: str, account: str, digest: Digest) -> str | None:
        """The reference of these bytes at this provider; None: unknown or about to expire."""
        ...

    def keep(
        self, provider: str, account: str, digest: Digest, reference: str, lifetime: float | None
    ) -> None:
        """Remember a reference. lifetime: seconds from now; None: it does not expire."""
        ...

    def forget(self, provider: str, account: str, digest: Digest) -> None:
        """The service no longer knows it."""
        ...


# --------------------------------------------------------------------------- Listener
class Listener(Protocol):
    """Somebody who hears what happened. May be slow or broken: that never touches the run."""

    def hear(self, events: Sequence[Event]) -> None:
        """Events since the last call, in order. Called from one thread only."""
        ...

    def close(self) -> None:
        """The last event was heard."""
        ...


Tell = Callable[[Event], None]
"""How everybody below reports: call it with an Event, from any thread; it never blocks and never raises."""
