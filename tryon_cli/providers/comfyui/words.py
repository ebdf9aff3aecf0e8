"""What ComfyUI's messages, records and refusals mean, with the titles of the user's own nodes. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...model.errors import Fault, FaultKind
from ...model.remote import Pending
from ..http.faults import Words
from ..http.paths import text_at, value_at
from .workflow import ROLES

if TYPE_CHECKING:
    from .provider import ComfyUi
    from .workflow import Workflow

WORDS = Words(
    kinds={
        "no picture": FaultKind.CONFIG,
        "interrupted": FaultKind.TRANSIENT,
        "FileNotFoundError": FaultKind.CONFIG,
        "ModuleNotFoundError": FaultKind.CONFIG,
        "ImportError": FaultKind.CONFIG,
    },
    words={"OutOfMemory": FaultKind.TRANSIENT, "CUDA error": FaultKind.TRANSIENT},
)


def refused(service: ComfyUi, document: Mapping[str, Any]) -> Fault:
    """A workflow that the server does not take: which node, which input, why."""
    told = list(_told(service, document.get("node_errors")))
    lost = any(forgotten for _, forgotten in told)
    texts = [text for text, _ in told] or [text_at(document, "error.message") or "it refused the workflow"]
    text = f"{service.name}: " + "; ".join(texts[:3])
    if lost:
        # the only thing we sent that the server can have lost: its input folder was emptied
        fault = Fault(FaultKind.LOST, text, code="E-PROV-UPLOAD", fix="tryon resume")
    else:
        fix = f"open the workflow at {service.base_url} and correct it, then export it again"
        fault = Fault(FaultKind.CONFIG, text, code="E-PROV-WORKFLOW", fix=fix)
    return fault


def _told(service: ComfyUi, faults: Any) -> Iterator[tuple[str, bool]]:
    """One sentence for each fault of a node, and whether it is about an upload of ours."""
    pictures = {tuple(spot) for name, spot in service.workflow.spots.items() if name in ROLES}
    for node, what in (faults if isinstance(faults, Mapping) else {}).items():
        for error in value_at(what, "errors") or ():
            place = text_at(error, "extra_info.input_name")
            why = ": ".join(filter(None, (text_at(error, "message"), text_at(error, "details"))))
            title = service.workflow.title(str(node))
            missing = text_at(error, "type") in ("value_not_in_list", "custom_validation_failed")
            yield f"node {title!r}: {why}", missing and (str(node), place) in pictures


# ---------------------------------------------------------------------- while it runs
def ends(message: Mapping[str, Any], id: str) -> bool:
    """Does this message say that our job is over?"""
    if not message or message["data"].get("prompt_id") != id:
        return False
    if message.get("type") == "executing":
        return message["data"].get("node") is None
    return message.get("type") in ("execution_success", "execution_error", "execution_interrupted")


def heard(workflow: Workflow, message: Mapping[str, Any], id: str, before: Pending) -> Pending:
    """How far our job is after this message."""
    kind, data = message.get("type"), message["data"]
    if data.get("prompt_id") != id:
        return before
    if kind == "progress" and isinstance(most := data.get("max"), int | float) and most > 0:
        value = float(data.get("value") or 0)
        return Pending(f"step {value:g} of {most:g}", min(1.0, value / most), wait=0)
    if kind == "executing" and data.get("node") is not None:
        return Pending(workflow.title(str(data["node"])), wait=0)
    return Pending("running", wait=0) if kind == "execution_start" else before


# ---------------------------------------------------------------------- when it has ended
def picture_in(service: ComfyUi, record: Mapping[str, Any]) -> dict[str, str]:
    """Where the server keeps the picture of an ended job. Raises Fault(CONFIG) when the workflow saved none."""
    node = service.workflow.output
    images = value_at((record.get("outputs") or {}).get(node), "images") or ()
    kept = sorted(images, key=lambda one: bool(one.get("type") != "output"))
    if not kept:
        raise service.fault("no picture", f"node {service.workflow.title(node)!r} saved no picture")
    return {key: str(kept[0].get(key, "")) for key in ("filename", "subfolder", "type")}


def failed(service: ComfyUi, record: Mapping[str, Any]) -> Fault:
    """Why an ended job has no picture."""
    events = _events(record)
    error = events.get("execution_error")
    if error is None and "execution_interrupted" in events:
        return service.fault("interrupted", "somebody stopped the job at the server")
    error = error or {}
    title = service.workflow.title(str(error.get("node_id", "")))
    text = f"{error.get('exception_message') or 'it failed'} (in node {title!r})"
    return service.fault(str(error.get("exception_type") or "failed").strip(), text, FaultKind.INPUT)


def is_memory(record: Mapping[str, Any]) -> bool:
    """Did it fail for want of the graphics card's memory?"""
    return "OutOfMemory" in str((_events(record).get("execution_error") or {}).get("exception_type"))


def _events(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the record says that happened, by name."""
    said = value_at(record, "status.messages") or ()
    return {str(one[0]): one[1] for one in said if isinstance(one, list) and len(one) == 2}
