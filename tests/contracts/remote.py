"""What every service elsewhere promises (tryon_cli.model.remote.Remote), tried on the played vendor.

A vendor's own test inherits RemoteContract, names the played vendor and gives jobs and ways to fail:

    class TestFashn(RemoteContract):
        vendor = "fashn"
        jobs = (job("try-on", human=TALL, garment=SHIRT, category="upper"), ...)      # the first one is used for faults
        told = (Told("no pose", INPUT, lambda v: v.end_with({"name": "PoseError", ...})), ...)
        never = frozenset({FaultKind.LOST})       # kinds that this service cannot mean

        def make(self, fake, name="mine", **options):
            return Fashn(name, base_url=fake.url, **options)     # options: api_key_file and what a test adds

Tests of what only this vendor does stand beside it, in the same class or file. Fixture `fakes`: conftest.py.
"""

from __future__ import annotations

import os
import socket
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from vendors.pictures import decodes, picture
from vendors.server import CUT, DROP_AFTER, DROP_BEFORE, HTML, FakeServer, Vendor, billed

from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done, Job
from tryon_cli.model.remote import Call, Kit, Remote, Ticket

SECRET = "canarykey0123456789abcdefcanary"
"""The key in every test; must be seen nowhere but in the headers of requests to the vendor."""
TOKEN = "t0123456789abcdef0123456789abcdef"
HUMAN, GARMENT, FACE = (picture(n, (480, 640)) for n in (b"human", b"garment", b"face"))
SMALL = picture(b"small", (64, 80))

SEVEN = frozenset(
    {
        FaultKind.THROTTLED, FaultKind.TRANSIENT, FaultKind.AMBIGUOUS, FaultKind.LOST,
        FaultKind.INPUT, FaultKind.CONTENT, FaultKind.ACCOUNT,
    }
)  # fmt: skip


def job(task: str, key: str = "", /, **values: Any) -> Job:
    """A job; bytes are pictures by role, the rest are settings."""
    images = {role: value for role, value in values.items() if isinstance(value, bytes)}
    settings = {name: value for name, value in values.items() if not isinstance(value, bytes)}
    digests = {role: digest_of(data) for role, data in images.items()}
    return Job(task, images, settings, key or digest_of(task.encode()), digests)


@dataclass(frozen=True)
class Told:
    """One way to fail: what is arranged at the vendor, and what that must mean."""

    name: str
    kind: FaultKind
    arrange: Callable[[Any], Any]
    at: str = ""
    """prepare, submit, watch or fetch: where it must come out; "" anywhere."""
    wait: float | None = None
    """Seconds that the fault must ask for."""
    billed: bool | None = None
    """Must the vendor have taken money in the end? None: not looked at."""
    options: dict[str, Any] = field(default_factory=dict)
    """For the provider."""
    job: Job | None = None
    """None: the first of the contract's."""


class Remembered:
    """References in memory (the real ones have their own tests)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.table: dict[tuple[str, str, str], tuple[str, float]] = {}

    def find(self, provider: str, account: str, digest: str) -> str | None:
        reference, ends = self.table.get((provider, account, digest), ("", 0.0))
        return reference if ends > self.clock() else None

    def keep(self, provider: str, account: str, digest: str, reference: str, lifetime: float | None) -> None:
        ends = float("inf") if lifetime is None else self.clock() + lifetime
        self.table[provider, account, digest] = (reference, ends)

    def forget(self, provider: str, account: str, digest: str) -> None:
        self.table.pop((provider, account, digest), None)


class Time:
    """Time that passes only by sleeping."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0, "a wait of nothing is a busy loop"
        assert len(self.slept) < 500, "it waits for ever"
        self.slept.append(seconds)
        self.now += seconds


