"""fal on the played fal: the contract of every service, and what is its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from remote import FACE, GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.fal import REQUIRED
from vendors.fal import Fal as Played
from vendors.server import CUT, HTML, Vendor, instead

from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done, Job
from tryon_cli.model.remote import Pending, Remote, Ticket
from tryon_cli.providers.fal import Fal
from tryon_cli.providers.fal_endpoints import READY

K = FaultKind
SUBMIT, STATUS, STREAM, RESULT = Played.PAID, Played.STATUS, Played.STREAM, Played.RESULT
TOKENS, UPLOAD = "POST /rest/storage/auth/token", "POST /cdn/files/upload"
JOBS = {
    "try-on": job("try-on", human=HUMAN, garment=GARMENT, category="upper"),
    "stylize": job("stylize", human=HUMAN, style="noir"),
    "face-swap": job("face-swap", image=HUMAN, face=FACE),
}


def says(status: int, body: Any, kind: FaultKind, wait: float | None = None, **headers: str) -> Told:
    return Told(
        f"{status} {str(body)[:40]} {kind}", kind, lambda v: v.next(SUBMIT, instead(status, body, **headers)), "submit",
        wait, billed=False,
    )  # fmt: skip


def fails(type_: str, status: int, kind: FaultKind, hint: str = "") -> Told:
    headers = {"X-Fal-Retryable": hint} if hint else {}
    fault = {
        "type": type_,
        "msg": "as told",
        "status": status,
        "headers": {**headers, "X-Fal-Error-Type": type_},
    }
    return Told(f"{type_} {hint}", kind, lambda v: v.end_with(fault), "watch")


def breaks(type_: str, status: int, kind: FaultKind, hint: str = "") -> Told:
    """A platform's error: told in the status, and again by the result."""
    fault = {"told": "status", "detail": "as told", "error_type": type_, "status": status}
    return Told(f"{type_} in the status {hint}", kind, lambda v: v.end_with(fault), "watch")


INPUTS = (
    "image_too_small", "image_too_large", "image_load_error", "face_detection_error", "file_too_large",
    "unsupported_image_format", "feature_not_supported", "one_of", "greater_than", "missing",
)  # fmt: skip
FAILURES = (
    "internal_server_error", "downstream_service_unavailable", "generation_timeout", "request_timeout",
    "startup_timeout", "runner_scheduling_failure", "runner_disconnected", "runner_incomplete_response",
)  # fmt: skip


