"""Row N17: secrets are in no file and on no screen, after a batch with everything that may go wrong.

Three canaries: the service's key (from a file), a proxy's password (from the environment), and the signature in a
picture's address (from the manifest). Each may lie where it came from, and where this file says why.
"""

from __future__ import annotations

import base64
import csv
import socket
from pathlib import Path
from urllib.parse import quote

from hired import KEY, RUN, Hired
from tool import Ran, noise
from vendors.server import DROP_AFTER, billed, instead

PASSWORD = "canary/proxy+password=42"
SIGNATURE = "canarysignature0123456789"
PICTURE = (360, 480)


def forms(secret: str) -> list[bytes]:
    """As it is, quoted for an address, and inside anything that was put into base64, wherever it begins there."""
    plain = secret.encode()
    found = [plain, quote(secret, safe="").encode(), plain.hex().encode()]
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + plain)
        # the signs that also hold bits of what stands before and behind it are cut off
        part = whole[-(-shift * 8 // 6) : (shift + len(plain)) * 8 // 6]
        found += [part, part.replace(b"+", b"-").replace(b"/", b"_")]
    return found


def test_the_forms_find_it() -> None:
    for secret in (KEY, PASSWORD, SIGNATURE):
        for before in (b"", b"u:", b"me:", b"user:"):
            hidden = base64.b64encode(before + secret.encode() + b"!tail")
            assert any(form in hidden for form in forms(secret))


def held(base: Path, secret: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """Files below base that hold it in any form; those of these names excepted."""
    found = []
    for path in base.rglob("*"):
        if path.is_file() and path.name not in but:
            data = path.read_bytes() + str(path).encode()
            found += [str(path.relative_to(base)) for form in forms(secret) if form in data]
    return sorted(set(found))


def batch(hired: Hired) -> list[Ran]:
    """A run that meets refused keys, echoes of them, lost answers and broken jobs; then every command that tells."""
    echo = f"the key {KEY} (Bearer {KEY}, {base64.b64encode(KEY.encode()).decode()}) is not allowed"
    # four at once: the script of faults below is for as many calls in flight
    options = ("m.csv", "--allow-private", "--max-cost", "20", "--attempts", "2", "--limits", "fashn=4")
    said = []
    hired.fashn.next(RUN, instead(401, {"error": "UnauthorizedAccess", "message": echo}))
    said.append(hired.run("run", *options, "--debug", expect=7))
    hired.fashn.next(
        RUN, instead(400, {"error": "BadRequest", "message": echo}), DROP_AFTER, billed(502, f"<html>{echo}"),
        instead(500, echo),
    )  # fmt: skip
    hired.fashn.end_with(
        {"name": "PoseError", "message": echo}, None, {"name": "PipelineError", "message": echo}
    )
    said.append(hired.run("run", *options, "--json", "--debug", expect=None))
    said.append(hired.run("run", *options, "--log-format", "logfmt", expect=None))
    said.append(hired.run("resume", "out", "--resubmit-maybe-paid", expect=None))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    dead = {"http_proxy": f"http://me:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"}
    said.append(hired.run("run", *options, "-o", "dead", "--seed", "5", "--debug", env=dead, expect=None))
    for words in (
        ("ledger",), ("ledger", "--json"), ("ledger", "--open"), ("doctor",), ("doctor", "--json"),
        ("providers", "list"), ("config", "show", "--origin"), ("config", "show", "--json"), ("status", "out"),
        ("status", "out", "--json"), ("verify", "out"), ("verify", "dead"), ("check", "m.csv", "--rows"),
        ("check", "m.csv", "--json"), ("check", "m.csv", "--deep", "--allow-private", "--rows"),
        ("run", *options, "--dry-run", "--json", "-o", "new"),
        ("providers", "check", "fashn", "--yes", "--task", "try-on", "--debug"),
    ):  # fmt: skip
        said.append(hired.run(*words, expect=None))
    return said


def test_n17_secrets_are_in_no_file_and_on_no_screen(hired: Hired) -> None:
    hired.rows(5)
    # the played vendors answer requests in a proxy's form, too: everything goes through "the proxy"
    hired.env["http_proxy"] = hired.fakes.url.replace("://", f"://me:{quote(PASSWORD, safe='')}@")
    manifest = hired.work / "m.csv"
    address = hired.fashn.address(noise("by address", *PICTURE))
    with manifest.open("a") as file:
        for where in (address, f"{hired.fashn.url}/files/none.png"):
            file.write(f"{where}?X-Amz-Signature={SIGNATURE},pictures/g0.png,upper\n")
    said = batch(hired)
    assert any(one.headers.get("proxy-authorization") for one in hired.fashn.log), "it went through the proxy"
    assert set(hired.states()) == {"made", "invalid"} and len(hired.images()) == 6
    assert any("Traceback" in ran.err or "E-" in ran.err for ran in said)
    for secret in (KEY, PASSWORD, SIGNATURE):
        shown = [ran for ran in said if any(form.decode() in ran.out + ran.err for form in forms(secret))]
        assert not shown, secret
    assert held(hired.base, KEY, but=("key.txt",)) == []
    assert held(hired.base, PASSWORD) == []
    # what has to ask for it again: the manifest, and the one of failed rows with the journal that it is written from;
    # the history, which knows what was asked for (0600)
    assert held(hired.base, SIGNATURE, but=("m.csv", "failed.csv", "journal.db", "history.db")) == []
    (failed,) = csv.DictReader((hired.work / "out/failed.csv").read_text().splitlines())
    assert SIGNATURE in failed.pop("human") and SIGNATURE not in str(failed)
    assert (hired.base / "state/tryon/history.db").stat().st_mode & 0o777 == 0o600
