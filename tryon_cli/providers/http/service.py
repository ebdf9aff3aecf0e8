"""The shape of a service over HTTP: a vendor's file fills in its URLs, fields and error words, nothing else.

Sleeping, repeating, counting money and storing are done by others, once for all vendors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit

from ...model.digest import Digest, digest_of
from ...model.errors import Exit, Fault, FaultKind, TryonError
from ...model.ports import Done, Job, Offer
from ...model.remote import Accepts, Call, Kit, Pending, Terms, Ticket
from .answers import Answers
from .client import Http, Reply
from .deadline import Late
from .faults import Words, fault_of
from .once import Turns
from .pictures import data_uri, fitted, media_of
from .secret import Secret, secret_of

WAIT = 2.0
"""Seconds between two questions about a job, where the vendor says nothing better."""


class Service(Answers):
    """A remote provider over HTTP. Vendors override what differs; see kling.py for a complete one.

    Options of [providers.NAME], all by keyword: api_key_file, api_key_command, api_key_env, api_key_keyring (one of
    them, else the environment variable KEY_ENV), base_url, slots, variants, per_minute, price (USD by stage), patience
    (seconds), account (a label), options (settings of every job), ca_file.
    """

    NAME: ClassVar[str] = ""
    BASE_URL: ClassVar[str] = ""
    HOSTS: ClassVar[tuple[str, ...]] = ()
    """Further domains of the vendor to which the key may be sent ("bfl.ai": it and everything below it)."""
    KEY_ENV: ClassVar[str] = ""
    """Environment variable that the vendor's own tools read; "" when no key is needed."""
    ABOUT: ClassVar[str] = ""
    TASKS: ClassVar[Mapping[str, str]] = {}
    """Stage -> model and version of how it is asked, e.g. "tryon-v1.6/1": part of every key."""
    PRICE: ClassVar[Mapping[str, float]] = {}
    FREE: ClassVar[bool] = False
    """A server of the user's own: what has no price costs nothing, where elsewhere nobody knows."""
    SLOTS: ClassVar[int] = 4
    TERMS: ClassVar[Terms] = Terms()
    WORDS: ClassVar[Words] = Words()
    """The vendor's error words and what each means."""
    WAIT: ClassVar[float] = WAIT
    MAX_GARMENTS: ClassVar[int] = 1
    MAX_VARIANTS: ClassVar[int] = 1
    """More than one only where another seed, or simply another call, gives another picture."""
    SUBMIT_SECONDS: ClassVar[float] = 60.0
    """Deadline of the one paid request; long for services that answer with the picture itself."""

    def __init__(self, name: str = "", **options: Any) -> None:
        """name: as the settings call it. Raises TypeError for options that nobody knows."""
        self.name = name or self.NAME
        self._options = dict(options.pop("options", {}))
        self._secret = secret_of(self.name, self.KEY_ENV, options)
        self.base_url = str(options.pop("base_url", self.BASE_URL)).rstrip("/")
        self._slots = int(options.pop("slots", self.SLOTS))
        self._variants = int(options.pop("variants", self.MAX_VARIANTS))
        self._price = {**self.PRICE, **options.pop("price", {})}
        self._account = str(options.pop("account", ""))
        self._terms = self.take(options)
        if options:
            raise TypeError(f"unknown: {', '.join(sorted(options))}")
        self.http = Http(
            self.headers, ca_file=self._ca_file, owns=self.owns, name=self.name, private=self._is_at_home
        )
        self.kit: Kit | None = None
        self._uploads = Turns()

    def take(self, options: dict[str, Any]) -> Terms:
        """Take further options out of the table; vendors with options of their own call this last."""
        self._ca_file = str(options.pop("ca_file", ""))
        changes: dict[str, Any] = {}
        for key in ("per_minute", "patience", "grace"):
            if key in options:
                changes[key] = type(getattr(self.TERMS, key))(options.pop(key))
        return replace(self.TERMS, **changes)

    # ------------------------------------------------------------------ what it can do
    def tasks(self) -> Mapping[str, str]:
        """Stages and versions; overridden where options choose the model."""
        return self.TASKS

    @cached_property
    def offer(self) -> Offer:  # asked for several times a call
        return Offer(
            self.name,
            self.tasks(),
            self._slots,
            self._price,
            frozenset() if self.FREE else frozenset(self.tasks()) - self._price.keys(),
            max_variants=self._variants,
            max_garments=self.MAX_GARMENTS,
            about=self.ABOUT,
        )

    @cached_property
    def terms(self) -> Terms:
        account = self._terms.account or self._account or self._secret.label
        return replace(self._terms, account=account, ahead=type(self).upload is not Service.upload)

    @property
    def accepts(self) -> Accepts:
        return self._terms.accepts

    def ready(self) -> None:
        """Can jobs be sent at all? Sends nothing. Raises TryonError(USAGE) for a key that is missing or unusable."""
        try:
            self.headers()
        except Fault as fault:
            raise TryonError(
                Exit.USAGE, fault.text, details=(fault.fix,) if fault.fix else (), code=fault.code
            ) from None

    def attach(self, kit: Kit) -> None:
        self.kit = kit

    @property
    def secret(self) -> Secret:
        """Raises Fault(ACCOUNT, E-AUTH-MISSING) on .value when there is none."""
        return self._secret

    def headers(self) -> Mapping[str, str]:
        """Credentials for a request to base_url; asked for each request. Raises Fault(ACCOUNT)."""
        return {"Authorization": f"Bearer {self.secret.value}"} if self.KEY_ENV else {}

    # ------------------------------------------------------------------ pictures on their way in
    def picture(self, job: Job, role: str) -> bytes:
        """The job's picture of this role as the service takes it. Raises Fault(INPUT)."""
        return fitted(job.images[role], self.accepts)

    def reference(self, job: Job, role: str) -> str:
        """How the request names this picture: an address in the user's own bucket, an upload, or a data URI."""
        data = self.picture(job, role)
        if self.kit is not None and self.kit.assets is not None:
            return self.kit.assets.put(data, digest_of(data), media_of(data))
        return self.put(data)

    def put(self, data: bytes) -> str:
        """Upload once where the service has a place for it (see uploaded); else the bytes themselves."""
        return data_uri(data)

    def uploaded(self, data: bytes) -> str:
        """The reference of these bytes at the service: remembered, or uploaded now through `upload`."""
        digest = digest_of(data)
        kit = self.kit
        # rows with the same garment start together: one of them sends it
        with self._uploads.of(digest):
            known = kit.references.find(self.name, self.terms.account, digest) if kit is not None else None
            if known is not None:
                return known
            reference, lifetime = self.upload(data, f"{digest}.{media_of(data).partition('/')[2]}")
            if kit is not None:
                kit.references.keep(self.name, self.terms.account, digest, reference, lifetime)
            return reference

    def upload(self, data: bytes, name: str) -> tuple[str, float | None]:
        """Send it; its reference, and the seconds it is kept (None: for ever). Only where `put` calls uploaded."""
        raise NotImplementedError

    def forget_uploads(self, call: Call) -> None:
        """The service does not know an upload any more: the next prepare() sends it again."""
        for digest in call.uploads:
            if self.kit is not None:
                self.kit.references.forget(self.name, self.terms.account, digest)

    # ------------------------------------------------------------------ settings
    def option(self, job: Job, name: str, default: Any = None) -> Any:
        """opt.<this provider>.<name> of the row or of [providers.NAME.options]."""
        said = job.settings.get(f"opt.{self.name}.{name}")
        return self._options.get(name, default) if said is None else said

    def seed_of(self, job: Job, most: int = 2**32 - 1) -> int:
        """0 to most: the user's seed, else one from the job's key; each variant has another one."""
        seed = job.settings.get("seed")
        if seed is None:
            return int(job.key[:8] or "0", 16) % (most + 1)  # the key knows the variant
        return (int(seed) + int(job.settings.get("variant") or 0)) % (most + 1)

    # ------------------------------------------------------------------ one job
    def prepare(self, job: Job, token: str) -> Call:
        raise NotImplementedError

    def submit(self, call: Call) -> Ticket | Done:
        reply = self.http.send(call, seconds=self.SUBMIT_SECONDS, paid=True)
        self.check(reply, paid=True)
        return self.accepted(reply, call)

    def accepted(self, reply: Reply, call: Call) -> Ticket | Done:
        """What a good answer to the paid request says. Raises Fault(AMBIGUOUS) when it lacks the job's id."""
        raise NotImplementedError

    def poll(self, ticket: Ticket) -> Pending | Done:
        raise NotImplementedError

    def watch(self, ticket: Ticket) -> Iterator[Pending | Done]:
        """Ask, wait as long as the answer says, ask again."""
        while True:
            state = self.poll(ticket)
            yield state
            if isinstance(state, Done):
                return
            if self.kit is not None and state.wait > 0:
                self.kit.sleep(state.wait)

    def fetch(self, done: Done) -> bytes:
        return self.http.download(done.url, own=self.is_own(done.url))

    def owns(self, url: str) -> bool:
        """May our credentials go to this address? To base_url's own host, and below HOSTS over https; a presigned
        address elsewhere is used without them."""
        here, there = urlsplit(self.base_url), urlsplit(url)
        if (there.scheme, there.netloc) == (here.scheme, here.netloc):
            return True
        host = (there.hostname or "").rstrip(".")
        return there.scheme == "https" and any(
            host == name or host.endswith(f".{name}") for name in self.HOSTS
        )

    def _is_at_home(self) -> bool:
        """Is the service itself on this machine or network? Then its results may be, too."""
        from .guard import is_public
        from .names import addresses

        try:
            found = addresses(urlsplit(self.base_url).hostname or "", 443)
        except (OSError, Late):
            return False
        return not all(is_public(address) for address in found)

    def is_own(self, url: str) -> bool:
        """Does the address belong to the service's own host, so that our credentials may go with the request?"""
        return False

    def find(self, token: str) -> Ticket | None:
        return None

    def cancel(self, ticket: Ticket) -> None:
        """Nothing, where a service cannot."""

    # ------------------------------------------------------------------ answers
    def uploads_of(self, job: Job) -> tuple[Digest, ...]:
        """What `uploaded` remembers of this job's pictures."""
        return tuple(digest_of(self.picture(job, role)) for role in job.images)

    def get(self, url: str, *, query: Mapping[str, str] | None = None) -> Reply:
        """A question that may be repeated; url below base_url, or as the service gave it. Raises Fault."""
        reply = self.http.send(Call("GET", self.at(url), query=query or {}))
        self.check(reply)
        return reply

    def post(
        self, url: str, *, json: Any = None, files: Any = (), form: Mapping[str, str] | None = None
    ) -> Reply:
        """A request that costs nothing and may be repeated. Raises Fault."""
        reply = self.http.send(Call("POST", self.at(url), json=json, files=tuple(files), form=form or {}))
        self.check(reply)
        return reply

    def at(self, url: str) -> str:
        """Absolute."""
        return url if "://" in url else f"{self.base_url}/{url.lstrip('/')}"

    def check(self, reply: Reply, *, paid: bool = False) -> None:
        """Raise the Fault that a bad reply means: body code first, then the vendor's hint, then the status."""
        code, text = self.error_in(reply)
        if reply.status >= 300 or code:
            raise fault_of(self.name, reply, code, text, self.WORDS, paid=paid)

    def error_in(self, reply: Reply) -> tuple[str, str]:
        """Code and text of an error in the body, whatever the status; ("", "") when it holds none."""
        return "", ""

    def fault(self, code: str, text: str, kind: FaultKind | None = None) -> Fault:
        """A failure that the service told in a good reply (a failed job): by the vendor's word for it."""
        fault = self.WORDS.fault(self.name, code, text, kind)
        fault.final = True
        return fault
