"""A provider for tests that drive the installed command: small honest pictures, every call counted outside.

    provider = "counted:Counted"     with this folder on PYTHONPATH

Each call appends one line to the file named by COUNTED_LOG, so that a killed run cannot lose the count.
COUNTED_SECONDS makes calls take that long; COUNTED_FAIL="face-swap:transient" fails a task with a fault kind,
COUNTED_WAIT=120 lets that fault ask for a pause of that many seconds. COUNTED_NOTES=try-on gives the pictures of
that task a note, so that their rows need a look.
"""

from __future__ import annotations

import hashlib
import io
import os
import time

from PIL import Image

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done, Job, Offer

TASKS = ("stylize", "extract-face", "try-on", "face-swap")


class Counted:
    """Pictures that depend on every input and setting, and on nothing else."""

    offer = Offer("counted", dict.fromkeys(TASKS, "1"), slots=4, max_variants=8, about="for tests")

    def submit(self, job: Job) -> Done:
        log = os.environ.get("COUNTED_LOG")
        if log:
            fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.write(fd, f"{job.task} {job.key}\n".encode())
            os.close(fd)
        time.sleep(float(os.environ.get("COUNTED_SECONDS", "0")))
        if not all(data.startswith((b"\x89PNG", b"\xff\xd8", b"RIFF")) for data in job.images.values()):
            raise Fault(FaultKind.INPUT, "not a picture", code="E-TOLD")
        task, _, kind = os.environ.get("COUNTED_FAIL", "").partition(":")
        if task == job.task:
            wait = os.environ.get("COUNTED_WAIT")
            raise Fault(
                FaultKind(kind), f"{task} was told to fail", code="E-TOLD", wait=float(wait) if wait else None
            )
        notes = ("look at the hands",) if os.environ.get("COUNTED_NOTES") == job.task else ()
        return Done(picture_of(job), notes)


def picture_of(job: Job) -> bytes:
    """64x96 pixels that name the job."""
    words = [job.task, *sorted(f"{k}={v}" for k, v in job.settings.items())]
    words += [hashlib.sha256(job.images[role]).hexdigest() for role in sorted(job.images)]
    seed = hashlib.sha256("\n".join(words).encode()).digest()
    pixels = b"".join(hashlib.sha256(seed + bytes([i])).digest() for i in range(192))
    image = Image.frombytes("RGB", (32, 64), pixels[: 32 * 64 * 3]).resize((64, 96))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
