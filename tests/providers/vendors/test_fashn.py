"""FASHN on the played FASHN: the contract of every service, and what is its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from remote import FACE, GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.server import Vendor, billed, instead

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Remote, Ticket
from tryon_cli.providers.fashn import Fashn

STATUS = "GET /v1/status/{id}"


def ends(name: str) -> Callable[[Vendor], None]:
    return lambda vendor: vendor.end_with({"name": name, "message": "as told"})


def refuses(status: int, error: str, **headers: str) -> Callable[[Vendor], None]:
    return lambda vendor: vendor.next(
        "POST /v1/run", instead(status, {"error": error, "message": "no"}, **headers)
    )


def run_error(kind: FaultKind, status: int, error: str, wait: float | None = None, **headers: str) -> Told:
    return Told(f"{status} {error}", kind, refuses(status, error, **headers), "submit", wait, billed=False)


class TestFashn(RemoteContract):
    vendor = "fashn"
    jobs = (
        job("try-on", human=HUMAN, garment=GARMENT, category="upper"),
        job("stylize", human=HUMAN, style="noir", prompt="rainy street"),
        job("face-swap", image=HUMAN, face=FACE),
    )
    told = (
        run_error(FaultKind.INPUT, 400, "BadRequest"),
        run_error(FaultKind.ACCOUNT, 401, "UnauthorizedAccess"),
        run_error(FaultKind.ACCOUNT, 402, "PaymentRequired"),
        run_error(FaultKind.CONFIG, 404, "NotFound"),
        run_error(FaultKind.THROTTLED, 429, "RateLimitExceeded", 7.0, Retry_After="7"),
        run_error(FaultKind.THROTTLED, 429, "ConcurrencyLimitExceeded"),
        run_error(FaultKind.ACCOUNT, 429, "OutOfCredits"),
        run_error(FaultKind.ACCOUNT, 429, "OutOfCredits", Retry_After="1"),
        Told("500 InternalServerError", FaultKind.AMBIGUOUS, refuses(500, "InternalServerError"), "submit"),
        *(
            Told(name, FaultKind.INPUT, ends(name), "watch", billed=False)
            for name in ("ImageLoadError", "InputValidationError", "PoseError")
        ),
        Told("ContentModerationError", FaultKind.CONTENT, ends("ContentModerationError"), "watch"),
        Told("ThirdPartyError", FaultKind.CONTENT, ends("ThirdPartyError"), "watch"),
        *(
            Told(name, FaultKind.TRANSIENT, ends(name), "watch")
            for name in ("3rdPartyProviderError", "PipelineError", "InternalServerError", "SomethingNew")
        ),
        Told("forgotten", FaultKind.LOST, lambda v: v.next(STATUS, instead(404, {"error": "NotFound"})), "watch"),
        Told("status 500", FaultKind.TRANSIENT, lambda v: v.next(STATUS, instead(500, "oops")), "watch"),
        Told(
            "status too often", FaultKind.THROTTLED,
            lambda v: v.next(STATUS, instead(429, {"error": "RateLimitExceeded"}, Retry_After="10")), "watch", 10.0,
        ),
        Told("status page", FaultKind.TRANSIENT, lambda v: v.next(STATUS, instead(200, "<html>")), "watch"),
        Told(
            "nothing made", FaultKind.TRANSIENT,
            lambda v: v.next(STATUS, instead(200, {"id": "x", "status": "completed", "output": []})), "watch",
        ),
        Told(
            "canceled", FaultKind.TRANSIENT,
            lambda v: v.next(STATUS, instead(200, {"id": "x", "status": "canceled"})), "watch",
        ),
    )  # fmt: skip

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        return Fashn(name, base_url=fake.url, **options)

    def test_pictures_go_with_their_prefix_and_the_garments_place(self, remote: Remote, fake: Vendor) -> None:
        remote.submit(remote.prepare(self.jobs[0], TOKEN))
        body = fake.log[-1].json
        assert body["model_name"] == "tryon-v1.6" and body["inputs"]["category"] == "tops"
        assert body["inputs"]["model_image"].startswith("data:image/png;base64,")
        assert body["inputs"].get("num_samples", 1) == 1

    @pytest.mark.parametrize(
        "ours,theirs",
        [("lower", "bottoms"), ("dress", "one-pieces"), ("full", "one-pieces"), ("outer", "tops"),
         ("auto", "auto"), ("shoes", "auto")],
    )  # fmt: skip
    def test_categories(self, remote: Remote, ours: str, theirs: str) -> None:
        call = remote.prepare(job("try-on", human=HUMAN, garment=GARMENT, category=ours), TOKEN)
        assert call.json["inputs"]["category"] == theirs

    def test_variants_have_seeds_of_their_own(self, remote: Remote) -> None:
        jobs = [job("try-on", human=HUMAN, garment=GARMENT, seed=7, variant=n) for n in (0, 1, 2)]
        seeds = [remote.prepare(one, TOKEN).json["inputs"]["seed"] for one in jobs]
        assert seeds == [7, 8, 9]

    def test_a_row_may_set_what_does_not_change_the_price(self, remote: Remote) -> None:
        said = {"opt.mine.mode": "quality", "opt.mine.num_samples": 4, "opt.other.mode": "performance"}
        call = remote.prepare(job("try-on", human=HUMAN, garment=GARMENT, **said), TOKEN)
        assert call.json["inputs"]["mode"] == "quality"
        assert "num_samples" not in call.json["inputs"], "a row could pass the budget"

    @pytest.mark.parametrize(
        "size,quality,price", [("1k", "balanced", 0.15), ("2k", "quality", 0.3), ("4k", "quality", 0.375)]
    )
    def test_the_newer_model_costs_by_its_size(
        self, new: Callable[..., Remote], size: str, quality: str, price: float
    ) -> None:
        options = {"model": "tryon-max", "resolution": size, "generation_mode": quality}
        remote = new(**options)
        assert remote.offer.price["try-on"] == pytest.approx(price)
        assert remote.offer.tasks["try-on"] != new().offer.tasks["try-on"]
        body = remote.prepare(self.jobs[0], TOKEN).json
        assert body["model_name"] == "tryon-max" and body["inputs"]["resolution"] == size
        assert "product_image" in body["inputs"] and "garment_image" not in body["inputs"]

    def test_credits_become_dollars(self, new: Callable[..., Remote]) -> None:
        remote = new(credit=0.04)
        ticket = remote.submit(remote.prepare(self.jobs[2], TOKEN))
        assert isinstance(ticket, Ticket)
        *_, done = remote.watch(ticket)
        assert isinstance(done, Done) and done.cost == pytest.approx(0.16)

    def test_credits_of_the_first_answer_count_where_the_last_is_silent(
        self, remote: Remote, fake: Vendor
    ) -> None:
        fake.next("POST /v1/run", billed(200, {"id": "fashn000001", "error": None}, x_fashn_credits_used="2"))
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        done = {"id": ticket.id, "status": "completed", "output": ["http://127.0.0.1/x.png"], "error": None}
        fake.next(STATUS, instead(200, done))
        state = remote.poll(Ticket.from_json(ticket.to_json()))
        assert isinstance(state, Done) and state.cost == pytest.approx(0.15)

    @pytest.mark.parametrize("slots", [6, 64])
    def test_p12_questions_stay_within_what_the_account_may_ask(
        self, new: Callable[..., Remote], fake: Vendor, time: Any, slots: int
    ) -> None:
        """50 in 10 s, however many jobs are out at once: for 6 of them 1.2 s apart at least."""
        remote = new(slots=slots)
        fake.polls = 5
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket)
        list(remote.watch(ticket))
        assert len(time.slept) == 5 and min(time.slept) >= 10 / 50 * slots

    def test_a_key_that_is_wrong_is_said_once_and_plainly(
        self, new: Callable[..., Remote], tmp_path: Any
    ) -> None:
        (tmp_path / "bad").write_text("wrong-key-0123456789")
        (tmp_path / "bad").chmod(0o600)
        remote = new(api_key_file=str(tmp_path / "bad"))
        with pytest.raises(Fault) as caught:
            remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert caught.value.kind is FaultKind.ACCOUNT and "wrong-key" not in caught.value.text
