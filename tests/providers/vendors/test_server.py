"""The fake server itself: what it says it does, on a vendor made up for that."""

from __future__ import annotations

import json
import sys
import types
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any

import pytest
from vendors.server import (
    CUT,
    DROP_AFTER,
    DROP_BEFORE,
    Asked,
    FakeProcess,
    FakeServer,
    Reply,
    Vendor,
    instead,
    route,
)


class Toy(Vendor):
    NAME = "toy"
    PAID = "POST /make"

    @route("POST", "/make")
    def make(self, asked: Asked) -> Reply:
        if self.full():
            return Reply(429, {"error": "full"})
        work = self.begin(asked)
        return Reply(200, {"id": work.id})

    @route("GET", "/make/{id}")
    def look(self, asked: Asked, id: str) -> Reply:
        work = self.works[id]
        return Reply(200, {"url": self.address(work.result)} if self.over(work) else {"url": None})

    @route("GET", "/tell")
    def tell(self, asked: Asked) -> Reply:
        return Reply(200, iter([b": ping\n\n", b"data: 1\n\n"]))


@pytest.fixture
def toy() -> Iterator[Any]:
    module = types.ModuleType("vendors.toy")
    module.VENDOR = Toy  # type: ignore[attr-defined]
    sys.modules["vendors.toy"] = module
    with FakeServer() as fakes:
        yield fakes["toy"]
        assert not fakes.errors
    del sys.modules["vendors.toy"]


def post(url: str, body: Any = None, method: str = "POST") -> tuple[int, Any, bytes]:
    data = None if method == "GET" else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def test_a_job_ends_after_some_questions_and_is_charged_once(toy: Toy) -> None:
    _, _, body = post(f"{toy.url}/make", {"n": 1})
    name = json.loads(body)["id"]
    seen = [json.loads(post(f"{toy.url}/make/{name}", method="GET")[2])["url"] for _ in range(3)]
    assert seen[:2] == [None, None] and seen[2].startswith(toy.url)
    assert post(seen[2], method="GET")[2] == toy.works[name].result
    toy.expire()
    assert post(seen[2], method="GET")[0] == 403
    assert list(toy.charged().values()) == [1]


def test_a_script_is_used_up_in_order(toy: Toy) -> None:
    toy.next("POST /make", instead(429, {"e": 1}, Retry_After="3"), instead(500))
    status, headers, body = post(f"{toy.url}/make")
    assert (status, headers["Retry-After"], json.loads(body)) == (429, "3", {"e": 1})
    assert [post(f"{toy.url}/make")[0] for _ in range(2)] == [500, 200]
    assert len(toy.charges) == 1 and len(toy.asked("POST /make")) == 3


@pytest.mark.parametrize("twist,charges", [(DROP_BEFORE, 0), (DROP_AFTER, 1), (CUT, 1)])
def test_a_connection_breaks_before_and_after_the_work(toy: Toy, twist: Any, charges: int) -> None:
    toy.next("POST /make", twist)
    with pytest.raises((OSError, HTTPException)):
        post(f"{toy.url}/make")
    assert len(toy.charges) == charges


def test_slots_are_held_until_the_end(toy: Toy) -> None:
    toy.slots, toy.polls = 1, 0
    name = json.loads(post(f"{toy.url}/make")[2])["id"]
    assert post(f"{toy.url}/make")[0] == 429
    post(f"{toy.url}/make/{name}", method="GET")
    assert post(f"{toy.url}/make")[0] == 200
    assert toy.most_open == 1


def test_events_are_streamed(toy: Toy) -> None:
    assert post(f"{toy.url}/tell", method="GET")[2] == b": ping\n\ndata: 1\n\n"


def test_a_share_of_answers_is_lost_after_billing(toy: Toy) -> None:
    toy.lose(0.5, seed=3)
    lost = 0
    for n in range(20):
        try:
            post(f"{toy.url}/make", n)
        except OSError:
            lost += 1
    assert 0 < lost < 20 and len(toy.charges) == 20


def test_a_long_log_does_not_fill_the_memory(toy: Toy) -> None:
    toy.bodies = 2
    for n in range(4):
        post(f"{toy.url}/make", {"n": n})
    assert [bool(asked.body) for asked in toy.log] == [True, True, False, False]
    assert toy.received == 4 * len(b'{"n": 0}') and len(toy.charged()) == 4


def test_a_route_that_nobody_has_cannot_be_scripted(toy: Toy) -> None:
    with pytest.raises(KeyError, match="no 'GET /nowhere'"):
        toy.next("GET /nowhere", DROP_AFTER)


def test_another_process_is_steered_from_here() -> None:
    with FakeProcess() as fakes:
        fakes.set("fashn", polls=0)
        fakes.next("fashn", "POST /v1/run", instead(429, {"error": "OutOfCredits"}, Retry_After="1"))
        status, headers, body = post(f"{fakes.base('fashn')}/v1/run")
        assert (status, headers["Retry-After"], json.loads(body)) == (429, "1", {"error": "OutOfCredits"})
        assert fakes.state("fashn")["requests"] == {"POST /v1/run": 1}
        assert fakes.charged("fashn") == {} and fakes.errors() == []
