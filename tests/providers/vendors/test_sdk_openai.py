"""OpenAI's own library against the played OpenAI: the reason to believe the latter."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from remote import GARMENT, HUMAN, TOKEN, job
from vendors.openai import error
from vendors.pictures import decodes
from vendors.server import FakeServer, Vendor, instead

from tryon_cli.providers.openai import OpenAi

openai = pytest.importorskip("openai")


@pytest.fixture
def fake(fakes: FakeServer) -> Vendor:
    return fakes["openai"]


@pytest.fixture
def client(fake: Vendor) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="sk-test", base_url=f"{fake.url}/v1", max_retries=0) as client:
        yield client


def files(**pictures: bytes) -> list[tuple[str, bytes, str]]:
    return [(f"{name}.png", data, "image/png") for name, data in pictures.items()]


def test_the_library_gets_its_picture_and_what_it_cost(client: openai.OpenAI) -> None:
    answer = client.images.edit(
        model="gpt-image-2", prompt="noir", image=files(human=HUMAN)[0], size="1024x1536", quality="low"
    )
    assert decodes(base64.b64decode(answer.data[0].b64_json))
    assert answer.usage.output_tokens == 300 and answer.usage.input_tokens_details.image_tokens == 1500


def test_our_request_is_made_of_the_same_parts(client: openai.OpenAI, fake: Vendor) -> None:
    pictures = {"human": HUMAN, "garment": GARMENT}
    client.images.edit(
        model="gpt-image-2",
        prompt="p",
        n=1,
        image=files(**pictures),
        size="1088x1456",
        quality="high",
        output_format="png",
    )
    ours = OpenAi("mine", base_url=f"{fake.url}/v1", api_key="sk-test-of-ours")
    ours.submit(ours.prepare(job("try-on", **pictures), TOKEN))
    theirs, own = (
        sorted((p.name, p.file, p.media if p.file else "", p.data) for p in asked.parts if p.name != "prompt")
        for asked in fake.log
    )
    assert own == theirs
    assert fake.log[0].path == fake.log[1].path


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "invalid_api_key", "AuthenticationError"),
        (400, "moderation_blocked", "BadRequestError"),
        (404, "model_not_found", "NotFoundError"),
        (429, "insufficient_quota", "RateLimitError"),
        (500, "server_error", "InternalServerError"),
    ],
)
def test_the_library_reads_the_errors(
    client: openai.OpenAI, fake: Vendor, status: int, code: str, kind: str
) -> None:
    fake.next("POST /v1/images/edits", instead(status, error(status, code, "no").body))
    with pytest.raises(getattr(openai, kind)) as caught:
        client.images.edit(model="gpt-image-2", prompt="noir", image=files(human=HUMAN)[0])
    assert caught.value.code == code and not fake.charges
