"""PiAPI: the contract, and a field for each kind of garment."""

from __future__ import annotations

from typing import Any

import pytest
from remote import FACE, GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.server import Vendor, instead

from tryon_cli.model.errors import FaultKind as K
from tryon_cli.model.remote import Remote
from tryon_cli.providers.piapi import PiApi

ROUTE = "POST /api/v1/task"


def refused(status: int, message: str = "said so") -> Any:
    return lambda v: v.next(ROUTE, instead(status, {"code": status, "data": None, "message": message}))


def fails(message: str) -> Any:
    return lambda v: v.end_with({"code": 10000, "message": message})


class TestPiApi(RemoteContract):
    vendor = "piapi"
    jobs = (
        job("try-on", human=HUMAN, garment=GARMENT, category="upper"),
        job("face-swap", image=HUMAN, face=FACE),
    )
    told = (
        Told("key", K.ACCOUNT, refused(401), "submit", billed=False),
        Told("credits", K.ACCOUNT, refused(402, "insufficient credits"), "submit", billed=False),
        Told("fast", K.THROTTLED, refused(429), "submit", billed=False),
        Told("field", K.INPUT, refused(400), "submit", billed=False),
        Told("no human", K.INPUT, fails("there is no human in the image"), "watch"),
        Told("policy", K.CONTENT, fails("Failure to pass the risk control system"), "watch"),
        Told("their trouble", K.TRANSIENT, fails("internal"), "watch"),
        Told(
            "gone", K.LOST, lambda v: v.always("GET /api/v1/task/{id}", instead(404, {"code": 404, "message": "x"})),
            "watch",
        ),
    )  # fmt: skip

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        return PiApi(name, base_url=fake.url, **options)

    @pytest.mark.parametrize(
        ("category", "field"), [("upper", "upper_input"), ("lower", "lower_input"), ("dress", "dress_input")]
    )
    def test_each_kind_of_garment_has_its_field(self, remote: Remote, category: str, field: str) -> None:
        call = remote.prepare(job("try-on", human=HUMAN, garment=GARMENT, category=category), TOKEN)
        assert set(call.json["input"]) == {"model_input", field, "batch_size"}
