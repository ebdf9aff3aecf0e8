"""The face swap at RapidAPI on its played self: the contract of every service, and what is its own."""

from __future__ import annotations

from typing import Any

import pytest
from remote import FACE, HUMAN, SECRET, TOKEN, RemoteContract, Told, job
from vendors.server import Vendor, instead

from tryon_cli.model.errors import FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Remote
from tryon_cli.providers.faceswap import FaceSwap

K = FaultKind
SUBMIT = "POST /public/process/files"


def says(status: int, message: str, kind: FaultKind, **headers: str) -> Told:
    return Told(
        f"{status} {message[:40]}", kind, lambda v: v.next(SUBMIT, instead(status, {"message": message}, **headers)),
        "submit",
    )  # fmt: skip


class TestFaceSwap(RemoteContract):
    vendor = "faceswap"
    jobs = (job("face-swap", image=HUMAN, face=FACE),)
    told = (
        says(401, "Invalid API key. Go to https://docs.rapidapi.com", K.ACCOUNT),
        says(403, "You are not subscribed to this API.", K.ACCOUNT),
        says(429, "You have exceeded the MONTHLY quota for Requests on your current plan, BASIC.", K.ACCOUNT),
        says(429, "You have exceeded the rate limit per second for your plan, BASIC.", K.THROTTLED),
        says(429, "Too many requests", K.THROTTLED, Retry_After="4"),
        says(400, "target is not a picture", K.INPUT),
        says(413, "Request Entity Too Large", K.INPUT),
        says(200, "No face found in source", K.INPUT),
        says(200, "NSFW content", K.CONTENT),
        says(200, "something else", K.AMBIGUOUS),
        says(500, "Internal Server Error", K.AMBIGUOUS),
        says(503, "no healthy upstream", K.AMBIGUOUS),
        says(404, "Endpoint does not exist", K.CONFIG),
        Told("gone", K.LOST, lambda v: setattr(v, "lifetime", 0.0), "fetch"),
    )
    never = frozenset({K.TRANSIENT})  # whatever may pass may also have been paid: there is only one request

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        return FaceSwap(name, base_url=fake.url, **options)

    def test_the_form_is_the_one_it_knows(self, remote: Remote, fake: Vendor) -> None:
        remote.submit(remote.prepare(self.jobs[0], TOKEN))
        asked = fake.log[-1]
        assert [(part.name, part.data) for part in asked.parts] == [("source", FACE), ("target", HUMAN)]
        assert all(part.file and part.media == "image/png" for part in asked.parts)
        assert asked.headers["x-rapidapi-key"] == SECRET and asked.headers["x-rapidapi-host"]

    def test_it_answers_with_the_picture_at_once(self, remote: Remote) -> None:
        done = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(done, Done) and done.url and not done.image
        assert not remote.terms.reattach and not remote.terms.lookup and remote.terms.replay == 0

    def test_the_host_header_may_be_another(self, fake: Vendor, key_file: Any) -> None:
        remote = FaceSwap("mine", base_url=fake.url, host="other.p.rapidapi.com", api_key_file=str(key_file))
        remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert fake.log[-1].headers["x-rapidapi-host"] == "other.p.rapidapi.com"
        assert FaceSwap("mine", base_url="https://ai-face-swap2.p.rapidapi.com").host == (
            "ai-face-swap2.p.rapidapi.com"
        )


@pytest.mark.parametrize("price", [0.004, 0.02])
def test_the_plan_that_was_booked_names_the_price(price: float) -> None:
    assert FaceSwap("mine", price={"face-swap": price}).offer.price == {"face-swap": price}
