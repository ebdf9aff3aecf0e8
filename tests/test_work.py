"""One step, from its inputs to what is kept of it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tryon_cli.model.digest import Digest, Key, digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.outcome import Answer, State
from tryon_cli.model.ports import Done, Job, Offer
from tryon_cli.model.step import Errand, Order
from tryon_cli.work import Worker, perform

KEY = Key("k" * 64)


def picture() -> bytes:
    image = Image.new("RGB", (64, 64), (200, 30, 30))
    image.paste((30, 30, 200), (0, 0, 32, 64))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class World:
    """A provider and a store that write down in which order things happen."""

    offer = Offer("served", {"stylize": "1"})

    def __init__(self, *, full: bool = False) -> None:
        self.said: list[str] = []
        self.full = full
        self.known = digest_of(picture())

    def submit(self, job: Job) -> Done:
        self.said.append("answered")
        return Done(picture(), receipt=self)

    def stored(self, digest: Digest) -> None:
        self.said.append("stored")

    def spoiled(self, fault: Fault) -> None:
        self.said.append(f"spoiled {fault.code}")

    def get(self, digest: Digest) -> bytes | None:
        return picture()

    def has(self, digest: Digest, size: int) -> bool:
        return True

    def put(self, data: bytes, *, durable: bool = False) -> Digest:
        if self.full:
            raise Fault(FaultKind.STORAGE, "the disk is full", code="S-FULL")
        assert durable, "somebody waits to hear that it survives a power cut"
        self.said.append("kept")
        return digest_of(data)

    def record(self, key: Key, answer: Answer) -> None:
        self.said.append("recorded")

    def perform(self) -> State:
        worker = Worker(self, self, self, {"served": self})  # type: ignore[arg-type]
        order = Order("stylize", "served", {}, ("human",))
        outcome = perform(worker, Errand(KEY, (self.known,), order), lambda: self.said.append("landed"))
        return outcome.state


def test_a_place_is_given_back_with_the_answer_and_not_when_it_is_kept() -> None:
    world = World()
    assert world.perform() is State.MADE
    assert world.said == ["answered", "landed", "kept", "stored", "recorded"]


def test_whoever_paid_hears_that_there_was_no_room_for_the_picture() -> None:
    world = World(full=True)
    assert world.perform() is State.FAILED
    assert world.said == ["answered", "landed", "spoiled S-FULL"]


@pytest.mark.parametrize("kind", [FaultKind.TRANSIENT, FaultKind.STOPPED])
def test_a_step_that_fails_gives_nothing_back_early(kind: FaultKind) -> None:
    class Failing(World):
        def submit(self, job: Job) -> Done:
            raise Fault(kind, "no")

    world = Failing()
    world.perform()
    assert world.said == []
