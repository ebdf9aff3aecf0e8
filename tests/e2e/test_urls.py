"""Rows that name pictures by URL, through the installed command."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tool import Tool, noise
from wild import Request, Wild, plain


class Shop:
    """A web shop on loopback: pictures by path, with an ETag each."""

    def __init__(self) -> None:
        self.pages = {f"/{name}.png": noise(name) for name in ("p0", "p1", "g0", "g1")}
        self.server = Wild(self.answer)

    def answer(self, conn, request: Request) -> None:  # type: ignore[no-untyped-def]
        data = self.pages.get(request.path)
        if data is None:
            conn.sendall(plain(404, b"gone"))
            return
        tag = f'"{hash(data)}"'
        if request.headers.get("if-none-match") == tag:
            conn.sendall(plain(304, b"", ETag=tag))
        else:
            conn.sendall(plain(200, data, ETag=tag))

    @property
    def asked(self) -> list[str]:
        return [request.path for request in self.server.requests]

    def manifest(self, tool: Tool, people: tuple[str, ...] = ("p0", "p1")) -> None:
        rows = [
            f"{p}-{g},{self.server.url(f'/{p}.png')},{self.server.url(f'/{g}.png')}"
            for p in people
            for g in ("g0", "g1")
        ]
        (tool.work / "m.csv").write_text("\n".join(["id,human,garment", *rows]) + "\n")


@pytest.fixture
def tool(tmp_path) -> Tool:  # type: ignore[no-untyped-def]
    return Tool(tmp_path)


@pytest.fixture
def shop() -> Iterator[Shop]:
    one = Shop()
    yield one
    one.server.close()


def test_each_address_is_fetched_once_and_asked_about_in_the_next_run(tool: Tool, shop: Shop) -> None:
    shop.manifest(tool)
    tool.run("run", "m.csv", "--allow-private")
    assert len(tool.images()) == 4
    assert sorted(shop.asked) == sorted(shop.pages)
    made = tool.images()
    again = tool.run("run", "m.csv", "--allow-private")
    assert "cached=4" in again.err and tool.images() == made
    assert len(shop.asked) == 8 and all("if-none-match" in r.headers for r in shop.server.requests[4:])


def test_a_row_with_an_address_is_the_row_with_the_file(tool: Tool, shop: Shop) -> None:
    shop.manifest(tool)
    tool.run("run", "m.csv", "--allow-private")
    calls = sum(tool.calls().values())
    tool.pictures(2, 2)
    rows = [f"{p}-{g},pictures/{p}.png,pictures/{g}.png" for p in ("p0", "p1") for g in ("g0", "g1")]
    (tool.work / "files.csv").write_text("\n".join(["id,human,garment", *rows]) + "\n")
    tool.run("run", "files.csv", "-o", "other")
    assert sum(tool.calls().values()) == calls  # the same bytes ask the same questions


def test_a_picture_that_changed_at_its_address_is_made_anew(tool: Tool, shop: Shop) -> None:
    shop.manifest(tool)
    tool.run("run", "m.csv", "--allow-private")
    before = tool.images()
    shop.pages["/g0.png"] = noise("another")
    tool.run("run", "m.csv", "--allow-private")
    changed = {name for name, digest in tool.images().items() if before[name] != digest}
    assert {name.partition(".")[0] for name in changed} == {"p0-g0", "p1-g0"}


def test_inner_addresses_need_consent_and_missing_ones_are_a_row_of_their_own(tool: Tool, shop: Shop) -> None:
    shop.manifest(tool)
    refused = tool.run("check", "m.csv", expect=3)
    assert "M-URL" in refused.out and not shop.asked
    (tool.work / "tryon.toml").write_text("[manifest]\nallow_private = true\n")
    shop.manifest(tool, ("p0", "p9"))
    tool.run("run", "m.csv", expect=3)
    assert len(tool.images()) == 2
    failed = (tool.work / "out/failed.csv").read_text()
    assert "p9-g0" in failed and "M-URL" in failed and "404" in failed


def test_dry_run_and_plain_check_fetch_nothing_and_a_deep_check_does(tool: Tool, shop: Shop) -> None:
    shop.manifest(tool)
    tool.run("run", "m.csv", "--allow-private", "--dry-run")
    tool.run("check", "m.csv", "--allow-private")
    assert not shop.asked
    tool.run("check", "m.csv", "--allow-private", "--deep")
    assert sorted(shop.asked) == sorted(shop.pages)
    del shop.pages["/g1.png"]
    shown = tool.run("check", "m.csv", "--allow-private", "--deep", expect=3)
    assert "HTTP 404" in shown.out


def test_a_run_without_addresses_loads_no_http(tool: Tool) -> None:
    tool.manifest()
    shown = tool.run("run", "m.csv", before=["env", "PYTHONPROFILEIMPORTTIME=1"])
    assert "tryon_cli.wiring" in shown.err and "httpx" not in shown.err
