"""DashScope: the contract, its temporary store, and the SDK that vouches for the played one."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest
from remote import FACE, GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.server import FakeServer, Vendor, instead

from tryon_cli.model.errors import FaultKind as K
from tryon_cli.model.remote import Remote
from tryon_cli.providers.dashscope import DashScope

ROUTE = "POST /services/aigc/image2image/image-synthesis/"


def refused(status: int, code: str) -> Callable[[Vendor], None]:
    return lambda v: v.next(ROUTE, instead(status, {"code": code, "message": "said so", "request_id": "r"}))


def fails(code: str) -> Callable[[Vendor], None]:
    return lambda v: v.end_with({"code": code, "message": "said so"})


class TestDashScope(RemoteContract):
    vendor = "dashscope"
    jobs = (job("try-on", human=HUMAN, garment=GARMENT, category="upper"),)
    told = (
        Told("key", K.ACCOUNT, refused(401, "InvalidApiKey"), "submit", billed=False),
        Told("arrears", K.ACCOUNT, refused(400, "Arrearage"), "submit", billed=False),
        Told("allocation", K.ACCOUNT, refused(429, "Throttling.AllocationQuota"), "submit", billed=False),
        Told("rate", K.THROTTLED, refused(429, "Throttling.RateQuota"), "submit", billed=False),
        Told("parameter", K.INPUT, refused(400, "InvalidParameter.DataFormat"), "submit", billed=False),
        Told("model", K.CONFIG, refused(404, "ModelNotFound"), "submit", billed=False),
        Told("no person", K.INPUT, fails("InvalidPerson"), "watch"),
        Told("inspection", K.CONTENT, fails("DataInspectionFailed"), "watch"),
        Told("their trouble", K.TRANSIENT, fails("InternalError.Algo"), "watch"),
        Told("gone", K.LOST, lambda v: v.always("GET /tasks/{id}", UNKNOWN), "watch"),
    )

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        return DashScope(name, base_url=fake.url, **options)

    def test_a_picture_goes_to_the_store_once(self, new: Callable[..., Remote], fake: Any) -> None:
        remote = new()
        for garment in (GARMENT, FACE):
            remote.submit(remote.prepare(job("try-on", human=HUMAN, garment=garment), TOKEN))
        assert len(fake.asked("POST /oss")) == 3 == len(fake.stored), "one person and two garments"
        new().prepare(job("try-on", human=HUMAN, garment=FACE), TOKEN)
        assert len(fake.asked("POST /oss")) == 3, "another process knows them, too"

    def test_an_upload_is_sent_again_when_it_may_have_expired(
        self, new: Callable[..., Remote], fake: Any, time: Any
    ) -> None:
        new().prepare(self.jobs[0], TOKEN)
        time.now += 48 * 3600
        new().prepare(self.jobs[0], TOKEN)
        assert len(fake.asked("POST /oss")) == 4

    def test_trousers_go_into_their_own_field(self, remote: Remote) -> None:
        call = remote.prepare(job("try-on", human=HUMAN, garment=GARMENT, category="lower"), TOKEN)
        assert set(call.json["input"]) == {"person_image_url", "bottom_garment_url"}


UNKNOWN = instead(200, {"output": {"task_status": "UNKNOWN"}})


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_its_own_sdk_works_against_the_played_one(fakes: FakeServer, monkeypatch: Any) -> None:
    import dashscope
    from dashscope import ImageSynthesis

    fake = fakes["dashscope"]
    monkeypatch.setattr(dashscope, "base_http_api_url", fake.url)
    address = "https://shop.example/p.jpg"
    begun = ImageSynthesis.async_call(
        model="aitryon-plus", prompt="worn by the person", api_key="sk-x",
        task="image2image", function="image-synthesis",
        extra_input={"person_image_url": address, "top_garment_url": address},
    )  # fmt: skip
    assert begun.status_code == 200 and begun.output.task_id, begun
    ended = ImageSynthesis.wait(begun, api_key="sk-x")
    assert ended.output.task_status == "SUCCEEDED" and ended.output.image_url.startswith(fake.url)
    assert len(fake.charges) == 1
    gc.collect()  # its sockets are its own affair


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_its_own_sdk_uploads_to_the_played_store(fakes: FakeServer, monkeypatch: Any, tmp_path: Any) -> None:
    import dashscope
    from dashscope.utils.oss_utils import OssUtils

    fake = fakes["dashscope"]
    monkeypatch.setattr(dashscope, "base_http_api_url", fake.url)
    (tmp_path / "p.png").write_bytes(HUMAN)
    address = OssUtils.upload(model="aitryon-plus", file_path=str(tmp_path / "p.png"), api_key="sk-x")
    reference = address[0] if isinstance(address, tuple) else address
    assert fake.stored[reference] == HUMAN
    gc.collect()
