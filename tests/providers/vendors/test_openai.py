"""OpenAI image edits on the played OpenAI: the contract of every service, and what is its own."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from remote import GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.openai import error
from vendors.pictures import picture
from vendors.server import Reply, Vendor, instead

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Remote
from tryon_cli.providers.openai import OpenAi
from tryon_cli.providers.openai_price import cost_of, most, size_for

EDITS = "POST /v1/images/edits"


def ends(reply: Reply) -> Callable[[Vendor], None]:
    return lambda vendor: vendor.end_with(reply)


def told(
    kind: FaultKind, status: int, code: str, text: str = "no", wait: float | None = None, **headers: str
) -> Told:
    said = error(status, code, text).body

    def arrange(vendor: Vendor) -> None:
        vendor.next(EDITS, instead(status, said, **headers))

    return Told(f"{status} {code}", kind, arrange, "submit", wait, billed=False)


class TestOpenAi(RemoteContract):
    vendor = "openai"
    jobs = (
        job("stylize", human=HUMAN, style="noir", prompt="rainy street", negative="hat"),
        job("try-on", human=HUMAN, garment=GARMENT, category="upper"),
    )
    told = (
        told(FaultKind.INPUT, 400, "invalid_image_file"),
        told(FaultKind.CONTENT, 400, "moderation_blocked"),
        told(FaultKind.ACCOUNT, 400, "billing_hard_limit_reached"),
        told(FaultKind.ACCOUNT, 401, "invalid_api_key"),
        told(FaultKind.ACCOUNT, 403, "", "Your organization must be verified to use the model `gpt-image-2`."),
        told(FaultKind.CONFIG, 404, "model_not_found"),
        told(FaultKind.THROTTLED, 429, "rate_limit_exceeded", wait=1.5, retry_after_ms="1500"),
        told(FaultKind.THROTTLED, 429, "rate_limit_exceeded", wait=20.0, Retry_After="20"),
        told(FaultKind.ACCOUNT, 429, "insufficient_quota", "You exceeded your current quota", Retry_After="1"),
        told(FaultKind.TRANSIENT, 503, "", "The engine is currently overloaded, please try again later"),
        told(FaultKind.AMBIGUOUS, 500, "server_error", "The server had an error"),
        Told("no picture", FaultKind.AMBIGUOUS, ends(Reply(200, {"data": [{"url": "http://x/y.png"}]})), "submit"),
        Told("unknown option", FaultKind.CONFIG, lambda v: None, "prepare", options={"options": {"n": 4}}),
        Told("a wrong key that the vendor repeats", FaultKind.ACCOUNT, lambda v: v.next(EDITS, instead(
            401, error(401, "invalid_api_key", "Incorrect API key provided: canarykey0123456789abcdefcanary.").body,
        )), "submit"),
    )  # fmt: skip
    never = frozenset({FaultKind.LOST})

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> OpenAi:
        return OpenAi(name, base_url=f"{fake.url}/v1", **options)

    def test_the_request_is_the_one_that_the_vendor_s_library_sends(
        self, remote: Remote, fake: Vendor
    ) -> None:
        remote.submit(remote.prepare(self.jobs[1], TOKEN))
        parts = {part.name: part for part in fake.log[-1].parts}
        files = [part for part in fake.log[-1].parts if part.file]
        assert [(part.name, part.file, part.media) for part in files] == [
            ("image[]", "human.png", "image/png"), ("image[]", "garment.png", "image/png"),
        ]  # fmt: skip
        assert files[0].data == HUMAN and files[1].data == GARMENT
        sent = {name: part.data.decode() for name, part in parts.items() if not part.file}
        prompt = sent.pop("prompt")
        assert prompt.startswith("Dress the person in the first picture in the upper-body garment")
        assert sent == {
            "model": "gpt-image-2", "n": "1", "quality": "high", "output_format": "png", "size": "1088x1456",
        }  # fmt: skip

    def test_the_cost_is_counted_from_the_usage(self, remote: Remote) -> None:
        done = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(done, Done) and done.cost is not None
        # 7033 tokens for 1024 x 1024, so 1.51 times as many; one picture of 1500 tokens was sent
        assert 0.31 < done.cost < 0.34
        assert done.cost < remote.offer.price["stylize"], "what is reserved must be enough"

    def test_options_of_the_settings_and_of_the_row_are_sent(
        self, new: Callable[..., Remote], fake: Vendor
    ) -> None:
        remote = new(model="gpt-image-1.5", quality="medium", options={"output_format": "webp"})
        asked = job("stylize", human=HUMAN, **{"opt.mine.quality": "low", "opt.other.quality": "high"})
        remote.submit(remote.prepare(asked, TOKEN))
        sent = {part.name: part.data for part in fake.log[-1].parts if not part.file}
        assert sent["quality"] == b"low" and sent["output_format"] == b"webp" and sent["size"] == b"1024x1536"

    def test_a_row_cannot_order_more_than_is_reserved(self, new: Callable[..., Remote], fake: Vendor) -> None:
        remote = new(quality="low")
        with pytest.raises(Fault) as caught:
            remote.prepare(job("stylize", human=HUMAN, **{"opt.mine.quality": "high"}), TOKEN)
        assert caught.value.kind is FaultKind.CONFIG and caught.value.code == "E-PROV-PRICE" and not fake.log

    def test_organization_and_project_go_along(self, new: Callable[..., Remote], fake: Vendor) -> None:
        remote = new(organization="org-1", project="proj-2")
        remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert fake.log[-1].headers["openai-organization"] == "org-1"
        assert fake.log[-1].headers["openai-project"] == "proj-2"

    def test_another_model_is_another_question(self, new: Callable[..., Remote]) -> None:
        assert new().offer.tasks != new(model="gpt-image-1-mini").offer.tasks
        assert new().offer.tasks != new(quality="low").offer.tasks
        assert new().offer.price["stylize"] > 5 * new(quality="low").offer.price["stylize"] / 2

    def test_a_price_that_nobody_knows_must_be_said(self) -> None:
        with pytest.raises(TypeError, match="price of quality 'max' is not known"):
            OpenAi("mine", quality="max")


@pytest.mark.parametrize(
    ("shape", "model", "size"),
    [
        ((480, 640), "gpt-image-2", "1088x1456"),
        ((640, 640), "gpt-image-2", "1248x1248"),
        ((200, 1000), "gpt-image-2", "720x2160"),
        ((1000, 200), "gpt-image-2", "2160x720"),
        ((480, 640), "gpt-image-1.5", "1024x1536"),
        ((640, 480), "gpt-image-1-mini", "1536x1024"),
        ((640, 600), "chatgpt-image-latest", "1024x1024"),
    ],
)
def test_the_size_follows_the_picture(shape: tuple[int, int], model: str, size: str) -> None:
    assert size_for(model, picture(b"p", shape)) == size


def test_every_size_is_one_that_the_model_takes() -> None:
    for shape in [(w, h) for w in range(160, 1200, 97) for h in range(160, 1200, 89)]:
        out = io.BytesIO()
        Image.new("L", shape).save(out, "PNG")
        width, height = map(int, size_for("gpt-image-2", out.getvalue()).split("x"))
        assert width % 16 == 0 and height % 16 == 0, shape
        assert max(width, height) <= 3 * min(width, height) and max(width, height) <= 3840, shape


def test_a_larger_picture_is_reserved_at_a_higher_price() -> None:
    assert most("high", "2048x2048", pictures=1) > 3.5 * most("high", "1024x1024", pictures=0)
    assert most("auto", "auto", pictures=1) == most("high", "match", pictures=1)
    with pytest.raises(TypeError, match="is not match, auto or WIDTH"):
        most("high", "huge", pictures=1)


def test_a_cost_is_only_told_where_it_is_known() -> None:
    usage = {"input_tokens": 1100, "input_tokens_details": {"text_tokens": 100}, "output_tokens": 1000}
    assert cost_of("gpt-image-2", usage) == pytest.approx((1000 * 8 + 100 * 5 + 1000 * 30) / 1e6)
    assert cost_of("gpt-image-2-2026-04-21", usage) == cost_of("gpt-image-2", usage)
    assert cost_of("gpt-image-2.5-flare", usage) is None
    assert cost_of("gpt-image-2", None) is None and cost_of("gpt-image-2", {"output_tokens": "x"}) is None
