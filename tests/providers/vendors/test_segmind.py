"""Segmind: the contract, uploads, and the SDK that vouches for the played one."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from remote import FACE, GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.server import FakeServer, Vendor, instead

from tryon_cli.model.errors import FaultKind as K
from tryon_cli.model.remote import Remote
from tryon_cli.providers.segmind import Segmind

ROUTE = "POST /v2/{slug}"


def refused(status: int) -> Any:
    return lambda v: v.next(ROUTE, instead(status, {"error": "said so"}))


class TestSegmind(RemoteContract):
    vendor = "segmind"
    jobs = (
        job("face-swap", image=HUMAN, face=FACE),
        job("try-on", human=HUMAN, garment=GARMENT, category="lower"),
    )
    told = (
        Told("key", K.ACCOUNT, refused(401), "submit", billed=False),
        Told("credits", K.ACCOUNT, refused(406), "submit", billed=False),
        Told("slug", K.CONFIG, refused(404), "submit", billed=False),
        Told("fast", K.THROTTLED, refused(429), "submit", billed=False),
        Told("field", K.INPUT, refused(422), "submit", billed=False),
        Told("no face", K.INPUT, lambda v: v.end_with("No face detected in source image"), "watch"),
        Told("nsfw", K.CONTENT, lambda v: v.end_with("NSFW content detected"), "watch"),
        Told("their trouble", K.TRANSIENT, lambda v: v.end_with("worker crashed"), "watch"),
        Told(
            "gone", K.LOST,
            lambda v: v.always("GET /v2/requests/{id}/status", instead(404, {"error": "request not found"})), "watch",
        ),
    )  # fmt: skip

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        return Segmind(name, base_url=fake.url, upload_url=f"{fake.url}/assets", **options)

    def test_a_picture_is_uploaded_once(self, remote: Remote, fake: Vendor) -> None:
        for face in (FACE, GARMENT):
            remote.prepare(job("face-swap", image=HUMAN, face=face), TOKEN)
        assert len(fake.asked("POST /assets/upload-asset")) == 3

    def test_a_model_that_nobody_knows_is_refused(self, fake: Vendor) -> None:
        with pytest.raises(TypeError, match=r"faceswap-v9.*known"):
            self.make(fake, face_model="faceswap-v9")


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_its_own_sdk_works_against_the_played_one(fakes: FakeServer) -> None:
    import segmind

    fake = fakes["segmind"]
    client = segmind.SegmindClient(api_key="SG_x", base_url=f"{fake.url}/v1")
    made = client.run(
        "faceswap-v5", source_image="data:image/png;base64,aa", target_image="data:image/png;base64,bb"
    )
    assert made is not None and len(fake.charges) == 1
    client._client.close()
    gc.collect()  # its sockets are its own affair
