"""Uploads in parts."""

from __future__ import annotations

from pathlib import Path

import pytest
from wild import Request, answer, plain

from tryon_cli.model.errors import Fault
from tryon_cli.model.remote import Call
from tryon_cli.providers.http.bodies import Bytes, File
from tryon_cli.providers.http.client import Http
from tryon_cli.providers.http.uploads import in_parts

from .conftest import Serve

DATA = bytes(range(256)) * 1000


def test_n15_parts_arrive_whole_in_order_and_a_lost_one_is_sent_again(serve: Serve, tmp_path: Path) -> None:
    def script(conn, request: Request) -> bool:  # type: ignore[no-untyped-def]
        number = int(request.path.rpartition("/")[2])
        if number == 2 and sum(r.path == request.path for r in server.requests) < 3:
            return False  # takes it and hangs up, twice
        conn.sendall(plain(200, b"", ETag=f'"{number}"'))
        return True

    server = serve(script)
    file = tmp_path / "big"
    file.write_bytes(DATA)
    sent = in_parts(Http(dict), File(file), lambda n: Call("PUT", server.url(f"/u/{n}")), size=100_000)
    assert sent == [(1, '"1"'), (2, '"2"'), (3, '"3"')]
    last = {request.path: request.body for request in server.requests}
    assert b"".join(last[f"/u/{n}"] for n in (1, 2, 3)) == DATA and len(server.requests) == 5


def test_a_part_that_is_refused_or_lost_for_good_is_told(serve: Serve) -> None:
    for script, asked in ((answer(403), 1), (answer(500), 3), (answer(200, b""), 3)):
        server = serve(script)
        with pytest.raises(Fault):
            in_parts(Http(dict), Bytes(DATA), lambda n, s=server: Call("PUT", s.url(f"/{n}")))
        assert len(server.requests) == asked
