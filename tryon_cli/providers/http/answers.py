"""What a good answer of a service holds: the id of a job, an object, a picture. Knows no vendor and sends nothing."""

from __future__ import annotations

from typing import Any

from ...model.errors import Fault, FaultKind
from ...model.ports import Done
from .client import Reply
from .paths import text_at
from .pictures import decoded


class Answers:
    """Reading them, in the name of a service."""

    name: str

    def id_in(self, reply: Reply, path: str) -> str:
        """The job's id in the answer to the paid request. Raises Fault(AMBIGUOUS): without it it is out of reach."""
        found = text_at(reply.document(), path)
        if not found:
            text = f"{self.name} took the call and named no job ({path} is missing in its answer)"
            raise Fault(FaultKind.AMBIGUOUS, text, code="E-PROV-NO-ID")
        return found

    def object_in(self, reply: Reply) -> dict[str, Any]:
        """The answer as a JSON object. Raises Fault: AMBIGUOUS for the paid request, TRANSIENT otherwise."""
        try:
            found = reply.json()
            if isinstance(found, dict):
                return found
            raise reply.unreadable("that is no JSON object")
        except Fault as fault:
            raise Fault(fault.kind, f"{self.name}: {fault.text}", code=fault.code, fix=fault.fix) from None

    def picture_in(self, document: Any, *paths: str) -> Done:
        """The picture at the first of these places that holds one: an address, a data URI, or base64.

        Raises Fault(TRANSIENT) when there is none although the service says that it is done.
        """
        for path in paths:
            if found := text_at(document, path):
                if found.startswith(("http://", "https://")):
                    return Done(url=found)
                return Done(image=decoded(found))
        text = f"{self.name} says that it is done and sent no picture"
        raise Fault(FaultKind.TRANSIENT, text, code="E-PROV-EMPTY")
