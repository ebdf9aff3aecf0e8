"""From a reply to its meaning: body code, then hint, then status; doubt where money may have gone."""

from __future__ import annotations

import json

import pytest

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.providers.http.client import Reply
from tryon_cli.providers.http.faults import Words, fault_of

K = FaultKind


def reply(status: int, body: object = "", **headers: str) -> Reply:
    text = body if isinstance(body, str) else json.dumps(body)
    return Reply(
        status, {n.replace("_", "-"): v for n, v in headers.items()}, text.encode(), "https://api.x/y"
    )


def kind(
    answer: Reply, *, paid: bool, words: Words | None = None, code: str = "", text: str = ""
) -> FaultKind:
    return fault_of("x", answer, code, text, words or Words(), paid=paid).kind


# every status a paid request may meet: what is known, and what stays in doubt
PAID = {
    K.INPUT: (400, 413, 415, 422),
    K.ACCOUNT: (401, 402, 403),
    K.CONFIG: (301, 302, 303, 304, 307, 308, 404, 405, 406, 411, 414, 431),
    K.LOST: (410,),
    K.THROTTLED: (429,),
    K.AMBIGUOUS: (
        408,
        409,
        418,
        425,
        499,
        500,
        501,
        502,
        503,
        504,
        520,
        521,
        522,
        523,
        524,
        525,
        526,
        527,
        599,
        200,
    ),
}
FREE = {
    K.INPUT: (400, 413, 415, 418, 422, 499),
    K.ACCOUNT: (401, 402, 403),
    K.CONFIG: (301, 307, 405, 411),
    K.LOST: (404, 410),
    K.THROTTLED: (429,),
    K.TRANSIENT: (408, 409, 425, 500, 501, 502, 503, 504, 520, 527, 200),
}


@pytest.mark.parametrize(("wanted", "status"), [(k, s) for k, many in PAID.items() for s in many])
def test_appendix_c_a_paid_submit_by_status(wanted: FaultKind, status: int) -> None:
    assert kind(reply(status, "no"), paid=True) is wanted


@pytest.mark.parametrize(("wanted", "status"), [(k, s) for k, many in FREE.items() for s in many])
def test_appendix_c_what_may_be_repeated_by_status(wanted: FaultKind, status: int) -> None:
    assert kind(reply(status, "no"), paid=False) is wanted


def test_a_vendor_may_declare_a_status_as_not_taken() -> None:
    words = Words(not_taken=frozenset({503}))
    assert kind(reply(503, "x"), paid=True, words=words) is K.TRANSIENT
    assert kind(reply(502, "x"), paid=True, words=words) is K.AMBIGUOUS


def test_the_body_goes_before_the_hint_and_the_hint_before_the_status() -> None:
    words = Words(
        kinds={"OutOfCredits": K.ACCOUNT}, status={422: K.CONFIG, 429: K.CONFIG}, words={"nsfw": K.CONTENT}
    )
    hint = {"x_should_retry": "true"}
    assert kind(reply(429, "x", **hint), paid=True, words=words, code="OutOfCredits") is K.ACCOUNT
    assert kind(reply(429, "x", **hint), paid=True, words=words) is K.THROTTLED
    assert kind(reply(429, "x"), paid=True, words=words) is K.CONFIG
    assert kind(reply(422, "x", x_fal_retryable="true"), paid=True, words=words) is K.TRANSIENT
    assert kind(reply(422, "x", x_fal_retryable="false"), paid=True, words=words) is K.CONFIG
    assert kind(reply(422, "NSFW found", **hint), paid=True, words=words) is K.CONTENT
    assert kind(reply(429, "x", x_should_retry="false"), paid=True) is K.ACCOUNT


def test_no_hint_makes_a_paid_call_repeatable_that_may_have_been_taken() -> None:
    for status in (408, 409, 500, 502, 503):
        assert kind(reply(status, "x", x_should_retry="true"), paid=True) is K.AMBIGUOUS
    assert kind(reply(401, "x", x_should_retry="true"), paid=True) is K.ACCOUNT


@pytest.mark.parametrize(
    "text",
    ["You exceeded your current quota, please check your billing", "insufficient balance", "Account overdue"],
)
def test_n08_429_that_means_no_credit_stops_the_account(text: str) -> None:
    fault = fault_of("x", reply(429, {"error": text}), "", text, Words(), paid=True)
    assert fault.kind is K.ACCOUNT and fault.code == "E-PROV-CREDITS" and fault.wait is None


def test_n09_a_low_credit_throttle_that_names_a_wait_waits() -> None:
    body = {"detail": "Rate reduced: less than $5.0 in credit. Resets in ~10s.", "retry_after": 10}
    fault = fault_of("x", reply(429, body), "", str(body["detail"]), Words(), paid=True)
    assert fault.kind is K.THROTTLED and fault.wait == 10.0


def test_n07_a_throttle_carries_its_wait() -> None:
    fault = fault_of("x", reply(429, "slow down", retry_after="30"), "", "", Words(), paid=True)
    assert (fault.kind, fault.wait) == (K.THROTTLED, 30.0)
    assert fault_of("x", reply(503, "x", retry_after="7"), "", "", Words()).wait == 7.0


def test_texts_are_one_line_short_and_hold_no_secret() -> None:
    text = "api_key=sk-canary-123456 is bad\nsecond line " + "x" * 2000
    fault = fault_of("fashn", reply(401, text), "", "", Words(), paid=True)
    assert "canary" not in fault.text and "\n" not in fault.text and len(fault.text) < 500
    assert fault.text.startswith("fashn: ") and "HTTP 401" in fault_of("x", reply(401), "", "", Words()).text
    assert "web page" in fault_of("x", reply(502, "<html>nginx</html>"), "", "", Words()).text


def test_a_failed_job_is_judged_by_the_vendors_words() -> None:
    words = Words(kinds={"PoseError": K.INPUT}, words={"risk": K.CONTENT})
    assert words.fault("x", "PoseError", "no body").kind is K.INPUT
    assert words.fault("x", "", "Risk control").kind is K.CONTENT
    assert words.fault("x", "New", "?").kind is K.TRANSIENT
    assert words.fault("x", "New", "?", K.LOST).kind is K.LOST
    fault = words.fault("x", "PoseError", "no body")
    assert fault.text == "x: no body [PoseError]" and isinstance(fault, Fault)
