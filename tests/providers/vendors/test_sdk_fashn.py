"""FASHN's own SDK against the played FASHN: what it is satisfied with may be believed. And ours sends what it sends."""

from __future__ import annotations

import time
from typing import Any

import pytest
from remote import GARMENT, HUMAN, SECRET, TOKEN, job
from vendors.pictures import decodes
from vendors.server import FakeServer, Vendor, instead

from tryon_cli.providers.fashn import Fashn
from tryon_cli.providers.http.pictures import data_uri

pytestmark = pytest.mark.filterwarnings("ignore")
RUN = "POST /v1/run"


@pytest.fixture
def played(fakes: FakeServer) -> Vendor:
    return fakes["fashn"]


@pytest.fixture
def sdk(played: Vendor, monkeypatch: pytest.MonkeyPatch, closing: None) -> Any:
    import fashn

    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with fashn.Fashn(api_key=SECRET, base_url=played.url) as client:
        yield client


def inputs() -> dict[str, Any]:
    return {"model_image": data_uri(HUMAN), "garment_image": data_uri(GARMENT), "category": "tops"}


def test_run_and_status(sdk: Any, played: Vendor) -> None:
    begun = sdk.predictions.run(model_name="tryon-v1.6", inputs=inputs())
    assert begun.id and begun.error is None
    states = [sdk.predictions.status(begun.id).status for _ in range(3)]
    assert states == ["starting", "in_queue", "completed"]
    output = sdk.predictions.status(begun.id).output
    assert decodes(played.seen(output[0]) or b"") and len(played.charges) == 1


def test_subscribe_waits_until_the_end(sdk: Any, played: Vendor) -> None:
    ended = sdk.predictions.subscribe(model_name="tryon-v1.6", inputs=inputs(), poll_interval=1)
    assert ended.status == "completed" and len(ended.output) == 1


@pytest.mark.parametrize("name", ["PoseError", "ContentModerationError", "ImageLoadError", "PipelineError"])
def test_a_failed_prediction(sdk: Any, played: Vendor, name: str) -> None:
    played.end_with({"name": name, "message": "as told"})
    begun = sdk.predictions.run(model_name="tryon-v1.6", inputs=inputs())
    for _ in range(3):
        ended = sdk.predictions.status(begun.id)
    assert ended.status == "failed" and ended.error.name == name and not played.charges


@pytest.mark.parametrize(
    "status,name,kind",
    [(400, "BadRequest", "BadRequestError"), (401, "UnauthorizedAccess", "AuthenticationError"),
     (404, "NotFound", "NotFoundError")],
)  # fmt: skip
def test_refusals_are_what_the_sdk_knows(sdk: Any, played: Vendor, status: int, name: str, kind: str) -> None:
    import fashn

    played.next(RUN, instead(status, {"error": name, "message": "no"}))
    with pytest.raises(getattr(fashn, kind)) as caught:
        sdk.predictions.run(model_name="tryon-v1.6", inputs=inputs())
    assert caught.value.body == {"error": name, "message": "no"} and len(played.asked(RUN)) == 1


def test_the_played_refusals_come_by_themselves(sdk: Any, played: Vendor) -> None:
    """Without a script: a wrong key, a missing input, a full account, a picture without its prefix."""
    import fashn

    with pytest.raises(fashn.AuthenticationError):
        fashn.Fashn(api_key="wrong", base_url=played.url).predictions.run(
            model_name="tryon-v1.6", inputs=inputs()
        )
    with pytest.raises(fashn.BadRequestError):
        sdk.predictions.run(model_name="tryon-v1.6", inputs={"model_image": data_uri(HUMAN)})
    played.slots = 1
    sdk.predictions.run(model_name="tryon-v1.6", inputs=inputs())
    with pytest.raises(fashn.RateLimitError) as caught:
        sdk.with_options(max_retries=0).predictions.run(model_name="tryon-v1.6", inputs=inputs())
    assert caught.value.body["error"] == "ConcurrencyLimitExceeded"
    played.reset()
    bare = {**inputs(), "model_image": data_uri(HUMAN).partition(",")[2]}
    begun = sdk.predictions.run(model_name="tryon-v1.6", inputs=bare)
    for _ in range(3):
        ended = sdk.predictions.status(begun.id)
    assert ended.error.name == "ImageLoadError"


def test_the_sdk_asks_again_where_no_credit_is_left_and_we_do_not(sdk: Any, played: Vendor) -> None:
    """Why the error's name counts before the status."""
    import fashn

    played.always(RUN, instead(429, {"error": "OutOfCredits", "message": "no"}))
    with pytest.raises(fashn.RateLimitError):
        sdk.predictions.run(model_name="tryon-v1.6", inputs=inputs())
    assert len(played.asked(RUN)) == 4


def test_ours_sends_what_the_sdk_sends(sdk: Any, played: Vendor) -> None:
    ours = Fashn("mine", base_url=played.url, api_key=SECRET)
    call = ours.prepare(job("try-on", human=HUMAN, garment=GARMENT, category="upper"), TOKEN)
    ours.submit(call)
    sdk.predictions.run(**call.json)
    mine, theirs = played.asked(RUN)
    assert mine.json == theirs.json and (mine.method, mine.path) == (theirs.method, theirs.path)
    for name in ("authorization", "content-type"):
        assert mine.headers[name] == theirs.headers[name]
