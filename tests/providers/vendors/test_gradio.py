"""Gradio apps on the played one: the contract of every service, and what is its own."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from remote import GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.pictures import picture
from vendors.server import Reply, Twist, Vendor, instead

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Pending, Remote, Ticket
from tryon_cli.providers.framing import cut_back, padded
from tryon_cli.providers.gradio import provider
from tryon_cli.providers.gradio.provider import Gradio
from tryon_cli.providers.gradio.recipes import RECIPES, recipe_from

JOIN = "POST /gradio_api/queue/join"
QUOTA = (
    "You have exceeded your GPU quota (60s requested vs. 30s left). Create a free account to retry in 0:09:48"
)
WIDE = picture(b"wide", (640, 480))


def ends(error: Any) -> Callable[[Vendor], None]:
    return lambda vendor: vendor.end_with(error)


def says(where: str, status: int, body: Any) -> Callable[[Vendor], None]:
    return lambda vendor: vendor.always(where, instead(status, body))


def told(kind: FaultKind, error: str | None, wait: float | None = None) -> Told:
    return Told(str(error)[:30], kind, ends({"error": error}), "watch", wait)


class TestGradio(RemoteContract):
    vendor = "gradio"
    free = True
    jobs = (job("try-on", human=HUMAN, garment=GARMENT, category="upper"),)
    told = (
        told(FaultKind.ACCOUNT, QUOTA, 588.0),
        told(FaultKind.ACCOUNT, "ZeroGPU quota exceeded. Try again in 21:03:05", 75_785.0),
        told(FaultKind.ACCOUNT, "ZeroGPU illegal duration"),
        told(FaultKind.TRANSIENT, "No GPU was available after 60s"),
        told(FaultKind.TRANSIENT, "CUDA out of memory. Tried to allocate 2.00 GiB"),
        told(FaultKind.CONTENT, "NSFW content was found"),
        told(FaultKind.INPUT, "Please upload a picture of a person"),
        told(FaultKind.TRANSIENT, None),
        Told("cut", FaultKind.LOST, ends("cut"), "watch"),
        Told("stopped", FaultKind.LOST, ends("stopped"), "watch"),
        Told("queue full", FaultKind.THROTTLED, says(JOIN, 503, {"detail": "Queue is full. Max size is 3."}),
             "submit", billed=False),
        Told("asleep", FaultKind.TRANSIENT, says("GET /config", 503, "<html>"), "prepare", 30.0),
        Told("waking", FaultKind.TRANSIENT, says("GET /config", 200, "<html>Your space is starting"), "prepare", 30.0),
        Told("paused", FaultKind.CONFIG, says("GET /config", 404, "<html>"), "prepare"),
        Told("private", FaultKind.ACCOUNT, says("GET /config", 401, {"detail": "Not authenticated"}), "prepare"),
        Told("no endpoint", FaultKind.CONFIG, lambda v: None, "prepare", options={"api_name": "/virtual"}),
        Told("other values", FaultKind.CONFIG, lambda v: None, "prepare", options={"data": ["{human}", "{garment}"]}),
        Told("no picture there", FaultKind.CONFIG, lambda v: None, "watch", options={"output": "[4]"}),
        Told("shoes", FaultKind.INPUT, lambda v: None, "prepare",
             job=job("try-on", human=HUMAN, garment=GARMENT, category="shoes")),
    )  # fmt: skip

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Gradio:
        return Gradio(name, base_url=fake.url, **{"recipe": "catvton", **options})

    # ------------------------------------------------------------------ what is sent
    def test_catvton_gets_one_blank_layer_and_no_collage(self, remote: Remote, fake: Vendor) -> None:
        asked = job(
            "try-on", human=HUMAN, garment=GARMENT, category="dress", seed=70_000, **{"opt.mine.steps": 10}
        )
        call = remote.prepare(asked, TOKEN)
        person, cloth, *rest = call.json["data"]
        layer = fake.stored[person["layers"][0]["path"]]  # type: ignore[attr-defined]
        with Image.open(io.BytesIO(layer)) as image:
            assert image.size == (480, 640) and image.mode == "RGBA" and image.getextrema()[3] == (0, 0)
        assert fake.stored[person["background"]["path"]] == HUMAN  # type: ignore[attr-defined]
        assert len(person["layers"]) == 1 and cloth["meta"] == {"_type": "gradio.FileData"}
        assert rest == ["overall", 10, 2.5, 70_000 % 10_001, "result only"]
        assert call.json["fn_index"] == 3 and call.json["session_hash"] == TOKEN

    def test_leffa_takes_another_model_for_dresses(self, new: Callable[..., Remote]) -> None:
        remote = new(recipe="leffa", options={"steps": 50})
        for category, model, name in (
            ("upper", "viton_hd", "upper_body"),
            ("lower", "dress_code", "lower_body"),
            ("dress", "dress_code", "dresses"),
        ):
            asked = job("try-on", human=HUMAN, garment=GARMENT, category=category, seed=5)
            assert remote.prepare(asked, TOKEN).json["data"][2:] == [False, 50, 2.5, 5, model, name, False]

    def test_idm_vton_dresses_tops_and_gets_a_person_of_three_by_four(
        self, new: Callable[..., Remote], fake: Vendor
    ) -> None:
        remote = new(recipe="idm-vton")
        assert "lower" not in remote.offer.categories and "upper" in remote.offer.categories
        asked = job("try-on", human=WIDE, garment=GARMENT, category="upper", seed=5)
        person, _, words, *rest = remote.prepare(asked, TOKEN).json["data"]
        with Image.open(io.BytesIO(fake.stored[person["background"]["path"]])) as image:  # type: ignore[attr-defined]
            assert image.size == (640, 853)
        assert "the upper-body garment" in words and rest == [True, False, 30, 5]

    def test_what_was_padded_is_cut_back_by_another_process(
        self, new: Callable[..., Remote], fake: Vendor
    ) -> None:
        fake.size = (768, 1024)
        asked = job("try-on", human=WIDE, garment=GARMENT)
        ticket = Ticket.from_json(submitted(new(recipe="idm-vton"), asked).to_json())
        remote = new(recipe="idm-vton")
        *_, done = remote.watch(ticket)
        assert isinstance(done, Done)
        with Image.open(io.BytesIO(remote.fetch(done))) as image:
            assert image.size == (768, 576), "the shape of the person's picture"

    def test_a_gallery_is_read_where_the_recipe_says(self, new: Callable[..., Remote]) -> None:
        remote = new(recipe="ootd")
        *_, done = remote.watch(submitted(remote, self.jobs[0]))
        assert isinstance(done, Done) and remote.fetch(done)

    def test_an_app_of_ones_own(self, new: Callable[..., Remote]) -> None:
        remote = new(
            recipe="", api_name="tryon", task="try-on", values={"category": {"auto": "A", "upper": "U"}},
            data=["{human}", "{garment}", "{category}", True, {"deep": ["{steps=3}"]}, "{mood}", "{seed}"],
        )  # fmt: skip
        data = remote.prepare(self.jobs[0], TOKEN).json["data"]
        assert data[2:6] == ["U", True, {"deep": [3]}, None] and remote.offer.tasks.keys() == {"try-on"}

    def test_pictures_are_uploaded_once(self, new: Callable[..., Remote], fake: Vendor) -> None:
        for _ in range(2):
            new().prepare(self.jobs[0], TOKEN)
        assert len(fake.asked("POST /gradio_api/upload")) == 3, "person, garment and layer"

    def test_an_answer_without_words_sends_the_uploads_anew(
        self, new: Callable[..., Remote], fake: Vendor
    ) -> None:
        ticket = submitted(new(), self.jobs[0])
        fake.stored.clear()  # type: ignore[attr-defined]
        remote = new()
        with pytest.raises(Fault) as caught:
            list(remote.watch(ticket))
        assert caught.value.kind is FaultKind.TRANSIENT and caught.value.final
        again = submitted(remote, self.jobs[0], TOKEN + "2")
        assert isinstance(list(remote.watch(again))[-1], Done), "the layer has to be sent again, too"

    # ------------------------------------------------------------------ who may ask
    @pytest.mark.parametrize(
        ("url", "goes"),
        [
            ("https://me-mine.hf.space", True), ("https://me-mine.hf.space.evil.example", False),
            ("http://127.0.0.1:7860", False), ("", True),
        ],
    )  # fmt: skip
    def test_the_token_of_hugging_face_goes_to_spaces_only(
        self, monkeypatch: pytest.MonkeyPatch, url: str, goes: bool
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_0123456789")
        remote = Gradio("mine", recipe="leffa", **({"base_url": url} if url else {}))
        assert bool(remote.headers()) is goes

    def test_a_named_key_goes_to_the_app_and_to_no_other_host(
        self, new: Callable[..., Remote], fake: Vendor, key_file: Path
    ) -> None:
        remote = new(api_key_file=str(key_file))
        *_, done = remote.watch(submitted(remote, self.jobs[0]))
        assert isinstance(done, Done) and remote.fetch(done)
        assert all(asked.credential.startswith("Bearer ") for asked in fake.log)
        assert not remote.is_own("http://elsewhere/x") and not remote.is_own(fake.url + "evil")  # type: ignore[attr-defined]

    # ------------------------------------------------------------------ how it is watched
    def test_rank_and_steps_are_told(self, remote: Remote) -> None:
        *states, done = remote.watch(submitted(remote, self.jobs[0]))
        assert isinstance(done, Done)
        assert list(dict.fromkeys((s.note, s.part) for s in states if isinstance(s, Pending))) == [
            ("queue 3", None), ("queue 2", None), ("queue 1", None), ("running", None), ("step 1 of 2", 0.5),
            ("step 2 of 2", 1.0),
        ]  # fmt: skip

    def test_a_ticket_that_nobody_watched_is_taken_up_by_another_process(
        self, new: Callable[..., Remote], fake: Vendor
    ) -> None:
        ticket = submitted(new(), self.jobs[0])
        *_, done = new().watch(ticket)
        assert isinstance(done, Done) and len(fake.charges) == 1

    def test_a_ticket_that_somebody_watched_is_lost(
        self, new: Callable[..., Remote], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(provider, "QUIET", 1.0)
        ticket = submitted(new(), self.jobs[0])
        first = new().watch(ticket)
        next(iter(first))
        first.close()  # type: ignore[attr-defined]
        with pytest.raises(Fault) as caught:
            list(new().watch(ticket))
        assert caught.value.kind is FaultKind.LOST

    def test_a_result_that_was_told_to_somebody_is_lost_after_a_silence(
        self, new: Callable[..., Remote], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ticket = submitted(new(), self.jobs[0])
        assert list(new().watch(ticket))
        monkeypatch.setattr(provider, "QUIET", 0.2)
        with pytest.raises(Fault) as caught:
            list(new().watch(ticket))
        assert caught.value.kind is FaultKind.LOST

    def test_here_the_result_is_remembered(self, remote: Remote, fake: Vendor) -> None:
        ticket = submitted(remote, self.jobs[0])
        *_, done = remote.watch(ticket)
        assert list(remote.watch(ticket)) == [done] and len(fake.asked("GET /gradio_api/queue/data")) == 1

    def test_a_stream_that_nobody_read_to_its_end_is_not_opened_twice(
        self, remote: Remote, fake: Vendor
    ) -> None:
        ticket = submitted(remote, self.jobs[0])
        first = remote.watch(ticket)
        next(iter(first))
        first.close()  # type: ignore[attr-defined]
        with pytest.raises(Fault) as caught:
            list(remote.watch(ticket))
        assert caught.value.kind is FaultKind.LOST
        assert len(fake.asked("GET /gradio_api/queue/data")) == 1

    def test_a_job_can_be_stopped(self, remote: Remote, fake: Vendor) -> None:
        ticket = submitted(remote, self.jobs[0])
        remote.cancel(ticket)
        assert fake.asked("POST /gradio_api/cancel")[0].json == {
            "session_hash": TOKEN, "fn_index": 3, "event_id": ticket.id,
        }  # fmt: skip

    def test_an_old_app_without_a_prefix(self, new: Callable[..., Remote], fake: Vendor) -> None:
        config = {"version": "4.0", "dependencies": [{"api_name": "no"}, {"api_name": "submit_function"}]}
        fake.next("GET /config", Twist(reply=Reply(200, config)))
        remote = new()
        with pytest.raises(Fault):  # the played one has no such routes
            remote.prepare(self.jobs[0], TOKEN)
        assert [asked.path for asked in fake.log] == ["/config", "/info", "/upload"]

    def test_another_app_is_another_question(self, new: Callable[..., Remote]) -> None:
        versions = {new(recipe=name).offer.tasks["try-on"] for name in RECIPES}
        assert len(versions) == len(RECIPES)
        assert new(values={"category": {"auto": "x"}}).offer.tasks != new().offer.tasks

    def test_the_picture_may_come_from_anywhere_but_is_asked_for_at_the_app(
        self, remote: Remote, fake: Vendor
    ) -> None:
        """Behind a proxy an app names an address that only it can reach."""
        *_, done = remote.watch(submitted(remote, self.jobs[0]))
        assert isinstance(done, Done) and done.url.startswith(f"{fake.url}/gradio_api/file=/tmp/gradio/")


def submitted(remote: Remote, asked: Any, token: str = TOKEN) -> Ticket:
    answer = remote.submit(remote.prepare(asked, token))
    assert isinstance(answer, Ticket)
    return answer


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "a recipe (catvton, "),
        ({"recipe": "catvtom"}, "no recipe named 'catvtom'"),
        ({"api_name": "/x", "data": ["{human}"]}, "data names no {garment}"),
        ({"api_name": "/x", "data": ["{human}"], "task": "dance"}, "task 'dance'"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_said_before_anything_runs(options: dict[str, Any], says: str) -> None:
    with pytest.raises(TypeError) as caught:
        Gradio("mine", base_url="http://x", **options)
    assert says in str(caught.value)


def test_a_place_of_ones_own_is_needed() -> None:
    with pytest.raises(TypeError, match="base_url is needed"):
        Gradio("mine", api_name="/x", data=["{human}", "{garment}"])


def test_a_ready_recipe_can_be_changed() -> None:
    recipe = recipe_from({"recipe": "catvton", "api_name": "submit_function_flux", "shape": "3:4"})
    assert recipe == replace(RECIPES["catvton"], api_name="/submit_function_flux", shape=0.75)


@pytest.mark.parametrize("size", [(640, 480), (300, 900), (500, 640), (7, 500)])
def test_padding_and_cutting_back_give_the_same_picture(size: tuple[int, int]) -> None:
    data = picture(b"pad", size)
    wide, frame = padded(data, 3 / 4)
    with Image.open(io.BytesIO(wide)) as image:
        assert abs(image.width / image.height - 3 / 4) < 0.01
    assert frame is not None
    with Image.open(io.BytesIO(cut_back(wide, str(frame)))) as back, Image.open(io.BytesIO(data)) as first:
        assert back.size == first.size and back.tobytes() == first.convert("RGB").tobytes()


def test_a_picture_of_the_right_shape_is_left_alone() -> None:
    data = picture(b"pad", (480, 640))
    assert padded(data, 3 / 4) == (data, None)