class TestFal(RemoteContract):
    vendor = "fal"
    jobs = tuple(JOBS.values())
    told = (
        says(401, {"detail": "Authentication is required"}, K.ACCOUNT),
        says(403, {"detail": "User is locked. Reason: Exhausted balance."}, K.ACCOUNT),
        says(404, {"detail": "Application not found"}, K.CONFIG),
        says(422, {"detail": [{"loc": ["body", "x"], "msg": "required", "type": "missing"}]}, K.INPUT),
        says(429, {"detail": "slow down", "error_type": "concurrent_requests_limit"}, K.THROTTLED),
        says(429, {"detail": "slow down"}, K.THROTTLED, 5.0, Retry_After="5"),
        says(500, {"detail": "x", "error_type": "internal_server_error"}, K.AMBIGUOUS),
        says(503, {"detail": "x", "error_type": "runner_disconnected"}, K.AMBIGUOUS, X_Fal_Retryable="true"),
        fails("content_policy_violation", 422, K.CONTENT),
        fails("no_media_generated", 422, K.CONTENT),
        *(fails(type_, 422, K.INPUT) for type_ in INPUTS),
        fails("face_detection_error", 422, K.INPUT, "true"),
        *(fails(type_, 500, K.TRANSIENT) for type_ in FAILURES),
        *(breaks(type_, 503, K.TRANSIENT) for type_ in FAILURES),
        fails("internal_server_error", 500, K.INPUT, "false"),
        fails("downstream_service_error", 400, K.TRANSIENT, "true"),
        fails("downstream_service_error", 400, K.INPUT, "false"),
        fails("something_new", 422, K.TRANSIENT),
        fails("something_new", 422, K.INPUT, "false"),
        Told("forgotten", K.LOST, lambda v: (v.always(STREAM, instead(404, {"detail": "Not found"}))), "watch"),
        Told(
            "forgotten, by asking", K.LOST,
            lambda v: (v.next(STREAM, CUT), v.always(STATUS, instead(404, {"detail": "Not found"}))), "watch",
        ),
        Told("expired", K.LOST, lambda v: v.always(RESULT, instead(404, {"detail": "Not found"})), "watch"),
        Told("result 502 page", K.TRANSIENT, lambda v: v.always(RESULT, instead(502, "<html>")), "watch"),
        Told("key withdrawn", K.ACCOUNT, lambda v: v.always(STREAM, instead(401, {"detail": "no"})), "watch"),
        Told("no token", K.ACCOUNT, lambda v: v.next(TOKENS, instead(401, {"detail": "no"})), "prepare"),
        Told("token page", K.TRANSIENT, lambda v: v.next(TOKENS, HTML), "prepare"),
        Told("token without words", K.TRANSIENT, lambda v: v.next(TOKENS, instead(200, {})), "prepare"),
        Told("upload cut", K.TRANSIENT, lambda v: v.next(UPLOAD, CUT), "prepare", billed=False),
        Told("upload refused", K.TRANSIENT, lambda v: v.next(UPLOAD, instead(401, {})), "prepare", billed=False),
        Told("upload nameless", K.TRANSIENT, lambda v: v.next(UPLOAD, instead(200, {})), "prepare"),
    )  # fmt: skip

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        return Fal(name, base_url=fake.url, rest_url=f"{fake.url}/rest", **options)

    # ------------------------------------------------------------------ the request
    def test_the_request_is_the_models_input_and_nothing_around_it(
        self, remote: Remote, fake: Vendor
    ) -> None:
        remote.submit(remote.prepare(self.jobs[0], TOKEN))
        asked = fake.log[-1]
        assert set(asked.json) == {"human_image_url", "garment_image_url"}
        assert asked.path == "/fal-ai/kling/v1-5/kolors-virtual-try-on"
        assert "expiration_duration_seconds" in asked.headers["x-fal-object-lifecycle-preference"]

    def test_p11_the_services_own_repeats_are_switched_off(self, remote: Remote, fake: Vendor) -> None:
        """Up to ten there times ours would be thirty: what repeats is one layer of ours."""
        remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert fake.asked(SUBMIT)[0].headers["x-fal-no-retry"] == "1"

    @pytest.mark.parametrize("endpoint", sorted(READY))
    def test_every_endpoint_that_is_ready(
        self, new: Callable[..., Remote], fake: Vendor, endpoint: str
    ) -> None:
        asked = JOBS[READY[endpoint].stage]
        remote = new(endpoint=endpoint)
        assert set(remote.offer.tasks) == {asked.task} and remote.offer.price[asked.task] > 0
        ticket = remote.submit(remote.prepare(asked, TOKEN))
        assert isinstance(ticket, Ticket)
        *_, done = remote.watch(ticket)
        assert isinstance(done, Done) and remote.fetch(done)

    def test_every_endpoint_that_is_ready_is_played(self) -> None:
        assert set(READY) == set(REQUIRED)

    def test_any_endpoint_by_its_fields(self, new: Callable[..., Remote], fake: Vendor) -> None:
        remote = new(
            endpoint="shop/own/v2", stage="try-on", fields={"human": "pics[]", "garment": "pics[]", "prompt": "text"},
            values={"steps": 4}, output="result.url",
        )  # fmt: skip
        inputs = remote.prepare(self.jobs[0], TOKEN).json
        assert len(inputs["pics"]) == 2 and inputs["steps"] == 4 and "upper-body garment" in inputs["text"]

    def test_whatever_decides_pixels_is_in_the_version(self, new: Callable[..., Remote]) -> None:
        path = "fal-ai/leffa/virtual-tryon"
        versions = {
            new(endpoint=path, **more).offer.tasks["try-on"]
            for more in ({}, {"values": {"guidance_scale": 3.0}}, {"fields": {"human": "human_image_url"}},
                         {"output": "images[0].url"}, {"categories": {"upper": "dresses"}})
        }  # fmt: skip
        assert len(versions) == 5
        assert new(endpoint=path, price={"try-on": 9.0}).offer.tasks["try-on"] in versions

    def test_the_garments_place_in_the_models_own_words(self, new: Callable[..., Remote]) -> None:
        remote = new(endpoint="fal-ai/cat-vton")
        for ours, theirs in (("lower", "lower"), ("dress", "overall"), ("auto", "upper")):
            call = remote.prepare(job("try-on", human=HUMAN, garment=GARMENT, category=ours), TOKEN)
            assert call.json["cloth_type"] == theirs
        with pytest.raises(Fault) as caught:
            remote.prepare(job("try-on", human=HUMAN, garment=GARMENT, category="shoes"), TOKEN)
        assert caught.value.kind is K.INPUT

    # ------------------------------------------------------------------ uploads
    def test_a_picture_is_uploaded_once_under_one_token(
        self, new: Callable[..., Remote], fake: Vendor, time: Any
    ) -> None:
        remote = new()
        remote.prepare(self.jobs[0], TOKEN)
        remote.prepare(self.jobs[1], TOKEN)
        new().prepare(self.jobs[0], TOKEN)
        sent = [digest_of(asked.body) for asked in fake.asked(UPLOAD)]
        assert sent == [digest_of(HUMAN), digest_of(GARMENT)] and len(fake.asked(TOKENS)) == 1
        time.now += 24 * 3600
        new().prepare(self.jobs[0], TOKEN)
        assert len(fake.asked(UPLOAD)) == 4, "the first ones may be gone there by now"

    def test_a_token_is_renewed_when_it_ends(self, remote: Remote, fake: Vendor, time: Any) -> None:
        remote.prepare(self.jobs[1], TOKEN)
        time.now += 3590
        remote.prepare(self.jobs[2], TOKEN)
        assert len(fake.asked(TOKENS)) == 2

    def test_a_token_that_is_refused_is_asked_for_again(self, remote: Remote, fake: Any) -> None:
        remote.prepare(self.jobs[1], TOKEN)
        fake.tokens += 1  # somebody revoked ours
        with pytest.raises(Fault) as caught:
            remote.prepare(self.jobs[2], TOKEN)
        assert caught.value.kind is K.TRANSIENT
        assert remote.prepare(self.jobs[2], TOKEN)

    def test_rows_that_start_together_send_a_picture_once(self, remote: Remote, fake: Vendor) -> None:
        fake.next(UPLOAD, instead(500))
        with ThreadPoolExecutor(12) as threads:
            calls = [threads.submit(remote.prepare, self.jobs[1], f"{TOKEN}{n}") for n in range(12)]
        failed = [call for call in calls if call.exception() is not None]
        assert len(failed) == 1, "who waited tries for himself"
        assert len(fake.asked(UPLOAD)) == 2 and len(fake.asked(TOKENS)) == 1
        assert len({call.result().fingerprint for call in calls if call not in failed}) == 1

    def test_the_key_does_not_go_to_the_cdn(self, remote: Remote, fake: Vendor) -> None:
        remote.prepare(self.jobs[0], TOKEN)
        assert all(asked.headers["authorization"].startswith("Bearer cdn") for asked in fake.asked(UPLOAD))

    def test_an_upload_that_is_gone_there_is_sent_again(
        self, new: Callable[..., Remote], fake: Vendor
    ) -> None:
        """P24: the failed job says so, and the next call starts with the upload."""
        fake.end_with({"type": "file_download_error", "msg": "Failed to download the file"})
        remote = new()
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        with pytest.raises(Fault) as caught:
            list(new().watch(Ticket.from_json(ticket.to_json())))
        assert caught.value.kind is K.TRANSIENT and caught.value.final
        before = len(fake.asked(UPLOAD))
        remote.prepare(self.jobs[0], TOKEN)
        assert len(fake.asked(UPLOAD)) == before + 2

    # ------------------------------------------------------------------ waiting
    def test_the_service_tells_by_itself(self, remote: Remote, fake: Vendor, time: Any) -> None:
        states = _watched(remote, self.jobs[0])
        notes = [state.note for state in states if isinstance(state, Pending)]
        assert notes == ["queue 2", "in progress"]
        assert not fake.asked(STATUS) and len(fake.asked(STREAM)) == 1 and not time.slept

    @pytest.mark.parametrize("twist", ["ends early", "never comes", "is cut", "is a page"])
    def test_where_the_stream_breaks_it_is_asked(
        self, remote: Remote, fake: Any, time: Any, twist: str
    ) -> None:
        if twist == "ends early":
            fake.cut_streams = 1
        else:
            broken = {"never comes": instead(503, "x"), "is cut": CUT, "is a page": HTML}[twist]
            fake.always(STREAM, broken)
        states = _watched(remote, self.jobs[0])
        assert isinstance(states[-1], Done) and fake.asked(STATUS) and time.slept
        assert len(fake.charges) == 1

    def test_the_addresses_are_used_as_they_were_given(self, remote: Remote, fake: Vendor) -> None:
        """They leave out the sub-path; what is rebuilt from the endpoint is not found there."""
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        assert ticket.url.startswith(f"{fake.url}/fal-ai/kling/requests/")
        remote.poll(ticket)
        assert fake.log[-1].path.startswith("/fal-ai/kling/requests/")

    @pytest.mark.parametrize("unsafe", [True, [True], [False, True]])
    def test_a_picture_that_the_checker_blanked_is_no_picture(
        self, remote: Remote, fake: Vendor, unsafe: Any
    ) -> None:
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        fake.works[ticket.id].extra["more"] = {"has_nsfw_concepts": unsafe}
        with pytest.raises(Fault) as caught:
            list(remote.watch(ticket))
        assert caught.value.kind is K.CONTENT and caught.value.final

    def test_units_become_dollars_where_a_unit_has_a_price(self, new: Callable[..., Remote]) -> None:
        assert _watched(new(unit=0.08), self.jobs[0])[-1].cost == pytest.approx(0.08)  # type: ignore[union-attr]
        assert _watched(new(), self.jobs[0])[-1].cost is None  # type: ignore[union-attr]

    def test_three_answers_to_cancel(self, remote: Remote, fake: Vendor) -> None:
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        remote.cancel(ticket)
        assert fake.works[ticket.id].canceled
        remote.cancel(ticket)
        fake.forget()
        remote.cancel(ticket)
        assert len(fake.asked(Played.CANCEL)) == 3

    @pytest.mark.parametrize(
        "options,why",
        [
            ({"endpoint": "shop/own"}, "stage and fields"),
            ({"endpoints": {"try-on": "shop/own"}}, "not known here for try-on"),
            ({"endpoints": {"stylize": "fal-ai/cat-vton"}}, "not known here for stylize"),
        ],
    )
    def test_settings_that_nobody_understands(self, fake: Vendor, options: dict[str, Any], why: str) -> None:
        with pytest.raises(TypeError, match=why):
            self.make(fake, **options)


def _watched(remote: Remote, asked: Job) -> list[Pending | Done]:
    ticket = remote.submit(remote.prepare(asked, TOKEN))
    assert isinstance(ticket, Ticket)
    return list(remote.watch(ticket))
