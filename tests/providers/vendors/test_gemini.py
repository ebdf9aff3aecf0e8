"""Gemini on the played Gemini: the contract of every service, and what is its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from remote import GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.gemini import error, without
from vendors.server import Reply, Vendor, instead

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Remote
from tryon_cli.providers.gemini import Gemini, cost_of, rate_of

ASK = "POST /v1beta/models/{model}:generateContent"
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}


def quota(name: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": name}]}


def says(reply: Reply) -> Callable[[Vendor], None]:
    return lambda vendor: vendor.next(ASK, instead(reply.status, reply.body))


def refused(kind: FaultKind, reply: Reply, wait: float | None = None) -> Told:
    name = f"{reply.status} {reply.body['error']['status']} {len(reply.body['error']['details'])}"
    return Told(name, kind, says(reply), "submit", wait, billed=False)


def empty(kind: FaultKind, reason: str, tokens: int = 0) -> Told:
    return Told(
        f"200 {reason} {tokens}", kind, lambda v: v.end_with(without(reason, "I cannot", tokens)), "submit"
    )


class TestGemini(RemoteContract):
    vendor = "gemini"
    jobs = (
        job("stylize", human=HUMAN, style="film", seed=7),
        job("try-on", human=HUMAN, garment=GARMENT, category="lower"),
    )
    told = (
        refused(FaultKind.INPUT, error(400, "INVALID_ARGUMENT", "Unable to process input image.")),
        refused(FaultKind.ACCOUNT, error(400, "FAILED_PRECONDITION", "User location is not supported")),
        refused(FaultKind.ACCOUNT, error(403, "PERMISSION_DENIED", "no")),
        refused(FaultKind.ACCOUNT, error(402, "RESOURCE_EXHAUSTED", "prepay credits are gone")),
        refused(FaultKind.CONFIG, error(404, "NOT_FOUND", "no such model")),
        refused(FaultKind.THROTTLED, error(429, "RESOURCE_EXHAUSTED", "slow", RETRY), 34.0),
        refused(FaultKind.THROTTLED, error(429, "RESOURCE_EXHAUSTED", "slow", quota("RequestsPerMinute"), RETRY), 34.0),
        refused(FaultKind.ACCOUNT, error(
            429, "RESOURCE_EXHAUSTED", "quota", quota("GenerateRequestsPerDayPerProjectPerModel"), RETRY, RETRY)),
        refused(FaultKind.TRANSIENT, error(500, "INTERNAL", "An internal error has occurred.")),
        refused(FaultKind.TRANSIENT, error(503, "UNAVAILABLE", "The model is overloaded.")),
        refused(FaultKind.AMBIGUOUS, error(504, "DEADLINE_EXCEEDED", "Deadline expired")),
        empty(FaultKind.CONTENT, "IMAGE_SAFETY"),
        empty(FaultKind.CONTENT, "IMAGE_PROHIBITED_CONTENT"),
        empty(FaultKind.CONTENT, "PROHIBITED_CONTENT"),
        empty(FaultKind.TRANSIENT, "NO_IMAGE"),
        empty(FaultKind.TRANSIENT, "IMAGE_OTHER"),
        empty(FaultKind.TRANSIENT, "STOP"),
        empty(FaultKind.AMBIGUOUS, "IMAGE_OTHER", tokens=1120),
        Told("blocked prompt", FaultKind.CONTENT, lambda v: v.end_with(
            Reply(200, {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {}})), "submit"),
        Told("a wrong key that is repeated", FaultKind.ACCOUNT, lambda v: v.next(ASK, instead(
            400, v._key("canarykey0123456789abcdefcanary").body)), "submit"),
        Told("unknown option", FaultKind.CONFIG, lambda v: None, "prepare", options={"options": {"size": "1K"}}),
    )  # fmt: skip
    never = frozenset({FaultKind.LOST})

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Gemini:
        return Gemini(name, base_url=f"{fake.url}/v1beta", **options)

    def test_the_request_holds_pictures_then_words(self, new: Callable[..., Remote], fake: Vendor) -> None:
        remote = new(image_size="2K", options={"aspect_ratio": "3:4", "temperature": 0.4})
        remote.submit(remote.prepare(self.jobs[1], TOKEN))
        asked = fake.log[-1]
        assert asked.path == "/v1beta/models/gemini-3.1-flash-image:generateContent"
        assert asked.headers["x-goog-api-key"] and "authorization" not in asked.headers
        *pictures, words = asked.json["contents"][0]["parts"]
        assert [fake.seen(part["inlineData"]["data"]) for part in pictures] == [HUMAN, GARMENT]
        assert "the lower-body garment" in words["text"]
        config = asked.json["generationConfig"]
        assert (
            config["imageConfig"] == {"aspectRatio": "3:4", "imageSize": "2K"}
            and config["temperature"] == 0.4
        )

    def test_a_seed_is_sent_and_variants_have_others(self, remote: Remote, fake: Vendor) -> None:
        for values in ({"seed": 7}, {"seed": 7, "variant": 1}, {}):
            remote.submit(remote.prepare(job("stylize", human=HUMAN, **values), TOKEN))
        seeds = [asked.json["generationConfig"]["seed"] for asked in fake.log]
        assert seeds[:2] == [7, 8] and 0 <= seeds[2] < 2**31

    def test_the_cost_is_counted_from_the_usage(self, remote: Remote) -> None:
        done = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(done, Done) and done.cost == pytest.approx((1270 * 0.5 + 310 * 3 + 1120 * 60) / 1e6)
        assert done.cost < remote.offer.price["stylize"], "what is reserved must be enough"

    def test_a_thought_is_no_picture(self, remote: Remote, fake: Vendor) -> None:
        call = remote.prepare(self.jobs[0], TOKEN)
        first = remote.submit(call)
        assert isinstance(first, Done)
        parts = [{"thought": True, "inlineData": {"mimeType": "image/png", "data": "AAAA"}}]
        body = {"candidates": [{"content": {"parts": parts}, "finishReason": "NO_IMAGE"}]}
        fake.next(ASK, instead(200, body))
        with pytest.raises(Fault) as caught:
            remote.submit(call)
        assert caught.value.kind is FaultKind.TRANSIENT

    def test_a_row_cannot_order_more_than_is_reserved(self, remote: Remote, fake: Vendor) -> None:
        with pytest.raises(Fault) as caught:
            remote.prepare(job("stylize", human=HUMAN, **{"opt.mine.image_size": "4K"}), TOKEN)
        assert caught.value.code == "E-PROV-PRICE" and not fake.log


def test_a_cost_is_only_told_where_it_is_known() -> None:
    assert rate_of("gemini-9-image") is None and cost_of({"promptTokenCount": 5}, None) is None
    assert cost_of(None, rate_of("gemini-2.5-flash-image")) is None
    # without details every token is taken for a picture's, the dearer reading
    assert cost_of({"candidatesTokenCount": 1290}, rate_of("gemini-2.5-flash-image")) == pytest.approx(0.0387)
