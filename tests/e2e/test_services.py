"""Services through the installed command: keys from files, pictures over HTTP, charges counted by the played vendor."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tool import SAMPLES, Tool
from vendors.server import DROP_AFTER, FakeProcess, billed, instead

KEY = "canarykey0123456789abcdefcanary"
RUN = "POST /v1/run"
PEOPLE, GARMENTS = ("ana.jpg", "ben.jpg"), ("tee-stripes.jpg", "hoodie-grey.jpg")
CALLS = 2 + 4 + 4
"""Stylize once a person; try-on and face once a row."""


@pytest.fixture(scope="module")
def _played() -> Iterator[FakeProcess]:
    with FakeProcess() as fakes:
        yield fakes


@pytest.fixture
def played(_played: FakeProcess) -> Iterator[FakeProcess]:
    _played.reset()
    for name in ("fashn", "kling", "fal", "replicate", "faceswap"):
        _played.set(name, polls=0, size=[360, 480])
    yield _played
    assert _played.errors() == []


@pytest.fixture
def tool(tmp_path: Path, played: FakeProcess) -> Tool:
    made = Tool(tmp_path)
    del made.env["TRYON_PROVIDER"]
    for kind in ("people", "garments"):
        shutil.copytree(SAMPLES / kind, made.work / kind)
    with (made.work / "m.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["human", "garment", "category"])
        writer.writerows([f"people/{p}", f"garments/{g}", "upper"] for p in PEOPLE for g in GARMENTS)
    (tmp_path / "key.txt").write_text(KEY + "\n")
    (tmp_path / "key.txt").chmod(0o600)
    return made


def settings(tool: Tool, **tables: str) -> None:
    """[providers.NAME] of the user's own config.toml."""
    own = tool.base / "config/tryon/config.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    key = f'api_key_file = "{tool.base / "key.txt"}"'
    own.write_text("".join(f"[providers.{name}]\n{key}\n{lines}\n" for name, lines in tables.items()))


def fashn(tool: Tool, played: FakeProcess) -> None:
    settings(tool, fashn=f'base_url = "{played.base("fashn")}"')


def run(tool: Tool, *args: str, provider: str = "fashn,extract-face=local", **more: Any) -> Any:
    return tool.run("run", "m.csv", "-p", provider, "--max-cost", "20", *args, **more)


def test_every_stage_at_one_service(tool: Tool, played: FakeProcess) -> None:
    fashn(tool, played)
    ran = run(tool)
    assert len(tool.images()) == 4
    state = played.state("fashn")
    assert (
        sum(state["charged"].values()) == CALLS == len(state["charged"]) and state["requests"][RUN] == CALLS
    )
    # 1 + 2 credits and 4 credits at 7.5 cents, as the service itself reported them
    assert f"spent={2 * 0.075 + 4 * 0.075 + 4 * 0.30:.2f}" in ran.err
    run(tool)
    assert played.state("fashn")["requests"][RUN] == CALLS, "what is finished is asked for no more"


def test_the_key_is_in_no_file_and_no_line(tool: Tool, played: FakeProcess) -> None:
    fashn(tool, played)
    played.next("fashn", RUN, instead(401, {"error": "UnauthorizedAccess", "message": f"bad key {KEY}"}))
    ran = run(tool, "--debug", expect=None)
    assert ran.code == 7 and KEY not in ran.out + ran.err
    run(tool, expect=None)
    files = [path for path in tool.base.rglob("*") if path.is_file() and path.name != "key.txt"]
    assert len(files) > 10 and not [str(path) for path in files if KEY.encode() in path.read_bytes()]


def test_a_throttled_call_is_made_later_and_charged_once(tool: Tool, played: FakeProcess) -> None:
    fashn(tool, played)
    played.next(
        "fashn", RUN, instead(429, {"error": "RateLimitExceeded", "message": "slow"}, Retry_After="0"),
        instead(429, {"error": "ConcurrencyLimitExceeded", "message": "slow"}),
    )  # fmt: skip
    run(tool)
    assert len(tool.images()) == 4 and set(played.charged("fashn").values()) == {1}


def test_p01_n04_a_lost_answer_is_never_sent_again(tool: Tool, played: FakeProcess) -> None:
    """P1, N4: billed, then nothing; a gateway's 502. Their rows wait for a decision."""
    fashn(tool, played)
    played.next("fashn", RUN, DROP_AFTER, billed(502, "<html>Bad Gateway</html>"))
    ran = run(tool, expect=None)
    assert ran.code == 13, ran
    assert set(played.charged("fashn").values()) == {1}
    before = sum(played.charged("fashn").values())
    run(tool, expect=13)
    assert sum(played.charged("fashn").values()) == before


def test_out_of_credit_stops_at_once(tool: Tool, played: FakeProcess) -> None:
    fashn(tool, played)
    played.always("fashn", RUN, instead(429, {"error": "OutOfCredits", "message": "no credits left"}))
    ran = run(tool, expect=7)
    assert played.state("fashn")["requests"][RUN] <= 6, "no more than were under way"
    assert "credits" in ran.err and not played.charged("fashn")


def test_p17_a_refused_picture_fails_its_row_alone(tool: Tool, played: FakeProcess) -> None:
    settings(tool, fashn=f'base_url = "{played.base("fashn")}"')
    played.do("fashn", "end_with", {"name": "PoseError", "message": "no body pose was found"})
    ran = run(tool, "--style", "off", "--face", "keep", expect=3)
    assert len(tool.images()) == 3 and "no body pose was found" in ran.err
    assert sum(played.charged("fashn").values()) == 3


def test_lost_answers_of_a_service_that_can_be_asked_are_collected(tool: Tool, played: FakeProcess) -> None:
    """Kling knows our id: what was billed and not answered is found, and nothing is bought twice."""
    settings(tool, kling=f'base_url = "{played.base("kling")}"\ngrace = 0.1')
    played.next("kling", "POST /v1/images/kolors-virtual-try-on", DROP_AFTER, DROP_AFTER)
    run(tool, "--face", "keep", provider="kling")
    assert len(tool.images()) == 4
    assert sorted(played.charged("kling").values()) == [1] * (2 + 4)


def test_each_stage_at_another_service(tool: Tool, played: FakeProcess) -> None:
    settings(
        tool,
        leffa=(
            'provider = "fal"\nendpoint = "fal-ai/leffa/virtual-tryon"\n'
            f'base_url = "{played.base("fal")}"\nrest_url = "{played.base("fal")}/rest"'
        ),
        kling=f'base_url = "{played.base("kling")}"',
        faceswap=f'base_url = "{played.base("faceswap")}"',
    )
    run(tool, provider="stylize=kling,try-on=leffa,face-swap=faceswap,local")
    assert len(tool.images()) == 4
    counts = [sum(played.charged(name).values()) for name in ("kling", "fal", "faceswap")]
    assert counts == [2, 4, 4]
    uploads = played.state("fal")["requests"]["POST /cdn/files/upload"]
    assert uploads == 2 + 2, "each look and each garment once"


def test_replicate_by_version(tool: Tool, played: FakeProcess) -> None:
    settings(tool, replicate=f'base_url = "{played.base("replicate")}"')
    run(tool, provider="stylize=local,extract-face=local,replicate")
    assert len(tool.images()) == 4 and sum(played.charged("replicate").values()) == 8
