"""Replicate on the played Replicate: the contract of every service, and what is its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from remote import FACE, GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.server import CUT, Vendor, instead

from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Pending, Remote, Ticket
from tryon_cli.providers.replicate import Replicate

K = FaultKind
SUBMIT = "POST /v1/predictions"
LOOK = "GET /v1/predictions/{id}"
FILES = "POST /v1/files"


def says(status: int, detail: str, kind: FaultKind, wait: float | None = None, **headers: str) -> Told:
    body = {"title": "t", "detail": detail, "status": status}
    return Told(
        f"{status} {detail[:40]}", kind, lambda v: v.next(SUBMIT, instead(status, body, **headers)), "submit", wait,
        billed=False,
    )  # fmt: skip


def ends(error: str, kind: FaultKind) -> Told:
    return Told(error[:40], kind, lambda v: v.end_with(error), "watch")


class TestReplicate(RemoteContract):
    vendor = "replicate"
    jobs = (
        job("try-on", human=HUMAN, garment=GARMENT, category="upper"),
        job("face-swap", image=HUMAN, face=FACE),
    )
    told = (
        says(401, "You did not pass a valid token", K.ACCOUNT),
        says(402, "You have insufficient credit to run this model", K.ACCOUNT),
        says(403, "Forbidden", K.ACCOUNT),
        says(404, "The requested resource could not be found.", K.CONFIG),
        says(422, "- input: human_img is required", K.INPUT),
        says(429, "Request was throttled. Your rate limit resets in ~30s.", K.THROTTLED, 30.0),
        says(
            429,
            "Request was throttled. Your rate limit is reduced to 6 requests per minute with a burst of 1 requests"
            " while you have less than $5.0 in credit. Your rate limit resets in ~8s.",
            K.THROTTLED, 8.0,
        ),
        says(429, "Request was throttled.", K.THROTTLED, 3.0, Retry_After="3"),
        says(409, "Conflict", K.AMBIGUOUS),
        says(500, "oops", K.AMBIGUOUS),
        says(503, "Service Unavailable", K.AMBIGUOUS),
        ends("NSFW content detected. Try running it again, or try a different prompt.", K.CONTENT),
        ends("CUDA out of memory. Tried to allocate 2.00 GiB", K.TRANSIENT),
        ends("Prediction interrupted; please retry (code: PA)", K.TRANSIENT),
        ends("list index out of range", K.TRANSIENT),
        ends("No face found in the swap image", K.INPUT),
        Told("forgotten", K.LOST, lambda v: v.next(LOOK, instead(404, {"detail": "not found"})), "watch"),
        Told("deleted", K.LOST, lambda v: setattr(v, "gone", True), "watch"),
        Told("canceled", K.TRANSIENT, lambda v: v.next(LOOK, instead(200, {"status": "canceled"})), "watch"),
        Told("aborted", K.TRANSIENT, lambda v: v.next(LOOK, instead(200, {"status": "aborted"})), "watch"),
        Told(
            "nothing made", K.TRANSIENT, lambda v: v.next(LOOK, instead(200, {"status": "succeeded", "output": []})),
            "watch",
        ),
        Told("upload refused", K.ACCOUNT, lambda v: v.next(FILES, instead(401, {"detail": "no"})), "prepare"),
        Told("upload cut", K.TRANSIENT, lambda v: v.next(FILES, CUT), "prepare", billed=False),
        Told("upload 500", K.TRANSIENT, lambda v: v.next(FILES, instead(500, "x")), "prepare", billed=False),
        Told("upload page", K.TRANSIENT, lambda v: v.next(FILES, instead(200, "<html>")), "prepare"),
        Told(
            "upload changed", K.TRANSIENT,
            lambda v: v.next(FILES, instead(201, {"checksums": {"sha256": "0"}, "urls": {"get": "http://x/y"}})),
            "prepare",
        ),
    )  # fmt: skip

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        return Replicate(name, base_url=fake.url, **options)

    def test_the_request_is_version_and_inputs(self, remote: Remote, fake: Vendor) -> None:
        remote.submit(remote.prepare(self.jobs[0], TOKEN))
        asked = fake.log[-1]
        assert set(asked.json) == {"version", "input"} and len(asked.json["version"]) == 64
        assert asked.json["input"]["category"] == "upper_body" and asked.json["input"]["crop"] is True
        assert asked.json["input"]["garment_des"] == "upper-body garment"
        assert "prefer" not in asked.headers, "the paid request must not be held open"

    def test_a_model_without_version_has_a_route_of_its_own(
        self, new: Callable[..., Remote], fake: Vendor
    ) -> None:
        remote = new(model="prunaai/p-image-try-on")
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert fake.log[-1].path == "/v1/models/prunaai/p-image-try-on/predictions"
        assert isinstance(fake.log[-1].json["input"]["garment_images"], list)
        assert isinstance(ticket, Ticket)
        *_, done = new(model="prunaai/p-image-try-on").watch(ticket)
        assert isinstance(done, Done) and remote.fetch(done)
        assert set(remote.offer.tasks) == {"try-on"}

    def test_any_model_by_its_fields(self, new: Callable[..., Remote], fake: Vendor) -> None:
        remote = new(
            model=f"shop/own:{'a' * 64}", stage="try-on", fields={"human": "person", "garment": "cloth"},
            values={"steps": 4}, output="output[0]", price={"try-on": 0.5},
        )  # fmt: skip
        call = remote.prepare(self.jobs[0], TOKEN)
        assert set(call.json["input"]) == {"person", "cloth", "steps"}
        assert remote.offer.price == {"try-on": 0.5}

    def test_a_picture_is_uploaded_once(self, new: Callable[..., Remote], fake: Vendor, time: Any) -> None:
        new().prepare(self.jobs[0], TOKEN)
        new().prepare(job("try-on", human=HUMAN, garment=FACE, category="upper"), TOKEN)
        names = [part.file for asked in fake.asked(FILES) for part in asked.parts]
        assert [name.partition(".")[0] for name in names] == [digest_of(d) for d in (HUMAN, GARMENT, FACE)]
        time.now += 24 * 3600
        new().prepare(self.jobs[0], TOKEN)
        assert len(fake.asked(FILES)) == 5, "they are gone there after a day"

    def test_progress_is_read_from_the_log(self, remote: Remote) -> None:
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        states = [state for state in remote.watch(ticket) if isinstance(state, Pending)]
        assert [(state.note, state.part) for state in states] == [("starting", None), ("processing", 0.45)]

    def test_seconds_become_dollars(self, new: Callable[..., Remote]) -> None:
        remote = new(per_second=0.002)
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        *_, done = remote.watch(ticket)
        assert isinstance(done, Done) and done.cost == pytest.approx(0.025)

    @pytest.mark.parametrize("form", ["url", "list", "object"])
    def test_every_form_of_output(self, remote: Remote, fake: Vendor, form: str) -> None:
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        url = "https://replicate.delivery/x.png"
        output = {"url": url, "list": [url, "other"], "object": {"image": url}}[form]
        fake.next(LOOK, instead(200, {"id": "x", "status": "succeeded", "output": output}))
        state = remote.poll(ticket)
        assert isinstance(state, Done) and state.url == url

    def test_a_canceled_job_is_canceled_there(self, remote: Remote, fake: Vendor) -> None:
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        remote.cancel(ticket)
        assert fake.asked("POST /v1/predictions/{id}/cancel") and fake.works[ticket.id].canceled
        remote.cancel(ticket)
        remote.cancel(Ticket("nobody", "", {"cancel": f"{fake.url}/v1/predictions/nobody/cancel"}))

    @pytest.mark.parametrize(
        "options,why",
        [
            ({"model": "shop/own"}, "stage and fields"),
            ({"model": "shop/own", "stage": "dance", "fields": {"human": "x"}}, "stage must be one of"),
            ({"model": "shop/own", "stage": "try-on", "fields": {"hat": "x"}}, "not hat"),
            ({"model": "shop/own", "stage": "try-on", "fields": "human"}, "must be a table"),
            ({"models": {"stylize": "cuuupid/idm-vton"}}, "not known here for stylize"),
            ({"modle": "x"}, "modle"),
        ],
    )
    def test_settings_that_nobody_understands(self, fake: Vendor, options: dict[str, Any], why: str) -> None:
        with pytest.raises(TypeError, match=why):
            Replicate("mine", base_url=fake.url, **options)

    def test_what_a_model_cannot_dress_costs_nothing(self, remote: Remote, fake: Vendor) -> None:
        with pytest.raises(Fault) as caught:
            remote.prepare(job("try-on", human=HUMAN, garment=GARMENT, category="shoes"), TOKEN)
        assert caught.value.kind is K.INPUT and "shoes" in caught.value.text and not fake.charges

    def test_a_row_may_change_listed_values_only(self, remote: Remote) -> None:
        said = {"opt.mine.steps": 12, "opt.mine.num_outputs": 4}
        inputs = remote.prepare(
            job("try-on", human=HUMAN, garment=GARMENT, category="upper", **said), TOKEN
        ).json["input"]
        assert inputs["steps"] == 12 and "num_outputs" not in inputs
