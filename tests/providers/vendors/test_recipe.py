"""A service described in the settings alone: a whole vendor (FASHN) in twenty lines of TOML keeps the contract."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest
from remote import FACE, GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.server import FakeServer, Vendor, instead

from tryon_cli.model.errors import FaultKind as K
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Remote
from tryon_cli.providers.recipe import HttpService, filled

ROUTE = "POST /v1/run"
DESCRIBED = tomllib.loads("""
[tasks.try-on]
price = 0.075
path = "/v1/run"
id = "id"
status = { path = "/v1/status/{id}", at = "status", done = ["completed"], failed = ["failed", "canceled"], wait = 1.5 }
output = "output[0]"
error = { code = "error.name", text = "error.message" }
codes = { PoseError = "input", ContentModerationError = "content", PipelineError = "transient" }
[tasks.try-on.json]
model_name = "tryon-v1.6"
inputs = { model_image = "{human}", garment_image = "{garment}", category = "auto", seed = "{seed}" }

[tasks.stylize]
price = 0.075
path = "/v1/run"
id = "id"
status = { path = "/v1/status/{id}", at = "status", done = ["completed"], failed = ["failed"] }
output = "output[0]"
[tasks.stylize.json]
model_name = "edit"
inputs = { image = "{human}", prompt = "in a {style}", mask = "{mask}" }
""")


class TestDescribed(RemoteContract):
    vendor = "fashn"
    jobs = (
        job("try-on", human=HUMAN, garment=GARMENT, seed=7),
        job("stylize", human=HUMAN, style="studio"),
    )
    told = (
        Told("key", K.ACCOUNT, lambda v: v.next(ROUTE, instead(401, {"error": "x"})), "submit", billed=False),
        Told("fast", K.THROTTLED, lambda v: v.next(ROUTE, instead(429, {"error": "x"})), "submit", billed=False),
        Told("field", K.INPUT, lambda v: v.next(ROUTE, instead(400, {"error": "x"})), "submit", billed=False),
        Told("pose", K.INPUT, lambda v: v.end_with({"name": "PoseError", "message": "m"}), "watch"),
        Told("policy", K.CONTENT, lambda v: v.end_with({"name": "ContentModerationError", "message": "m"}), "watch"),
        Told("their trouble", K.TRANSIENT, lambda v: v.end_with({"name": "PipelineError", "message": "m"}), "watch"),
        Told(
            "gone", K.LOST, lambda v: v.always("GET /v1/status/{id}", instead(404, {"error": "NotFound"})), "watch"
        ),
    )  # fmt: skip

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        return HttpService(name, base_url=fake.url, **copy.deepcopy(DESCRIBED), **options)

    def test_no_key_sends_nothing(self, fake: Vendor, no_environment: None) -> None:  # type: ignore[override]
        """Where neither a key nor `auth` is set the service is taken for an open one: no header is made up."""
        assert not self.make(fake).headers()

    def test_what_was_not_said_is_left_out(self, remote: Remote) -> None:
        call = remote.prepare(job("stylize", human=HUMAN, style="noir"), TOKEN)
        assert (
            set(call.json["inputs"]) == {"image", "prompt"} and call.json["inputs"]["prompt"] == "in a noir"
        )

    def test_a_number_stays_a_number(self, remote: Remote) -> None:
        assert remote.prepare(self.jobs[0], TOKEN).json["inputs"]["seed"] == 7

    def test_another_body_is_another_question(self, fake: Vendor) -> None:
        changed = copy.deepcopy(DESCRIBED)
        changed["tasks"]["try-on"]["json"]["inputs"]["mode"] = "quality"
        ours = self.make(fake).offer.tasks
        theirs = HttpService("mine", base_url=fake.url, **changed).offer.tasks
        assert ours["try-on"] != theirs["try-on"] and ours["stylize"] == theirs["stylize"]


class TestSynchronous(RemoteContract):
    """The multipart face swap that answers with an address, described."""

    vendor = "faceswap"
    jobs = (job("face-swap", image=HUMAN, face=FACE),)
    told = (
        Told(
            "key", K.ACCOUNT, lambda v: v.next(v.PAID, instead(401, {"message": "x"})), "submit", billed=False
        ),
        Told(
            "fast",
            K.THROTTLED,
            lambda v: v.next(v.PAID, instead(429, {"message": "x"})),
            "submit",
            billed=False,
        ),
        Told(
            "field", K.INPUT, lambda v: v.next(v.PAID, instead(400, {"message": "x"})), "submit", billed=False
        ),
        Told(
            "policy",
            K.CONTENT,
            lambda v: v.next(v.PAID, instead(422, {"code": "nsfw"})),
            "submit",
            billed=False,
        ),
    )
    never = frozenset({K.LOST, K.TRANSIENT})

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        described = tomllib.loads("""
            auth = { x-rapidapi-key = "{key}" }
            [tasks.face-swap]
            price = 0.02
            path = "/public/process/files"
            pictures = "file"
            headers = { x-rapidapi-host = "ai-face-swap2.p.rapidapi.com" }
            files = { source = "face", target = "image" }
            output = "file_url"
            error = { code = "code", text = "message" }
            codes = { nsfw = "content" }
        """)
        return HttpService(name, base_url=fake.url, **described, **options)


def test_every_mistake_is_told_at_once() -> None:
    wrong = tomllib.loads("""
        [tasks.tryon]
        path = "/x"
        [tasks.try-on]
        path = "/x"
        id = "a..b"
        colour = 3
        pictures = "fax"
        codes = { bad = "sometimes" }
        status = { at = 5, every = 1 }
    """)
    with pytest.raises(TypeError) as caught:
        HttpService("mine", base_url="https://x.example", **wrong)
    said = str(caught.value)
    for part in (
        "tasks.tryon",
        "try-on.id",
        "try-on.colour",
        "try-on.pictures",
        "codes.bad",
        "status.at",
        "status.every",
    ):
        assert part in said, said


@pytest.mark.parametrize("tables", [None, {}, {"try-on": 3}, []])
def test_a_service_without_stages_is_refused(tables: Any) -> None:
    with pytest.raises(TypeError, match="mine"):
        HttpService("mine", base_url="https://x.example", tasks=tables)


def test_a_service_needs_an_address() -> None:
    with pytest.raises(TypeError, match="base_url"):
        HttpService("mine", **copy.deepcopy(DESCRIBED))


def test_templates() -> None:
    holes = {"a": 1, "b": "two"}
    assert filled({"x": "{a}", "y": "{b} and {a}", "z": "{none}", "w": ["{b}", "{none}"]}, holes) == {
        "x": 1, "y": "two and 1", "w": ["two"],
    }  # fmt: skip


def test_a_job_that_is_done_without_a_picture_is_said(fakes: FakeServer, tmp_path: Any) -> None:
    fake = fakes["fashn"]
    key = tmp_path / "key"
    key.write_text("a-long-enough-key")
    key.chmod(0o600)
    remote = TestDescribed().make(fake, api_key_file=str(key))
    fake.always("GET /v1/status/{id}", instead(200, {"status": "completed", "output": []}))
    ticket = remote.submit(remote.prepare(TestDescribed.jobs[0], TOKEN))
    assert not isinstance(ticket, Done)
    with pytest.raises(Exception, match="sent no picture"):
        remote.poll(ticket)
