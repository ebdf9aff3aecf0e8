"""Two paid calls in a child process, with the n-th file operation going wrong, for every n. See test_every_write.py.

LD_PRELOAD=shim.so SHIM_DIR=state python disk_driver.py FOLDER KIND ACTION TIMES
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tryon_cli.ledger.budget import Limits
from tryon_cli.ledger.claims import Claims
from tryon_cli.ledger.ledger import Ledger
from tryon_cli.ledger.references import Uploads
from tryon_cli.ledger.states import OUT, State
from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Fault, FaultKind, TryonError
from tryon_cli.model.ports import Done, Job, Offer
from tryon_cli.model.remote import Call, Kit, Pending, Terms, Ticket
from tryon_cli.paying import Paying, Purse
from tryon_cli.store.reserve import Reserve

TERMS = {"idempotent": Terms(replay=3600.0), "lookup": Terms(lookup=True, grace=0.0), "neither": Terms()}
FINE, STORAGE, OTHER, KILLED = 0, 3, 4, 137


class Service:
    """Its books are a file, which outlives us and is no part of the disk that fails."""

    offer = Offer("served", {"try-on": "1"}, price={"try-on": 0.07})

    def __init__(self, books: Path, kind: str) -> None:
        self.books, self.terms = books, TERMS[kind]

    def attach(self, kit: Kit) -> None:
        """Needs nothing."""

    def prepare(self, job: Job, token: str) -> Call:
        return Call("POST", "/", json={"key": job.key, "token": token})

    def submit(self, call: Call) -> Ticket | Done:
        token = call.json["token"]
        if not (self.terms.replay and token in self.tokens()):
            with self.books.open("a") as file:
                file.write(f"{call.json['key']} {token}\n")
        return Ticket(f"{token} {call.json['key']}")

    def tokens(self) -> dict[str, str]:
        lines = self.books.read_text().splitlines() if self.books.exists() else []
        return {line.split()[1]: line.split()[0] for line in lines}

    def poll(self, ticket: Ticket) -> Pending | Done:
        return Done(url=ticket.id)

    def watch(self, ticket: Ticket) -> Iterator[Pending | Done]:
        yield self.poll(ticket)

    def fetch(self, done: Done) -> bytes:
        return done.url.split()[1].encode()

    def find(self, token: str) -> Ticket | None:
        key = self.tokens().get(token)
        return Ticket(f"{token} {key}") if key else None

    def cancel(self, ticket: Ticket) -> None:
        """Cannot."""


def visit(state: Path, books: Path, kind: str) -> int:
    """One run. Returns how it ended."""
    try:
        ledger = Ledger(state)
    except TryonError:
        return STORAGE
    worst = FINE
    try:
        purse = Purse(
            ledger, Claims(state / "claims"), Limits("j"), Uploads(state), threading.Event(), lambda event: None,
            sleep=lambda seconds: None, nap=lambda seconds: False,
        )  # fmt: skip
        paying = Paying(Service(books, kind), purse)
        for key in ("one", "two"):
            try:
                done = paying.submit(Job("try-on", {}, {}, key))
                assert done.receipt is not None and done.image == key.encode()
                done.receipt.stored(digest_of(done.image))
            except Fault as fault:
                worst = max(worst, STORAGE if fault.kind is FaultKind.STORAGE else OTHER)
    except OSError:
        return STORAGE
    finally:
        ledger.close()
    return worst


def child(
    arm: tuple[int, int, int] | None, state: Path, books: Path, kind: str, shim: ctypes.CDLL
) -> tuple[int, int]:
    """Run in a process of its own: (how it ended, file operations seen)."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        if arm is not None:
            shim.shim_arm(*arm)
        code = visit(state, books, kind)
        os.write(writing, str(shim.shim_seen()).encode())
        os._exit(code)
    os.close(writing)
    _, status = os.waitpid(pid, 0)
    seen = os.read(reading, 100)
    os.close(reading)
    return os.waitstatus_to_exitcode(status), int(seen or 10**9)


def judge(state: Path, books: Path, kind: str, last: int) -> str:
    """Why the promises are broken, "" when they are kept."""
    lines = books.read_text().splitlines() if books.exists() else []
    charges = Counter(line.split()[0] for line in lines)
    if any(n > 1 for n in charges.values()):
        return f"charged more than once: {dict(charges)}"
    ledger = Ledger(state)
    states = {unit.step: unit.state for unit in ledger.units()}
    ledger.close()
    if any(one in OUT for one in states.values()):
        return f"still out: {states}"
    lost = [key for key in charges if states.get(key) not in (State.STORED, State.MAYBE_PAID)]
    if lost:
        return f"charged, and neither here nor named: {lost}"
    if kind != "neither" and (last != FINE or set(charges) != {"one", "two"}):
        return f"not finished: {last}, {dict(charges)}"
    return ""


Reserve.__init__.__defaults__ = (64 << 10,)  # type: ignore[misc]  # made anew five hundred times: 4 MB take their time


def main(folder: Path, kind: str, action: int, times: int) -> None:
    shim = ctypes.CDLL(None)
    state, books = Path(os.environ["SHIM_DIR"]), folder / "books"
    n, broken, ends = 0, [], Counter[int]()
    while n < 500:
        n += 1
        for path in (state, books):
            shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True)
        code, seen = child((n, action, times), state, books, kind, shim)
        ends[code] += 1
        last, _ = child(None, state, books, kind, shim)
        if why := judge(state, books, kind, last):
            broken.append(f"operation {n} (first run ended {code}): {why}")
        if seen < n:
            break
    print(json.dumps({"operations": n - 1, "broken": broken, "ends": {str(k): v for k, v in ends.items()}}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
