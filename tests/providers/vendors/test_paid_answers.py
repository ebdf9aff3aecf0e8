"""A real vendor's file behind the ledger: answers that say "done" and bring no picture. Time is the test's own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paid_world import World
from remote import GARMENT, HUMAN, SECRET, job
from vendors.pictures import picture
from vendors.server import HONEST, FakeServer, Vendor, instead

from tryon_cli.ledger.states import State
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.paying import Paying
from tryon_cli.providers.fashn import Fashn

ONE = job("try-on", human=HUMAN, garment=GARMENT, category="upper")
STATUS, FILES = "GET /v1/status/{id}", "GET /files/{name}"
NOTHING = {"id": "x", "status": "completed", "output": [], "error": None}
BODIES: dict[str, tuple[str, Any, str]] = {
    "no picture in the list": (STATUS, NOTHING, "sent no picture"),
    "no list at all": (STATUS, {"id": "x", "status": "completed"}, "sent no picture"),
    "a page": (FILES, "<!DOCTYPE html><html><body>Just a moment</body></html>", "HTML"),
    "an error as JSON": (FILES, {"error": "internal"}, "JSON"),
    "half a picture": (FILES, picture(b"half")[:-200], "truncated"),
    "nothing": (FILES, b"", "empty"),
}


@pytest.fixture
def world(fakes: FakeServer, tmp_path: Path) -> Iterator[World]:
    memory = Path("/dev/shm")
    place = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    made = World(place / "state")
    (tmp_path / "key").write_text(SECRET)
    (tmp_path / "key").chmod(0o600)
    begin = made.begin

    def again(**options: Any) -> Paying:
        begin(**options)
        remote = Fashn("served", base_url=fakes["fashn"].url, api_key_file=str(tmp_path / "key"))
        made.paying = Paying(remote, made.purse)
        return made.paying

    made.begin = again  # type: ignore[method-assign]
    made.again()
    fakes.clock = made.clock.up
    yield made
    made.die()
    shutil.rmtree(place)


@pytest.fixture
def fake(fakes: FakeServer) -> Vendor:
    return fakes["fashn"]


@pytest.mark.parametrize("name", BODIES)
def test_p18_done_and_no_picture(world: World, fake: Vendor, name: str) -> None:
    """The reason and the job are told, the next run asks for the picture again, and nothing is sent twice."""
    where, body, why = BODIES[name]
    fake.always(where, instead(200, body))
    with pytest.raises(Fault) as caught:
        world.make(ONE)
    fault = caught.value
    assert (fault.kind, fault.code) == (FaultKind.WAITING, "E-NOT-FETCHED")
    assert why in fault.text and "(job fashn000001)" in fault.text and "tryon resume" in fault.fix
    assert world.state() in (State.READY, State.WAITING)
    fake.always(where, HONEST)
    world.again()
    world.make(ONE)
    assert len(fake.asked("POST /v1/run")) == len(fake.charges) == 1
