"""What Google's APIs have in common: one error form, one way to write bytes. Knows neither Gemini nor Vertex."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ..model.errors import FaultKind
from .http.client import Reply
from .http.faults import Words

QUOTA_SPENT = "QUOTA_SPENT"
"""Our name for a 402, and for a 429 about a quota that is only renewed tomorrow."""

WORDS = Words(
    kinds={
        QUOTA_SPENT: FaultKind.ACCOUNT,
        "API_KEY_INVALID": FaultKind.ACCOUNT,
        "FAILED_PRECONDITION": FaultKind.ACCOUNT,
        "PERMISSION_DENIED": FaultKind.ACCOUNT,
        "UNAUTHENTICATED": FaultKind.ACCOUNT,
        "NOT_FOUND": FaultKind.CONFIG,
        "INVALID_ARGUMENT": FaultKind.INPUT,
        "RESOURCE_EXHAUSTED": FaultKind.THROTTLED,
        # "if your request fails with a 400 or 500 error, you won't be charged" (Gemini API, billing questions)
        "INTERNAL": FaultKind.TRANSIENT,
        "UNAVAILABLE": FaultKind.TRANSIENT,
        # 504: it worked until its own deadline; that this is free is said nowhere
        "DEADLINE_EXCEEDED": FaultKind.AMBIGUOUS,
    }
)

REFUSED = frozenset(
    {
        "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "PROHIBITED_CONTENT", "SAFETY", "BLOCKLIST",
        "SPII", "RECITATION",
    }
)  # fmt: skip
"""Reasons for ending without a picture that are about what is to be seen."""


def error_in(reply: Reply) -> tuple[str, str]:
    """Code and text of the error in this reply; ("", "") when it holds none."""
    error = reply.document().get("error")
    if not isinstance(error, dict):
        return "", ""
    code, text = str(error.get("status") or ""), str(error.get("message") or "")
    details = [detail for detail in error.get("details") or () if isinstance(detail, dict)]
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        code = "API_KEY_INVALID"
    elif reply.status == 402 or any("PerDay" in name for name in _quotas(details)):
        code = QUOTA_SPENT
    return code, text


def _quotas(details: list[dict[str, Any]]) -> list[str]:
    """Names of the quotas that were passed."""
    found = []
    for detail in details:
        for violation in detail.get("violations") or ():
            if isinstance(violation, dict):
                found += [str(violation.get("quotaId", "")), str(violation.get("quotaMetric", ""))]
    return found


def bytes_in(text: Any) -> bytes:
    """The bytes of base64 in either alphabet, as JSON of these services may hold it; b"" where there are none."""
    try:
        return base64.b64decode(str(text or "").replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return b""
