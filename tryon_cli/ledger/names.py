"""Names of paid calls: the same for the same call for ever, whatever is lost in between."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

FORMAT = "call1"


def call_key(provider: str, account: str, task: str, version: str, job: str) -> str:
    """SHA-256 over all that a call's picture depends on. job: the step's key, which covers settings and inputs."""
    return hashlib.sha256("|".join((FORMAT, provider, account, task, version, job)).encode()).hexdigest()


def token_of(installation: str, call: str, generation: int) -> str:
    """Our name for a call at a service: 32 letters and digits, no name of a file or person in it."""
    return hashlib.sha256(f"{installation}|{call}|{generation}".encode()).hexdigest()[:32]


def installation_id(folder: Path) -> str:
    """The random name of this installation; made once. In a file of its own: tokens outlive the ledger.

    Raises OSError.
    """
    path = folder / "installation"
    with contextlib.suppress(FileNotFoundError):
        if len(found := path.read_text().strip()) == 32:
            return found
    part = folder / f"installation.{secrets.token_hex(4)}"
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, secrets.token_hex(16).encode() + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)
    # another process may do the same now: one name wins, and both read that one
    if path.exists() and len(path.read_text().strip()) != 32:
        path.unlink()
    with contextlib.suppress(FileExistsError):
        os.link(part, path)
    part.unlink()
    folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder_fd)
    finally:
        os.close(folder_fd)
    return path.read_text().strip()
