"""fal's own SDK against the played fal: what it is satisfied with may be believed. And ours sends what it sends."""

from __future__ import annotations

import time
from typing import Any

import pytest
from remote import GARMENT, HUMAN, SECRET, TOKEN, job
from vendors.fal import Fal as Played
from vendors.pictures import decodes
from vendors.server import FakeServer, Vendor, instead

from tryon_cli.providers.fal import Fal

pytestmark = pytest.mark.filterwarnings("ignore")
ENDPOINT = "fal-ai/kling/v1-5/kolors-virtual-try-on"


@pytest.fixture
def played(fakes: FakeServer) -> Vendor:
    return fakes["fal"]


@pytest.fixture
def sdk(played: Vendor, monkeypatch: pytest.MonkeyPatch, closing: None) -> Any:
    import fal_client
    from fal_client import client

    monkeypatch.setattr(client, "QUEUE_URL_FORMAT", f"{played.url}/")
    monkeypatch.setattr(client, "REST_URL", f"{played.url}/rest")
    monkeypatch.setattr(client, "CDN_URL", f"{played.url}/cdn")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    return fal_client.SyncClient(key=SECRET)


@pytest.fixture
def arguments(sdk: Any) -> dict[str, str]:
    return {
        "human_image_url": sdk.upload(HUMAN, "image/png", "human.png"),
        "garment_image_url": sdk.upload(GARMENT, "image/png", "garment.png"),
    }


def test_uploads_share_one_token(sdk: Any, played: Vendor, arguments: dict[str, str]) -> None:
    assert played.seen(arguments["human_image_url"]) == HUMAN
    assert len(played.asked("POST /rest/storage/auth/token")) == 1


def test_submit_status_result(sdk: Any, played: Vendor, arguments: dict[str, str]) -> None:
    import fal_client

    handle = sdk.submit(ENDPOINT, arguments)
    assert handle.status_url.startswith(f"{played.url}/fal-ai/kling/requests/"), "without the sub-path"
    seen = [handle.status(with_logs=True) for _ in range(3)]
    assert [type(one) for one in seen] == [fal_client.Queued, fal_client.InProgress, fal_client.Completed]
    image = handle.get()["image"]
    assert decodes(played.seen(image["url"]) or b"") and len(played.charges) == 1


def test_subscribe_and_a_handle_by_name(sdk: Any, played: Vendor, arguments: dict[str, str]) -> None:
    seen: list[Any] = []
    result = sdk.subscribe(ENDPOINT, arguments, with_logs=True, on_queue_update=seen.append)
    assert result["image"]["url"] and len(seen) == 3
    assert sdk.result(ENDPOINT, next(iter(played.works)))["image"] == result["image"]


def test_a_job_that_completed_and_failed(sdk: Any, played: Vendor, arguments: dict[str, str]) -> None:
    import fal_client

    played.end_with({"type": "face_detection_error", "msg": "no face", "field": "human_image_url"})
    handle = sdk.submit(ENDPOINT, arguments)
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        handle.get()
    assert caught.value.status_code == 422
    assert caught.value.message[0]["type"] == "face_detection_error" and not played.charges


def test_a_platforms_error(sdk: Any, played: Vendor, arguments: dict[str, str]) -> None:
    import fal_client

    told = {"told": "status", "detail": "runner gone", "error_type": "runner_disconnected", "status": 500}
    played.end_with(told)
    handle = sdk.submit(ENDPOINT, arguments)
    for _ in range(3):
        state = handle.status()
    assert isinstance(state, fal_client.Completed) and state.error_type == "runner_disconnected"
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        handle.get()
    assert caught.value.error_type == "runner_disconnected"


def test_cancel_and_refusals(sdk: Any, played: Vendor, arguments: dict[str, str]) -> None:
    import fal_client

    handle = sdk.submit(ENDPOINT, arguments)
    handle.cancel()
    assert played.works[handle.request_id].canceled
    for client, endpoint, status in (
        (fal_client.SyncClient(key="wrong"), ENDPOINT, 401), (sdk, "fal-ai/nothing", 404),
    ):  # fmt: skip
        with pytest.raises(fal_client.FalClientHTTPError) as caught:
            client.submit(endpoint, arguments)
        assert caught.value.status_code == status
    played.always(Played.PAID, instead(422, {"detail": [{"loc": ["body"], "msg": "m", "type": "missing"}]}))
    with pytest.raises(fal_client.FalClientHTTPError):
        sdk.submit(ENDPOINT, arguments)


def test_the_stream_is_one_that_the_sdks_reader_reads(
    sdk: Any, played: Vendor, arguments: dict[str, str]
) -> None:
    import httpx
    from httpx_sse import connect_sse

    handle = sdk.submit(ENDPOINT, arguments)
    with (
        httpx.Client(headers={"Authorization": f"Key {SECRET}"}) as client,
        connect_sse(client, "GET", f"{handle.status_url}/stream", params={"logs": "1"}) as source,
    ):
        seen = [handle._parse_status({"logs": [], **event.json()}) for event in source.iter_sse()]
    assert [type(one).__name__ for one in seen] == ["Queued", "InProgress", "Completed"]


def test_ours_sends_what_the_sdk_sends(sdk: Any, played: Vendor) -> None:
    ours = Fal("mine", base_url=played.url, rest_url=f"{played.url}/rest", api_key=SECRET)
    call = ours.prepare(job("try-on", human=HUMAN, garment=GARMENT, category="upper"), TOKEN)
    ours.submit(call)
    sdk.submit(ENDPOINT, call.json)
    sdk.upload(HUMAN, "image/png", "human.png")
    for where, alike in ((Played.PAID, 2), ("POST /cdn/files/upload", 2)):
        asked = played.asked(where)
        mine, theirs = asked[0], asked[-1]
        assert mine.body == theirs.body or mine.json == theirs.json
        assert (mine.path, mine.query) == (theirs.path, theirs.query) and len(asked) >= alike
        assert mine.headers["content-type"] == theirs.headers["content-type"]
        assert mine.headers["authorization"].split()[0] == theirs.headers["authorization"].split()[0]
    first, last = played.asked("POST /rest/storage/auth/token")
    assert (first.query, first.json, first.headers["authorization"]) == (
        last.query, last.json, last.headers["authorization"]
    )  # fmt: skip