class RemoteContract:
    """See the module."""

    vendor: ClassVar[str]
    jobs: ClassVar[Sequence[Job]]
    told: ClassVar[Sequence[Told]]
    never: ClassVar[frozenset[FaultKind]] = frozenset()
    """Kinds that this service has no way to mean."""
    free: ClassVar[bool] = False
    """It has no price and takes no key: somebody's own server."""

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        raise NotImplementedError

    # ------------------------------------------------------------------ at hand
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "told" in metafunc.fixturenames:
            metafunc.parametrize("told", self.told, ids=[one.name for one in self.told])
        if "asked" in metafunc.fixturenames:
            names = [f"{i}-{one.task}" for i, one in enumerate(self.jobs)]
            metafunc.parametrize("asked", self.jobs, ids=names)

    @pytest.fixture
    def fake(self, fakes: FakeServer, time: Time) -> Vendor:
        fakes.clock = time
        return fakes[self.vendor]

    @pytest.fixture
    def time(self) -> Time:
        return Time()

    @pytest.fixture
    def references(self, time: Time) -> Remembered:
        return Remembered(time)

    @pytest.fixture
    def key_file(self, tmp_path: Path) -> Path:
        path = tmp_path / "key"
        path.write_text(SECRET + "\n")
        path.chmod(0o600)
        return path

    @pytest.fixture
    def no_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No key of the developer's own."""
        for name in list(os.environ):
            if any(word in name.upper() for word in ("KEY", "TOKEN", "CREDENTIALS")):
                monkeypatch.delenv(name)

    @pytest.fixture
    def new(
        self, fake: Vendor, time: Time, references: Remembered, key_file: Path
    ) -> Iterable[Callable[..., Remote]]:
        """Makes providers, each as another process would."""

        def made(**options: Any) -> Remote:
            keys = {} if self.free else {"api_key_file": str(key_file)}
            remote = self.make(fake, **{**keys, **options})
            remote.attach(Kit(references, time.sleep, time))
            return remote

        return made

    @pytest.fixture
    def remote(self, new: Callable[..., Remote]) -> Remote:
        return new()

    # ------------------------------------------------------------------ what it says about itself
    def test_terms_are_honest(self, remote: Remote) -> None:
        offer, terms = remote.offer, remote.terms
        assert set(offer.tasks) <= {"stylize", "try-on", "face-swap"} and all(offer.tasks.values())
        assert {one.task for one in self.jobs} == set(offer.tasks), "every task needs a job in this contract"
        assert offer.name == "mine" and offer.slots >= 1 and not offer.cpu
        assert self.free or set(offer.price) == set(offer.tasks), (
            "a paid task without a price passes any budget"
        )
        assert SECRET not in repr((offer, terms)) and (self.free or terms.account)
        assert terms.kept > 0 and terms.patience > 0 and terms.grace >= 0 and terms.replay >= 0
        assert set(terms.accepts.formats) <= {"jpeg", "png", "webp"} and terms.accepts.formats

    def test_asking_for_the_offer_needs_neither_key_nor_network(
        self, fake: Vendor, no_environment: None
    ) -> None:
        assert self.make(fake).offer.tasks and not fake.log

    # ------------------------------------------------------------------ the two halves of a call
    def test_prepare_is_repeatable_and_free(
        self, new: Callable[..., Remote], fake: Vendor, asked: Job
    ) -> None:
        first = new().prepare(asked, TOKEN)
        again = new().prepare(asked, TOKEN)
        assert first == again and first.fingerprint == again.fingerprint
        assert SECRET not in repr(first) + repr(vars(new())), "keys are added while sending"
        assert not fake.charges and not fake.asked(fake.PAID)

    def test_other_pictures_make_another_request(self, remote: Remote, asked: Job) -> None:
        calls = {remote.prepare(asked, TOKEN).fingerprint}
        for role in asked.images:
            other = picture(b"other " + role.encode(), (480, 640))
            changed = {**asked.images, role: other}
            calls.add(remote.prepare(replace(asked, images=changed, digests={}), TOKEN).fingerprint)
        assert len(calls) == 1 + len(asked.images)

    def test_submit_is_one_request_and_one_charge(self, remote: Remote, fake: Vendor, asked: Job) -> None:
        call = remote.prepare(asked, TOKEN)
        before = len(fake.log)
        remote.submit(call)
        assert len(fake.log) - before == 1 and len(fake.charges) == 1

    def test_a_job_makes_its_picture(
        self, new: Callable[..., Remote], fake: Vendor, time: Time, asked: Job
    ) -> None:
        """The ticket goes through JSON to a process that has never seen the job."""
        remote = new()
        answer = remote.submit(remote.prepare(asked, TOKEN))
        if isinstance(answer, Ticket):
            ticket = Ticket.from_json(answer.to_json())
            assert ticket == answer and SECRET not in ticket.to_json()
            remote = new()
            *steps, last = list(remote.watch(ticket))
            assert isinstance(last, Done) and not any(isinstance(step, Done) for step in steps)
            answer = last
        data = answer.image or remote.fetch(answer)
        assert decodes(data) and len(fake.charges) == 1
        assert answer.cost is None or answer.cost >= 0

    def test_asking_one_by_one_ends_too(self, remote: Remote, asked: Job) -> None:
        answer = remote.submit(remote.prepare(asked, TOKEN))
        if isinstance(answer, Ticket):
            states = [remote.poll(answer) for _ in range(12)]
            assert isinstance(states[-1], Done)
            assert all(isinstance(state, Done) or 0 <= state.wait <= 60 for state in states)

    def test_our_key_goes_to_the_vendor_alone(self, remote: Remote, fake: Vendor) -> None:
        _run(remote, self.jobs[0])
        for asked in fake.log:
            assert SECRET not in asked.path and SECRET not in str(asked.query)
            assert SECRET.encode() not in asked.body
            if asked.path.startswith("/files/"):
                assert SECRET not in str(asked.headers), "a result's address is a stranger's"

    def test_p19_nobody_is_asked_to_call_back(self, remote: Remote, fake: Vendor, asked: Job) -> None:
        """A call-back may be lost, doubled or forged; asking cannot."""
        _run(remote, asked)
        for one in fake.log:
            told = f"{one.path} {dict(one.query)} {dict(one.headers)}".encode() + one.body
            assert not [word for word in (b"webhook", b"callback", b"notify") if word in told.lower()]

    def test_cancel_may_always_be_said(self, remote: Remote) -> None:
        answer = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        if isinstance(answer, Ticket):
            remote.cancel(answer)

    # ------------------------------------------------------------------ failures
    def test_failures_mean_what_they_mean(self, new: Callable[..., Remote], fake: Vendor, told: Told) -> None:
        told.arrange(fake)
        where: list[str] = []
        with pytest.raises(Fault) as caught:
            _run(new(**told.options), told.job or self.jobs[0], where)
        fault = caught.value
        assert fault.kind is told.kind, f"{fault.kind}: {fault.text}"
        assert not told.at or where[-1] == told.at, f"it came out at {where[-1]}"
        assert told.wait is None or fault.wait == pytest.approx(told.wait)
        assert told.billed is None or bool(fake.charges) is told.billed
        assert fault.text and fault.code
        assert "mine" in fault.text or where[-1] == "fetch", "it must say who; a result's host names itself"
        whole = "".join(traceback.format_exception(fault)) + fault.text + fault.fix + repr(fault)
        assert SECRET not in whole

    def test_every_kind_is_tried(self) -> None:
        assert {one.kind for one in self.told} >= SEVEN - self.never - {FaultKind.AMBIGUOUS}

    @pytest.mark.parametrize(
        "name,twist",
        [
            ("closed before", DROP_BEFORE), ("closed after", DROP_AFTER), ("cut", CUT), ("a page", HTML),
            ("502 from a gateway", billed(502, "<html>Bad Gateway</html>")),
            ("504 from a gateway", billed(504, "upstream timed out")),
            ("no id", billed(200, {})),
        ],
    )  # fmt: skip
    def test_a_lost_answer_may_have_been_paid(
        self, remote: Remote, fake: Vendor, name: str, twist: Any
    ) -> None:
        call = remote.prepare(self.jobs[0], TOKEN)
        fake.next(fake.PAID, twist)
        before = len(fake.log)
        with pytest.raises(Fault) as caught:
            remote.submit(call)
        assert caught.value.kind is FaultKind.AMBIGUOUS, caught.value.text
        assert len(fake.log) - before == 1, "it was sent again"
        assert SECRET not in caught.value.text

    def test_a_refused_connection_was_not_paid(self, remote: Remote) -> None:
        call = remote.prepare(self.jobs[0], TOKEN)
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        url = call.url.replace(call.url.split("/")[2], f"127.0.0.1:{port}")
        with pytest.raises(Fault) as caught:
            remote.submit(replace(call, url=url))
        assert caught.value.kind is FaultKind.TRANSIENT

    def test_a_lost_answer_is_found_by_our_id(self, new: Callable[..., Remote], fake: Vendor) -> None:
        remote = new()
        if not remote.terms.lookup:
            assert remote.find(TOKEN) is None
            return
        assert remote.find(TOKEN) is None
        fake.next(fake.PAID, DROP_AFTER)
        with pytest.raises(Fault):
            remote.submit(remote.prepare(self.jobs[0], TOKEN))
        remote = new()
        ticket = remote.find(TOKEN)
        assert ticket is not None and remote.find(TOKEN + "x") is None
        *_, done = remote.watch(ticket)
        assert isinstance(done, Done) and decodes(done.image or remote.fetch(done))
        assert list(fake.charged().values()) == [1]

    def test_a_result_that_is_gone_is_lost(self, remote: Remote, fake: Vendor) -> None:
        done = _done(remote, remote.submit(remote.prepare(self.jobs[0], TOKEN)))
        if done.url:
            fake.expire()
            with pytest.raises(Fault) as caught:
                remote.fetch(done)
            assert caught.value.kind is FaultKind.LOST

    def test_a_picture_too_small_is_refused_before_anything_is_sent(
        self, remote: Remote, fake: Vendor
    ) -> None:
        first = self.jobs[0]
        if remote.terms.accepts.least > 80:
            with pytest.raises(Fault) as caught:
                remote.prepare(replace(first, images=dict.fromkeys(first.images, SMALL), digests={}), TOKEN)
            assert caught.value.kind is FaultKind.INPUT and not fake.log

    def test_no_key_sends_nothing(
        self, fake: Vendor, time: Time, references: Remembered, no_environment: None
    ) -> None:
        if self.free:
            return
        remote = self.make(fake)
        remote.attach(Kit(references, time.sleep, time))
        with pytest.raises(Fault) as caught:
            remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert caught.value.kind is FaultKind.ACCOUNT and not fake.log


def _done(remote: Remote, answer: Ticket | Done) -> Done:
    if isinstance(answer, Ticket):
        *_, answer = remote.watch(answer)  # type: ignore[assignment]
    assert isinstance(answer, Done)
    return answer


def _run(remote: Remote, asked: Job, where: list[str] | None = None) -> bytes:
    """A whole call, noting how far it came."""
    where = [] if where is None else where
    where.append("prepare")
    call: Call = remote.prepare(asked, TOKEN)
    where.append("submit")
    answer = remote.submit(call)
    where.append("watch")
    done = _done(remote, answer)
    where.append("fetch")
    data = done.image or remote.fetch(done)
    if not decodes(data):
        raise AssertionError("an undecodable picture was believed")
    return data
