"""The shape of a service: what every vendor gets without writing it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest
from PIL import Image
from wild import Request, answer, plain

from tryon_cli.model.digest import Digest
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done, Job
from tryon_cli.model.remote import Accepts, Call, Kit, Pending, Terms, Ticket
from tryon_cli.providers.bfl import Bfl
from tryon_cli.providers.fal import Fal
from tryon_cli.providers.http.client import Reply
from tryon_cli.providers.http.service import Service
from tryon_cli.providers.segmind import Segmind

from .conftest import Serve


def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((64, 96), 80).convert("RGB").save(out, "JPEG")
    return out.getvalue()


JPEG = picture()


class Toy(Service):
    NAME = "toy"
    BASE_URL = "https://api.toy.example"
    HOSTS = ("toy-cdn.example",)
    KEY_ENV = "TOY_KEY"
    TASKS: Mapping[str, str] = {"try-on": "toy/1"}
    PRICE: Mapping[str, float] = {"try-on": 0.05}
    TERMS = Terms(accepts=Accepts(("jpeg",)))
    sent = 0

    def put(self, data: bytes) -> str:
        return self.uploaded(data)

    def upload(self, data: bytes, name: str) -> tuple[str, float | None]:
        self.sent += 1
        return f"ref-{name}", 60.0

    def prepare(self, job: Job, token: str) -> Call:
        return Call(
            "POST", self.at("run"), json={"human": self.reference(job, "human")}, uploads=self.uploads_of(job)
        )

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        return Ticket(self.id_in(reply, "id"))

    def poll(self, ticket: Ticket) -> Pending | Done:
        body = self.object_in(self.get(f"jobs/{ticket.id}"))
        return Done(url=body["url"]) if "url" in body else Pending("busy", wait=1.5)

    def error_in(self, reply: Reply) -> tuple[str, str]:
        return "", str(reply.document().get("error") or "")


class Book:
    """References in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, Digest], str] = {}

    def find(self, provider: str, account: str, digest: Digest) -> str | None:
        return self.kept.get((provider, account, digest))

    def keep(
        self, provider: str, account: str, digest: Digest, reference: str, lifetime: float | None
    ) -> None:
        self.kept[provider, account, digest] = reference

    def forget(self, provider: str, account: str, digest: Digest) -> None:
        self.kept.pop((provider, account, digest), None)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOY_KEY", "BFL_API_KEY", "FAL_KEY", "SEGMIND_API_KEY"):
        monkeypatch.setenv(name, "toy-key-123456")


def toy(url: str = "https://api.toy.example", **options: Any) -> Toy:
    return Toy(base_url=url, **options)


def job() -> Job:
    return Job("try-on", {"human": JPEG}, {})


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://api.toy.example/x", True), ("https://toy-cdn.example/x", True),
        ("https://eu.toy-cdn.example/x", True), ("http://api.toy.example/x", False),
        ("https://api.toy.example:8443/x", False), ("http://toy-cdn.example/", False),
        ("https://eviltoy-cdn.example/", False), ("https://toy-cdn.example.evil/", False), ("https://other/", False),
        ("https://api.toy.example@evil/", False), ("", False),
    ],
)  # fmt: skip
def test_where_the_key_may_go(url: str, own: bool) -> None:
    assert toy().owns(url) is own


@pytest.mark.parametrize(
    ("service", "url"),
    [
        (Bfl, "https://api.eu1.bfl.ai/v1/get_result?id=1"),
        (Fal, "https://rest.fal.ai/storage/auth/token"),
        (Fal, "https://queue.fal.run/fal-ai/x/requests/1/status"),
        (Segmind, "https://workflows-api.segmind.com/upload-asset"),
    ],
)
def test_addresses_that_vendors_hand_out_get_their_key(service: type[Service], url: str) -> None:
    assert service().owns(url)


