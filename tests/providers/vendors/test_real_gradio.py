"""A real Gradio app on loopback, driven by our provider and by Gradio's own client.

Gradio does not go with the Pillow that we need, so its app may run with another Python: GRADIO_PYTHON, or
.venv-gradio beside the sources (python3 -m venv .venv-gradio && .venv-gradio/bin/pip install gradio).
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from remote import GARMENT, HUMAN, Remembered, job
from vendors.pictures import decodes, picture

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Kit, Pending, Remote, Ticket
from tryon_cli.providers.gradio.provider import Gradio

WIDE = picture(b"wide", (640, 480))


def python() -> str:
    """An interpreter that has gradio. Skips where there is none."""
    beside = Path(__file__).parents[3] / ".venv-gradio" / "bin" / "python"
    if named := os.environ.get("GRADIO_PYTHON"):
        return named
    if beside.exists():
        return str(beside)
    if importlib.util.find_spec("gradio") is None:
        pytest.skip("no gradio here: see the head of this file")
    return sys.executable


class App:
    """The running app."""

    def __init__(self, url: str, seen: Path) -> None:
        self.url = url
        self._seen = seen

    def seen(self) -> list[Any]:
        """What its functions were given since the last question."""
        lines = self._seen.read_text().splitlines() if self._seen.exists() else []
        self._seen.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("gradio")
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    env |= {
        "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1", "GRADIO_TEMP_DIR": str(folder / "files"),
        "HOME": str(folder), "PYTHONWARNINGS": "ignore",
    }  # fmt: skip
    script = Path(__file__).with_name("gradio_app.py")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [python(), str(script), str(folder / "seen")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=env, text=True,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        url = next((line.strip() for line in process.stdout if line.startswith("http")), "")
        assert url, (folder / "log").read_text()
        yield App(url.rstrip("/"), folder / "seen")
    finally:
        process.communicate("")


@pytest.fixture
def new(app: App) -> Callable[..., Remote]:
    references = Remembered(time.time)

    def made(recipe: str, **options: Any) -> Remote:
        remote = Gradio("mine", base_url=app.url, recipe=recipe, **options)
        remote.attach(Kit(references, time.sleep, time.time))
        return remote

    app.seen()
    return made


_count = iter(range(10**9))


def token() -> str:
    """A session of its own for each job, as the ledger gives it."""
    return f"t{os.getpid()}x{next(_count)}"


def submitted(remote: Remote, asked: Any) -> Ticket:
    answer = remote.submit(remote.prepare(asked, token()))
    assert isinstance(answer, Ticket)
    return Ticket.from_json(answer.to_json())


def run(remote: Remote, asked: Any) -> bytes:
    *_, done = remote.watch(submitted(remote, asked))
    assert isinstance(done, Done)
    return done.image or remote.fetch(done)


def test_catvton_finds_the_mask_itself(new: Callable[..., Remote], app: App) -> None:
    remote = new("catvton", options={"steps": 20})
    ticket = submitted(remote, job("try-on", human=HUMAN, garment=GARMENT, category="lower", seed=7))
    *states, done = remote.watch(ticket)
    assert isinstance(done, Done)
    data = remote.fetch(done)
    assert decodes(data) and data[8:12] == b"WEBP", "whatever the model made, the app sends WebP"
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (480, 640)
    assert app.seen() == [
        [
            "catvton",
            [480, 640, False],
            [480, 640, True],
            [480, 640, False],
            "lower",
            20,
            2.5,
            7,
            "result only",
        ]
    ]
    assert any(isinstance(s, Pending) and s.note.startswith("step") and s.part for s in states)
    assert list(remote.watch(ticket)) == [done]


def test_leffa(new: Callable[..., Remote], app: App) -> None:
    assert decodes(run(new("leffa"), job("try-on", human=HUMAN, garment=GARMENT, category="dress", seed=7)))
    size = [480, 640, False]
    assert app.seen() == [["leffa", size, size, False, 30, 2.5, 7, "dress_code", "dresses", False]]


def test_idm_vton_keeps_the_persons_shape(new: Callable[..., Remote], app: App) -> None:
    data = run(new("idm-vton"), job("try-on", human=WIDE, garment=GARMENT, category="upper", seed=7))
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (768, 576)
    ((name, person, cloth, words, *rest),) = app.seen()
    assert name == "idm" and person[:2] == [640, 853] and cloth[:2] == [480, 640]
    assert "upper-body garment" in words and rest == [True, False, 30, 7]


def test_a_gallery(new: Callable[..., Remote], app: App) -> None:
    assert decodes(run(new("ootd"), job("try-on", human=HUMAN, garment=GARMENT, category="dress", seed=7)))
    assert app.seen()[0][2:] == ["Dress", 1, 20, 2.0, 7]


def test_a_picture_is_uploaded_once_for_all(new: Callable[..., Remote]) -> None:
    first = new("catvton").prepare(job("try-on", human=HUMAN, garment=GARMENT), token())
    again = new("leffa").prepare(job("try-on", human=HUMAN, garment=GARMENT), token())
    assert first.json["data"][1] == again.json["data"][1]


@pytest.mark.parametrize(
    ("seed", "kind", "wait"), [(13, FaultKind.ACCOUNT, 100.0), (14, FaultKind.TRANSIENT, None)]
)
def test_errors_of_the_app(
    new: Callable[..., Remote], seed: int, kind: FaultKind, wait: float | None
) -> None:
    with pytest.raises(Fault) as caught:
        run(new("catvton"), job("try-on", human=HUMAN, garment=GARMENT, seed=seed))
    assert caught.value.kind is kind and caught.value.wait == wait and caught.value.final


def test_a_vanished_upload_is_sent_anew(new: Callable[..., Remote], app: App) -> None:
    remote = new("catvton")
    asked = job("try-on", human=picture(b"new", (480, 640)), garment=GARMENT, seed=7)
    ticket_call = remote.prepare(asked, token())
    for path in (ticket_call.json["data"][0]["background"]["path"],):
        Path(path).unlink()
    answer = remote.submit(ticket_call)
    assert isinstance(answer, Ticket)
    with pytest.raises(Fault) as caught:
        list(remote.watch(answer))
    assert caught.value.kind is FaultKind.TRANSIENT
    assert decodes(run(remote, asked))


def test_a_ticket_that_nobody_watched_can_be_taken_up_even_when_the_job_has_ended(
    new: Callable[..., Remote], app: App
) -> None:
    ticket = submitted(new("leffa"), job("try-on", human=HUMAN, garment=GARMENT, seed=7))
    while not (seen := app.seen()):
        time.sleep(0.05)
    assert len(seen) == 1
    remote = new("leffa")
    *_, done = remote.watch(ticket)
    assert isinstance(done, Done) and decodes(remote.fetch(done))


def test_a_ticket_that_somebody_watched_is_lost(new: Callable[..., Remote]) -> None:
    ticket = submitted(new("catvton"), job("try-on", human=HUMAN, garment=GARMENT, seed=15))
    first = new("catvton")
    watching = iter(first.watch(ticket))
    while (state := next(watching)).note.startswith("queue"):  # type: ignore[union-attr]
        continue
    watching.close()  # type: ignore[attr-defined]
    first.cancel(ticket)
    with pytest.raises(Fault) as caught:
        list(new("catvton").watch(ticket))
    assert caught.value.kind is FaultKind.LOST and state


def test_a_job_is_stopped(new: Callable[..., Remote]) -> None:
    remote = new("catvton")
    ticket = submitted(remote, job("try-on", human=HUMAN, garment=GARMENT, seed=15))
    with pytest.raises(Fault) as caught:
        for state in remote.watch(ticket):
            if isinstance(state, Pending) and state.note.startswith("step 3"):
                remote.cancel(ticket)
    assert caught.value.kind is FaultKind.LOST and "stopped" in caught.value.text


@pytest.mark.parametrize("options", [{"api_name": "/nowhere"}, {"data": ["{human}", "{garment}"]}])
def test_a_wrong_recipe_is_told_before_a_picture_is_sent(new: Callable[..., Remote], options: Any) -> None:
    with pytest.raises(Fault) as caught:
        new("catvton", **options).prepare(job("try-on", human=HUMAN, garment=GARMENT), token())
    assert caught.value.kind is FaultKind.CONFIG
    assert "/submit_function" in caught.value.fix or "cloth_image" in caught.value.fix


def test_the_vendors_client_gets_the_same_from_the_same_values(
    new: Callable[..., Remote], app: App, tmp_path: Path
) -> None:
    client_of = pytest.importorskip("gradio_client")
    person, cloth, blank = (tmp_path / f"{name}.png" for name in ("person", "cloth", "blank"))
    person.write_bytes(HUMAN)
    cloth.write_bytes(GARMENT)
    Image.new("RGBA", (480, 640), (0, 0, 0, 0)).save(blank)
    file = client_of.handle_file
    client = client_of.Client(app.url, verbose=False, download_files=str(tmp_path), analytics_enabled=False)
    try:
        editor = {"background": file(str(person)), "layers": [file(str(blank))], "composite": None}
        theirs = client.predict(
            editor, file(str(cloth)), "upper", 50, 2.5, 7, "result only", api_name="/submit_function"
        )
    finally:
        client.close()
    ours = run(new("catvton"), job("try-on", human=HUMAN, garment=GARMENT, category="upper", seed=7))
    assert Path(theirs).read_bytes() == ours
    first, second = app.seen()
    assert first == second
