"""Commands about services elsewhere: doctor, list and check, against a played vendor; keys never shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tool import Tool
from vendors.server import FakeServer, Vendor, instead

SECRET = "canary-key-0123456789"


@pytest.fixture
def fake() -> Iterator[Vendor]:
    with FakeServer() as server:
        yield server["segmind"]
        assert not server.errors


@pytest.fixture
def tool(tmp_path: Path, fake: Vendor) -> Tool:
    made = Tool(tmp_path)
    del made.env["TRYON_PROVIDER"]
    key = tmp_path / "segmind.key"
    key.write_text(SECRET + "\n")
    key.chmod(0o600)
    (made.work / "tryon.toml").write_text(
        f'[providers.segmind]\nbase_url = "{fake.url}"\nupload_url = "{fake.url}/assets"\napi_key_file = "{key}"\n'
    )
    return made


def test_doctor_says_whether_the_key_is_there(tool: Tool) -> None:
    ran = tool.run("doctor")
    assert "provider segmind: face-swap, try-on" in ran.out and "account" in ran.out and "$0.050" in ran.out
    (tool.base / "segmind.key").unlink()
    ran = tool.run("doctor", expect=2)
    assert "fail provider segmind" in ran.out and "segmind.key" in ran.out
    assert SECRET not in ran.out + ran.err


def test_a_run_without_its_key_is_refused_before_anything_is_sent(tool: Tool, fake: Vendor) -> None:
    tool.manifest()
    (tool.base / "segmind.key").write_text("two words\n")
    ran = tool.run("run", "m.csv", "-p", "try-on=segmind,local", "--max-cost", "1", expect=2)
    assert "segmind" in ran.err and "space" in ran.err
    assert not fake.log and "two words" not in ran.err


def test_check_makes_one_call_after_a_yes(tool: Tool, fake: Vendor) -> None:
    ran = tool.run("providers", "check", "segmind", expect=2)
    assert "$0.05" in ran.err and not fake.log
    ran = tool.run("providers", "check", "segmind", "--yes", "--task", "try-on")
    assert "every promise is kept" in ran.out and "$0.050" in ran.out
    assert len(fake.charges) == 1
    assert SECRET not in ran.out + ran.err


def test_check_says_what_is_wrong(tool: Tool, fake: Vendor) -> None:
    fake.always("POST /v2/{slug}", instead(401, {"error": "Invalid API key"}))
    ran = tool.run("providers", "check", "segmind", "--yes", expect=3)
    assert "FAIL it makes a picture that decodes" in ran.out and "Invalid API key" in ran.out
    assert SECRET not in ran.out + ran.err


def test_list_names_services_without_their_keys(tool: Tool) -> None:
    (tool.base / "segmind.key").unlink()
    ran = tool.run("providers", "list")
    for name in ("segmind", "bfl", "dashscope", "local"):
        assert name in ran.out
