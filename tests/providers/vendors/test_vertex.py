"""Vertex try-on on the played Vertex: the contract of every service, and what is its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from remote import GARMENT, HUMAN, TOKEN, RemoteContract, Time, Told, job
from vendors.gemini import error
from vendors.server import Reply, Vendor, instead

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Remote
from tryon_cli.providers.google_token import FRESH, TokenCommand
from tryon_cli.providers.vertex import Vertex

PREDICT = "POST /v1beta1/publishers/google/models/{model}:predict"
REGIONAL = "POST /v1/projects/{project}/locations/{location}/publishers/google/models/{model}:predict"


def refused(kind: FaultKind, status: int, word: str, wait: float | None = None, *details: Any) -> Told:
    reply = error(status, word, "no", *details)
    return Told(
        f"{status} {word}", kind, lambda v: v.next(PREDICT, instead(status, reply.body)), "submit", wait, billed=False
    )  # fmt: skip


def ends(name: str, kind: FaultKind, body: Any) -> Told:
    return Told(name, kind, lambda vendor: vendor.end_with(Reply(200, body)), "submit")


class TestVertex(RemoteContract):
    vendor = "vertex"
    jobs = (job("try-on", human=HUMAN, garment=GARMENT),)
    told = (
        refused(FaultKind.INPUT, 400, "INVALID_ARGUMENT"),
        refused(FaultKind.ACCOUNT, 401, "UNAUTHENTICATED"),
        refused(FaultKind.ACCOUNT, 403, "PERMISSION_DENIED"),
        refused(FaultKind.CONFIG, 404, "NOT_FOUND"),
        refused(FaultKind.THROTTLED, 429, "RESOURCE_EXHAUSTED", 5.0, {"retryDelay": "5s"}),
        refused(FaultKind.TRANSIENT, 503, "UNAVAILABLE"),
        refused(FaultKind.AMBIGUOUS, 504, "DEADLINE_EXCEEDED"),
        ends("filtered", FaultKind.CONTENT, {"predictions": [{"raiFilteredReason": "no minors"}]}),
        ends("filtered without a word", FaultKind.CONTENT, {"predictions": []}),
        ends("neither list", FaultKind.AMBIGUOUS, {"deployedModelId": "1"}),
        Told("unknown option", FaultKind.CONFIG, lambda v: None, "prepare", options={"options": {"sample_count": 4}}),
    )  # fmt: skip
    never = frozenset({FaultKind.LOST})

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Vertex:
        return Vertex(name, base_url=fake.url, **options)

    def test_one_picture_is_asked_for_with_a_seed(self, new: Callable[..., Remote], fake: Vendor) -> None:
        remote = new(options={"base_steps": 32, "person_generation": "allow_adult"})
        remote.submit(remote.prepare(job("try-on", human=HUMAN, garment=GARMENT, seed=7), TOKEN))
        (one,), parameters = fake.log[-1].json["instances"], fake.log[-1].json["parameters"]
        assert parameters == {
            "sampleCount": 1, "addWatermark": False, "seed": 7, "baseSteps": 32, "personGeneration": "allow_adult",
        }  # fmt: skip
        assert fake.seen(one["personImage"]["image"]["bytesBase64Encoded"]) == HUMAN
        assert len(one["productImages"]) == 1

    def test_with_the_vendors_mark_no_seed_is_sent(self, new: Callable[..., Remote], fake: Vendor) -> None:
        remote = new(options={"add_watermark": True})
        remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert "seed" not in fake.log[-1].json["parameters"]

    def test_both_names_of_the_list_are_read(self, remote: Remote, fake: Vendor) -> None:
        call = remote.prepare(self.jobs[0], TOKEN)
        first = remote.submit(call)
        fake.form = "images"  # type: ignore[attr-defined]
        assert remote.submit(call) == first and isinstance(first, Done) and first.image

    def test_a_command_gives_the_token_of_a_project(
        self, new: Callable[..., Remote], fake: Vendor, time: Time, tmp_path: Path
    ) -> None:
        command = Command(tmp_path)
        remote = new(project="shop", location="europe-west4", token_command=command.words)
        assert remote.terms.account == "shop"
        call = remote.prepare(self.jobs[0], TOKEN)
        assert isinstance(remote.submit(call), Done) and isinstance(remote.submit(call), Done)
        assert len(fake.asked(REGIONAL)) == 2 and command.runs() == 1
        assert "/projects/shop/locations/europe-west4/" in fake.log[-1].path
        assert "x-goog-api-key" not in fake.log[-1].headers
        time.now += FRESH
        remote.submit(call)
        assert command.runs() == 2

    def test_a_token_that_has_expired_early_is_asked_for_again(
        self, new: Callable[..., Remote], fake: Vendor, time: Time, tmp_path: Path
    ) -> None:
        command = Command(tmp_path)
        remote = new(project="shop", token_command=command.words)
        call = remote.prepare(self.jobs[0], TOKEN)
        remote.submit(call)
        time.now += 600
        fake.tokens = {"tok-2"}  # type: ignore[attr-defined]
        with pytest.raises(Fault) as caught:
            remote.submit(call)
        assert caught.value.kind is FaultKind.TRANSIENT, (
            "nothing was taken, and the next token is another one"
        )
        with pytest.raises(Fault) as caught:
            remote.submit(call)
        assert caught.value.kind is FaultKind.ACCOUNT, "a new token is refused: it is not its age"
        assert command.runs() == 2

    def test_the_region_is_part_of_the_address(self, tmp_path: Path) -> None:
        remote = Vertex("v", project="shop", location="asia-east1", token_command="x")
        assert remote.base_url == "https://asia-east1-aiplatform.googleapis.com"
        with pytest.raises(TypeError, match="belong together"):
            Vertex("v", project="shop")

    @pytest.mark.parametrize("location", ["evil.example/x?", "us-central1.evil", "", "a@b"])
    def test_the_token_goes_to_google_alone(self, location: str) -> None:
        with pytest.raises(TypeError, match="letters, digits and hyphens"):
            Vertex("v", project="shop", location=location, token_command="x")


class Command:
    """Prints the token, and counts."""

    def __init__(self, folder: Path) -> None:
        self._count = folder / "count"
        script = folder / "token.py"
        script.write_text(f"open({str(self._count)!r}, 'a').write('x')\nprint('tok-1')\n")
        self.words = [sys.executable, str(script)]

    def runs(self) -> int:
        return len(self._count.read_text())


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("import sys; print('SECRETS', file=sys.stderr); sys.exit(3)", "ended with code 3"),
        ("print('SECRETS two words')", "printed no token"),
        ("", "printed no token"),
    ],
)
def test_a_command_that_does_not_work_is_an_account_trouble(script: str, why: str) -> None:
    command = TokenCommand("mine", [sys.executable, "-c", script], lambda: 0.0)
    with pytest.raises(Fault, match=why) as caught:
        command.value()
    assert caught.value.kind is FaultKind.ACCOUNT and "SECRETS" not in caught.value.text


def test_a_command_that_is_not_there_is_said_by_name() -> None:
    with pytest.raises(Fault, match="no-such-program-here"):
        TokenCommand("mine", "no-such-program-here --x", lambda: 0.0).value()
