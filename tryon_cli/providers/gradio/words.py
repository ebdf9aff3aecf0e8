"""What a Gradio app's messages and error texts mean; the latter are sentences, without codes. Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...model.errors import Fault, FaultKind
from ...model.remote import Pending
from ..http.faults import Words
from ..http.paths import value_at

if TYPE_CHECKING:
    from .provider import Gradio

WORDS = Words(
    words={
        "Queue is full": FaultKind.THROTTLED,
        # one quota for all ZeroGPU Spaces of a person or address: nothing there will pass for a while
        "exceeded your GPU quota": FaultKind.ACCOUNT,
        "exceeded your ZeroGPU": FaultKind.ACCOUNT,
        "exceeded your free GPU": FaultKind.ACCOUNT,
        "ZeroGPU quota": FaultKind.ACCOUNT,
        "illegal duration": FaultKind.ACCOUNT,
        "No GPU was available": FaultKind.TRANSIENT,
        "GPU task aborted": FaultKind.TRANSIENT,
        "out of memory": FaultKind.TRANSIENT,
        "connection errored out": FaultKind.TRANSIENT,
        "NSFW": FaultKind.CONTENT,
    },
    # a Space that is asleep or being built
    not_taken=frozenset({503}),
)

_CLOCK = re.compile(r"(\d+):([0-5]?\d):([0-5]?\d)")


def said_by(service: Gradio, error: Any, told: bool) -> tuple[Fault, bool]:
    """The fault of a job that ended badly, and whether its uploads should be sent anew.

    told: the answer had an error at all; a job that was stopped ends with nothing.
    """
    if not told:
        text = f"{service.name}: the job was stopped at the app"
        return Fault(FaultKind.LOST, text, code="E-PROV-LOST", fix="tryon resume", final=True), False
    if not error:
        # also what wrong arguments and vanished uploads look like, unless the app shows its errors
        fault = service.fault("", "the app broke without saying why", FaultKind.TRANSIENT)
        return fault, True
    fault = service.fault("", str(error), FaultKind.INPUT)
    if (clock := _CLOCK.search(str(error))) is not None:
        hours, minutes, seconds = map(int, clock.groups())
        fault.wait = float(hours * 3600 + minutes * 60 + seconds)
    return fault, False


def heard(message: Mapping[str, Any], before: Pending) -> Pending:
    """What a message says about the job; a sign of life says nothing new."""
    kind = message.get("msg")
    if kind == "estimation" and isinstance(message.get("rank"), int):
        return Pending(f"queue {message['rank'] + 1}", wait=0)
    if kind == "process_starts":
        return Pending("running", wait=0)
    if kind == "progress":
        step = value_at(message, "progress_data[0]") or {}
        index, length = step.get("index"), step.get("length")
        if isinstance(index, int | float) and isinstance(length, int | float) and length > 0:
            return Pending(f"step {index:g} of {length:g}", min(1.0, index / length), wait=0)
        if isinstance(part := step.get("progress"), int | float):
            return Pending("running", min(1.0, float(part)), wait=0)
    return before
