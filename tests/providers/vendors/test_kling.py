"""Kling on the played Kling: the contract of every service, and what is its own."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from remote import GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.pictures import picture
from vendors.server import DROP_AFTER, FakeServer, Vendor, instead

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Remote, Ticket
from tryon_cli.providers.kling import Kling, signed

K = FaultKind
SUBMIT = "POST /v1/images/kolors-virtual-try-on"
STATE = "GET /v1/images/kolors-virtual-try-on/{id}"


def test_the_token_is_signed_as_the_reference_computed_it() -> None:
    assert signed("ak_test", "sk_test", 1_700_000_000) == (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        "eyJpc3MiOiJha190ZXN0IiwiZXhwIjoxNzAwMDAxODAwLCJuYmYiOjE2OTk5OTk5OTV9."
        "eDa_F6Qhv7yHoYstKBIL6uubYWDLHLekl_49ClsUCf4"
    )


def code(number: int, status: int, kind: FaultKind, message: str = "as told") -> Told:
    body = {"code": number, "message": message, "request_id": "r"}
    return Told(str(number), kind, lambda v: v.next(SUBMIT, instead(status, body)), "submit", billed=False)


def ends(message: str, kind: FaultKind) -> Told:
    return Told(message, kind, lambda v: v.end_with(message), "watch")


class TestKling(RemoteContract):
    vendor = "kling"
    jobs = (
        job("try-on", human=HUMAN, garment=GARMENT, category="upper"),
        job("stylize", human=HUMAN, style="film"),
    )
    told = (
        *(code(n, 401, K.ACCOUNT) for n in (1000, 1001, 1002)),
        *(code(n, 429, K.ACCOUNT) for n in (1100, 1101, 1102, 1304)),
        code(1103, 403, K.ACCOUNT),
        code(1200, 400, K.INPUT),
        code(1201, 400, K.INPUT, "human_image is too large"),
        code(1202, 404, K.CONFIG),
        code(1203, 404, K.CONFIG),
        code(1300, 400, K.CONTENT),
        code(1301, 400, K.CONTENT),
        code(1302, 429, K.THROTTLED),
        code(1303, 429, K.THROTTLED),
        code(5000, 500, K.AMBIGUOUS),
        code(5001, 503, K.AMBIGUOUS),
        code(5002, 504, K.AMBIGUOUS),
        Told(
            "an error in a good reply", K.ACCOUNT, lambda v: v.next(SUBMIT, instead(200, {"code": 1102})), "submit"
        ),
        Told("1303 while asking", K.THROTTLED, lambda v: v.next(STATE, instead(429, {"code": 1303})), "watch"),
        Told("5001 while asking", K.TRANSIENT, lambda v: v.next(STATE, instead(503, {"code": 5001})), "watch"),
        ends("Failure to pass the risk control system", K.CONTENT),
        ends("there is no human in the image: no human detected", K.INPUT),
        ends("something else", K.TRANSIENT),
        Told("task not found", K.LOST, lambda v: v.next(STATE, instead(200, _forgotten())), "watch"),
        Told("404", K.LOST, lambda v: v.next(STATE, instead(404, {"code": 1203, "message": "x"})), "watch"),
    )  # fmt: skip

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        return Kling(name, base_url=fake.url, **options)

    # ------------------------------------------------------------------ what is sent
    def test_pictures_are_bare_base64_and_our_id_goes_along(self, remote: Remote, fake: Vendor) -> None:
        remote.submit(remote.prepare(self.jobs[0], TOKEN))
        body = fake.log[-1].json
        assert set(body) == {"model_name", "human_image", "cloth_image", "external_task_id"}, (
            "no n, nothing else"
        )
        assert body["external_task_id"] == TOKEN
        assert base64.b64decode(body["human_image"], validate=True) == HUMAN

    def test_a_look_keeps_the_pictures_shape(self, remote: Remote, fake: Vendor) -> None:
        remote.submit(remote.prepare(self.jobs[1], TOKEN))
        body = fake.log[-1].json
        assert body["aspect_ratio"] == "3:4" and "negative_prompt" not in body
        assert body["image_reference"] == "subject" and body["human_fidelity"] == 0.8

    def test_the_face_may_be_what_is_kept(self, remote: Remote) -> None:
        said = {"opt.mine.reference": "face", "opt.mine.image_fidelity": 0.25}
        body = remote.prepare(job("stylize", human=HUMAN, style="film", **said), TOKEN).json
        assert body["image_reference"] == "face" and "human_fidelity" not in body
        assert body["image_fidelity"] == 0.25

    def test_other_models_are_other_questions(self, new: Callable[..., Remote]) -> None:
        older = new(model="kolors-virtual-try-on-v1", generation_model="kling-v2")
        assert older.offer.tasks != new().offer.tasks
        body = older.prepare(self.jobs[1], TOKEN).json
        assert body["model_name"] == "kling-v2" and "image_reference" not in body

    def test_wide_and_tall_pictures(self, remote: Remote) -> None:
        for size, ratio in (((600, 600), "1:1"), ((1280, 720), "16:9"), ((400, 720), "9:16")):
            call = remote.prepare(job("stylize", human=picture(b"x", size), style="film"), TOKEN)
            assert call.json["aspect_ratio"] == ratio

    @pytest.mark.parametrize("size,fits", [((299, 600), False), ((300, 600), True), ((600, 299), False)])
    def test_300_pixels_are_the_least(self, remote: Remote, size: tuple[int, int], fits: bool) -> None:
        asked = job("try-on", human=picture(b"x", size), garment=GARMENT)
        if fits:
            assert remote.prepare(asked, TOKEN)
            return
        with pytest.raises(Fault) as caught:
            remote.prepare(asked, TOKEN)
        assert caught.value.kind is K.INPUT and "300" in caught.value.text

    # ------------------------------------------------------------------ money
    def test_units_become_dollars(self, new: Callable[..., Remote], fake: Vendor) -> None:
        remote = new(price={"try-on": 0.05})
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        *_, done = remote.watch(ticket)
        assert isinstance(done, Done) and done.cost == pytest.approx(0.05)
        assert remote.offer.price["stylize"] == pytest.approx(0.07)

    def test_a_look_is_found_by_our_id_too(self, new: Callable[..., Remote], fake: Vendor) -> None:
        fake.next("POST /v1/images/generations", DROP_AFTER)
        with pytest.raises(Fault):
            new().submit(new().prepare(self.jobs[1], TOKEN))
        ticket = new().find(TOKEN)
        assert ticket is not None
        *_, done = new().watch(ticket)
        assert isinstance(done, Done) and fake.charged() == {TOKEN: 1}

    def test_what_is_not_registered_yet_is_not_known(self, fakes: FakeServer, remote: Remote) -> None:
        fake = fakes["kling"]
        remote.submit(remote.prepare(self.jobs[0], TOKEN))
        fake.registration = 3600.0
        assert remote.find(TOKEN) is None

    def test_trouble_while_looking_up_is_no_answer(self, remote: Remote, fake: Vendor) -> None:
        fake.always(STATE, instead(503, {"code": 5001, "message": "maintenance"}))
        with pytest.raises(Fault) as caught:
            remote.find(TOKEN)
        assert caught.value.kind is K.TRANSIENT

    def test_our_id_is_taken_once(self, remote: Remote, fake: Vendor) -> None:
        call = remote.prepare(self.jobs[0], TOKEN)
        remote.submit(call)
        with pytest.raises(Fault) as caught:
            remote.submit(call)
        assert caught.value.kind is K.AMBIGUOUS and fake.charged() == {TOKEN: 1}

    def test_a_full_pack_frees_a_slot_when_a_job_ends(self, remote: Remote, fake: Vendor) -> None:
        fake.slots = 1
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        with pytest.raises(Fault) as caught:
            remote.submit(remote.prepare(self.jobs[0], TOKEN + "b"))
        assert caught.value.kind is K.THROTTLED
        assert isinstance(ticket, Ticket)
        list(remote.watch(ticket))
        assert isinstance(remote.submit(remote.prepare(self.jobs[0], TOKEN + "b")), Ticket)


class TestKlingSigned(RemoteContract):
    """The same with AccessKey:SecretKey, whose tokens are signed here."""

    vendor = "kling"
    jobs = TestKling.jobs
    told = TestKling.told

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        fake.now = 1_800_000_000  # type: ignore[attr-defined]
        return Kling(name, base_url=fake.url, **options)

    @pytest.fixture
    def key_file(self, tmp_path: Path) -> Path:
        path = tmp_path / "key"
        path.write_text("ak_test:sk_test\n")
        path.chmod(0o600)
        return path

    @pytest.fixture(autouse=True)
    def no_secret_key_anywhere(self, fake: Vendor) -> Iterator[None]:
        yield
        assert not any("sk_test" in str(asked.headers) + asked.body.decode("latin-1") for asked in fake.log)

    def test_one_token_serves_for_25_minutes(self, remote: Remote, fake: Any, time: Any) -> None:
        def token() -> str:
            remote.submit(remote.prepare(self.jobs[0], f"{TOKEN}{len(fake.log)}"))
            return str(fake.log[-1].headers["authorization"])

        first = token()
        time.now += 1400
        fake.now += 1400
        assert token() == first
        time.now += 200
        fake.now += 200
        assert token() != first

    def test_a_token_that_ended_is_signed_anew_once(self, remote: Remote, fake: Any, time: Any) -> None:
        call = remote.prepare(self.jobs[0], TOKEN)
        remote.submit(remote.prepare(self.jobs[0], TOKEN + "a"))
        fake.next(SUBMIT, instead(401, {"code": 1004, "message": "expired"}))
        time.now += 5
        with pytest.raises(Fault) as caught:
            remote.submit(call)
        assert caught.value.kind is K.TRANSIENT, "known not taken: the caller sends it again"
        assert isinstance(remote.submit(call), Ticket)
        assert fake.log[-1].headers["authorization"] != fake.log[-2].headers["authorization"]

    def test_a_clock_that_is_wrong_is_named(self, remote: Remote, fake: Any, time: Any) -> None:
        fake.now -= 60
        kinds = []
        for _ in range(2):
            with pytest.raises(Fault) as caught:
                remote.submit(remote.prepare(self.jobs[0], TOKEN))
            kinds.append(caught.value.kind)
        assert kinds == [K.TRANSIENT, K.ACCOUNT] and "clock" in caught.value.fix
        assert not fake.charges

    def test_two_refusals_far_apart_are_two_first_ones(self, remote: Remote, fake: Any) -> None:
        for n in range(3):
            fake.next(SUBMIT, instead(401, {"code": 1004, "message": "expired"}))
            with pytest.raises(Fault) as caught:
                remote.submit(remote.prepare(self.jobs[0], TOKEN))
            assert caught.value.kind is K.TRANSIENT
            remote.submit(remote.prepare(self.jobs[0], f"{TOKEN}{n}"))


def test_a_wrong_secret_is_the_accounts_trouble(fakes: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "k").write_text("ak_test:wrong_secret")
    (tmp_path / "k").chmod(0o600)
    remote = Kling("mine", base_url=fakes["kling"].url, api_key_file=str(tmp_path / "k"))
    with pytest.raises(Fault) as caught:
        remote.submit(remote.prepare(TestKling.jobs[0], TOKEN))
    assert caught.value.kind is K.ACCOUNT and "wrong_secret" not in caught.value.text


def _forgotten() -> dict[str, Any]:
    data = {"task_id": "", "task_status": "failed", "task_status_msg": "task not found"}
    return {"code": 0, "message": "SUCCEED", "request_id": "r", "data": data}
