"""Google's own library against the played Gemini and Vertex: the reason to believe them."""

from __future__ import annotations

from typing import Any

import pytest
from remote import GARMENT, HUMAN, TOKEN, job
from vendors.gemini import error, without
from vendors.pictures import decodes
from vendors.server import FakeServer, Vendor, instead

from tryon_cli.providers.gemini import Gemini
from tryon_cli.providers.vertex import Vertex

genai = pytest.importorskip("google.genai")
types = genai.types

ASK = "POST /v1/models/{model}:generateContent"


@pytest.fixture
def fake(fakes: FakeServer) -> Vendor:
    return fakes["gemini"]


@pytest.fixture
def client(fake: Vendor) -> Any:
    return genai.Client(
        api_key="g-test", vertexai=False, http_options=types.HttpOptions(base_url=fake.url, api_version="v1")
    )  # fmt: skip


def ask(client: Any) -> Any:
    return client.models.generate_content(
        model="gemini-3.1-flash-image",
        contents=[types.Part.from_bytes(data=HUMAN, mime_type="image/png"), "noir"],
        config=types.GenerateContentConfig(
            response_modalities=["IMAGE"], seed=7, image_config=types.ImageConfig(aspect_ratio="3:4", image_size="1K")
        ),
    )  # fmt: skip


def test_the_library_gets_its_picture_and_the_counts(client: Any) -> None:
    answer = ask(client)
    pictures = [part.inline_data.data for part in answer.candidates[0].content.parts if part.inline_data]
    assert len(pictures) == 1 and decodes(pictures[0])
    assert answer.usage_metadata.candidates_tokens_details[0].modality == types.MediaModality.IMAGE
    assert answer.usage_metadata.thoughts_token_count == 300


def test_our_request_has_the_same_fields(client: Any, fake: Vendor) -> None:
    ask(client)
    ours = Gemini(
        "mine", base_url=f"{fake.url}/v1beta", api_key="g-test-of-ours",
        options={"aspect_ratio": "3:4", "image_size": "1K"},
    )  # fmt: skip
    ours.submit(ours.prepare(job("stylize", human=HUMAN, seed=7), TOKEN))
    theirs, own = (asked.json for asked in fake.log)
    assert own["generationConfig"] == theirs["generationConfig"]
    assert own["contents"][0]["parts"][0]["inlineData"]["mimeType"] == "image/png"
    assert [set(part) for part in own["contents"][0]["parts"]] == [
        set(part) for part in theirs["contents"][0]["parts"]
    ]
    assert fake.log[0].headers["x-goog-api-key"] == "g-test"


def test_the_library_reads_the_errors(client: Any, fake: Vendor) -> None:
    fake.next(ASK, instead(429, error(429, "RESOURCE_EXHAUSTED", "slow", {"retryDelay": "34s"}).body))
    with pytest.raises(genai.errors.ClientError) as caught:
        ask(client)
    assert caught.value.code == 429 and caught.value.status == "RESOURCE_EXHAUSTED"


def test_the_library_reads_an_answer_without_a_picture(client: Any, fake: Vendor) -> None:
    fake.end_with(without("IMAGE_SAFETY"))
    assert ask(client).candidates[0].finish_reason == types.FinishReason.IMAGE_SAFETY
    assert not fake.charges


def test_the_library_dresses_a_person_at_vertex_as_we_do(fakes: FakeServer) -> None:
    fake = fakes["vertex"]
    client = genai.Client(
        vertexai=True, api_key="g-test", http_options=types.HttpOptions(base_url=fake.url, api_version="v1beta1")
    )  # fmt: skip
    image = types.Image(image_bytes=HUMAN, mime_type="image/png")
    garment = types.ProductImage(product_image=types.Image(image_bytes=GARMENT, mime_type="image/png"))
    answer = client.models.recontext_image(
        model="virtual-try-on-001",
        source=types.RecontextImageSource(person_image=image, product_images=[garment]),
        config=types.RecontextImageConfig(number_of_images=1, base_steps=32, seed=7, add_watermark=False),
    )
    assert decodes(answer.generated_images[0].image.image_bytes)
    ours = Vertex("mine", base_url=fake.url, api_key="g-test-of-ours", options={"base_steps": 32})
    ours.submit(ours.prepare(job("try-on", human=HUMAN, garment=GARMENT, seed=7), TOKEN))
    theirs, own = fake.log
    assert own.path == theirs.path and own.json["parameters"] == theirs.json["parameters"]
    assert own.json["instances"][0]["personImage"] == theirs.json["instances"][0]["personImage"]
    assert (
        own.json["instances"][0]["productImages"][0]["image"]
        == theirs.json["instances"][0]["productImages"][0]["image"]
    )