def test_a_vendor_with_a_server_elsewhere_keeps_the_key_at_home(serve: Serve) -> None:
    evil = serve(answer())
    server = serve(answer())
    service = toy(server.url().rstrip("/"))
    service.get("jobs/1")
    service.get(evil.url("/jobs/1"))
    assert server.requests[0].headers["authorization"] == "Bearer toy-key-123456"
    assert "authorization" not in evil.requests[0].headers


def test_options_are_taken_or_refused() -> None:
    service = toy(slots=9, price={"try-on": 0.1}, per_minute="30", patience=5, account="shop")
    assert (service.offer.slots, service.offer.price["try-on"]) == (9, 0.1)
    assert (service.terms.per_minute, service.terms.patience, service.terms.account) == (30, 5.0, "shop")
    with pytest.raises(TypeError, match="colour"):
        toy(colour="red")


def test_the_account_is_named_after_the_key_and_does_not_show_it() -> None:
    label = toy().terms.account
    assert len(label) == 8 and "toy-key" not in label and toy(account="x").terms.account == "x"


def test_a_job_from_its_request_to_its_picture(serve: Serve) -> None:
    def script(conn, request: Request) -> None:  # type: ignore[no-untyped-def]
        if request.method == "POST":
            conn.sendall(plain(200, b'{"id": 7}'))
        elif request.path == "/jobs/7":
            done = len(server.requests) > 3
            conn.sendall(plain(200, f'{{"url": "{server.url("/out.jpg")}"}}'.encode() if done else b"{}"))
        else:
            conn.sendall(plain(200, JPEG))

    server = serve(script)
    slept: list[float] = []
    service = toy(server.url().rstrip("/"))
    service.attach(Kit(Book(), slept.append, lambda: 0.0))
    ticket = service.submit(service.prepare(job(), "t"))
    assert isinstance(ticket, Ticket) and ticket.id == "7"
    *waits, done = service.watch(ticket)
    assert (
        all(isinstance(wait, Pending) for wait in waits) and slept == [1.5] * len(waits) and len(waits) == 2
    )
    assert isinstance(done, Done) and service.fetch(done) == JPEG
    assert "authorization" not in server.requests[-1].headers


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"{}", FaultKind.AMBIGUOUS), (200, b"<html>", FaultKind.AMBIGUOUS), (200, b"[1]", FaultKind.AMBIGUOUS),
        (503, b"{}", FaultKind.AMBIGUOUS), (401, b'{"error": "bad key"}', FaultKind.ACCOUNT),
        (422, b'{"error": "no person"}', FaultKind.INPUT), (307, b"", FaultKind.CONFIG),
    ],
)  # fmt: skip
def test_bad_answers_to_the_paid_request(serve: Serve, status: int, body: bytes, kind: FaultKind) -> None:
    service = toy(serve(answer(status, body)).url().rstrip("/"))
    with pytest.raises(Fault) as caught:
        service.submit(Call("POST", service.at("run"), json={}))
    assert caught.value.kind is kind and caught.value.text.startswith(("toy", "127.0.0.1"))


def test_a_picture_is_uploaded_once_until_it_is_forgotten() -> None:
    service = toy()
    service.attach(Kit(Book(), lambda s: None, lambda: 0.0))
    call = service.prepare(job(), "t")
    assert service.prepare(job(), "t") == call and service.sent == 1
    service.forget_uploads(call)
    assert service.prepare(job(), "t").json == call.json and service.sent == 2


def test_a_service_at_home_may_keep_its_results_at_home() -> None:
    assert toy("http://127.0.0.1:8188")._is_at_home() and toy("http://[::1]:1")._is_at_home()
    assert not toy("https://8.8.8.8")._is_at_home() and not toy("https://nowhere.invalid")._is_at_home()


def test_headers_of_a_call_replace_ours_whatever_their_case(serve: Serve) -> None:
    server = serve(answer())
    service = toy(server.url().rstrip("/"))
    service.http.send(
        Call("POST", service.at("x"), headers={"authorization": "Other", "ACCEPT": "a/b"}, json={})
    )
    assert (
        server.requests[0].headers["authorization"] == "Other"
        and server.requests[0].headers["accept"] == "a/b"
    )
