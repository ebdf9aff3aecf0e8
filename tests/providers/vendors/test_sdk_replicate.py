"""Replicate's own SDK against the played Replicate: what it is satisfied with may be believed."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from remote import GARMENT, HUMAN, SECRET, TOKEN, job
from vendors.pictures import decodes
from vendors.server import FakeServer, Vendor

from tryon_cli.providers.replicate import DEFAULTS, Replicate

pytestmark = pytest.mark.filterwarnings("ignore")
VERSION = DEFAULTS["try-on"].partition(":")[2]


@pytest.fixture
def played(fakes: FakeServer) -> Vendor:
    return fakes["replicate"]


@pytest.fixture
def sdk(played: Vendor, monkeypatch: pytest.MonkeyPatch, closing: None) -> Any:
    import replicate

    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    return replicate.Client(api_token=SECRET, base_url=played.url)


@pytest.fixture
def inputs(sdk: Any) -> dict[str, Any]:
    human, garment = (sdk.files.create(io.BytesIO(data), filename="x.png") for data in (HUMAN, GARMENT))
    return {"human_img": human.urls["get"], "garm_img": garment.urls["get"], "garment_des": "a shirt"}


def test_files_come_with_their_sum_and_their_end(sdk: Any, played: Vendor) -> None:
    from tryon_cli.model.digest import digest_of

    file = sdk.files.create(io.BytesIO(HUMAN), filename="human.png", content_type="image/png")
    assert file.checksums["sha256"] == digest_of(HUMAN) and file.expires_at
    assert played.seen(file.urls["get"]) == HUMAN


def test_create_wait_output(sdk: Any, played: Vendor, inputs: dict[str, Any]) -> None:
    prediction = sdk.predictions.create(version=VERSION, input=inputs)
    assert prediction.status == "starting" and "prefer" not in played.log[-1].headers
    prediction.reload()
    prediction.reload()
    assert prediction.status == "processing" and "45%" in prediction.logs and prediction.progress is not None
    prediction.wait()
    assert prediction.status == "succeeded" and decodes(played.seen(str(prediction.output)) or b"")
    assert prediction.metrics["predict_time"] == 12.5 and len(played.charges) == 1


def test_an_official_model_has_its_own_route(sdk: Any, played: Vendor, inputs: dict[str, Any]) -> None:
    given = {"person_image": inputs["human_img"], "garment_images": [inputs["garm_img"]]}
    prediction = sdk.models.predictions.create(model="prunaai/p-image-try-on", input=given)
    prediction.wait()
    assert prediction.status == "succeeded"


@pytest.mark.parametrize("error", ["NSFW content detected", "CUDA out of memory"])
def test_a_failed_prediction(sdk: Any, played: Vendor, inputs: dict[str, Any], error: str) -> None:
    played.end_with(error)
    prediction = sdk.predictions.create(version=VERSION, input=inputs)
    prediction.wait()
    assert prediction.status == "failed" and prediction.error == error


def test_cancel_and_refusals(sdk: Any, played: Vendor, inputs: dict[str, Any]) -> None:
    import replicate
    from replicate.exceptions import ReplicateError

    prediction = sdk.predictions.create(version=VERSION, input=inputs)
    prediction.cancel()
    assert prediction.status == "canceled" and played.works[prediction.id].canceled
    strange = replicate.Client(api_token="wrong", base_url=played.url)
    for client, body, status in ((strange, inputs, 401), (sdk, {"human_img": "x"}, 422)):
        with pytest.raises(ReplicateError) as caught:
            client.predictions.create(version=VERSION, input=body)
        assert caught.value.status == status and caught.value.detail
    with pytest.raises(ReplicateError) as caught:
        sdk.predictions.get("nobody")
    assert caught.value.status == 404


def test_ours_sends_what_the_sdk_sends(sdk: Any, played: Vendor) -> None:
    ours = Replicate("mine", base_url=played.url, api_key=SECRET)
    call = ours.prepare(job("try-on", human=HUMAN, garment=GARMENT, category="upper"), TOKEN)
    ours.submit(call)
    sdk.predictions.create(version=call.json["version"], input=call.json["input"])
    mine, theirs = played.asked("POST /v1/predictions")
    assert mine.json == theirs.json and mine.path == theirs.path
    assert mine.headers["authorization"] == theirs.headers["authorization"]
    sdk.files.create(io.BytesIO(HUMAN), filename="human.png", content_type="image/png")
    files = played.asked("POST /v1/files")
    first, last = files[0].parts[0], files[-1].parts[0]
    assert (first.name, first.media, first.data) == (last.name, last.media, last.data)
