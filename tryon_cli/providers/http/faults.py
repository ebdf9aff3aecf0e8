"""What a reply, or none, means for us. Knows no vendor and sends nothing.

Rule of precedence: the body's code or words -> the vendor's hint -> the HTTP status. For a paid request everything
that may have been taken is AMBIGUOUS: it is never simply sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...model.errors import Fault, FaultKind
from ...model.secrets import mask
from .hints import in_body, retry_after

if TYPE_CHECKING:
    from .client import Reply
    from .wire import Broken

K = FaultKind

_CREDIT = (
    "insufficient", "credit", "balance", "billing", "payment", "quota", "arrear", "overdue", "exhausted", "funds",
)  # fmt: skip

_STATUS: Mapping[int, FaultKind] = {
    400: K.INPUT, 401: K.ACCOUNT, 402: K.ACCOUNT, 403: K.ACCOUNT, 405: K.CONFIG, 406: K.CONFIG, 410: K.LOST,
    411: K.CONFIG, 413: K.INPUT, 414: K.CONFIG, 415: K.INPUT, 422: K.INPUT, 429: K.THROTTLED, 431: K.CONFIG,
}  # fmt: skip
"""Definite: not taken, not billed."""

_FIX = {
    K.ACCOUNT: "check the key and the account, then: tryon resume",
    K.CONFIG: "correct [providers.{name}] in config.toml",
    K.INPUT: "use another picture or other settings",
    K.CONTENT: "use another picture or prompt",
    K.AMBIGUOUS: "it may have been billed: tryon ledger",
    K.THROTTLED: "wait, or lower its slots",
    K.TRANSIENT: "tryon resume",
    K.LOST: "tryon resume",
}


@dataclass(frozen=True, slots=True)
class Words:
    """A vendor's error words and what each means."""

    kinds: Mapping[str, FaultKind] = field(default_factory=dict)
    """By the code or name in the body, as written there."""
    status: Mapping[int, FaultKind] = field(default_factory=dict)
    """By HTTP status, where the vendor gives one a meaning of its own."""
    words: Mapping[str, FaultKind] = field(default_factory=dict)
    """By part of the text, any case; the first that is found."""
    not_taken: frozenset[int] = frozenset()
    """Statuses after which a paid request was certainly not taken, as the vendor says (e.g. 503)."""

    def kind(self, code: str, text: str) -> FaultKind | None:
        """What code or text say; None: nothing known."""
        found = self.kinds.get(code)
        if found is not None:
            return found
        spoken = f"{code} {text}".lower()
        return next((kind for word, kind in self.words.items() if word.lower() in spoken), None)

    def fault(self, name: str, code: str, text: str, kind: FaultKind | None = None) -> Fault:
        """A failure told in a good reply (a failed job). kind: where the words say nothing; else TRANSIENT."""
        found = self.kind(code, text) or kind or K.TRANSIENT
        return made(
            name, found, _said(code, text), code, wait=in_body(text) if found is K.THROTTLED else None
        )


def fault_of(name: str, reply: Reply, code: str, text: str, words: Words, *, paid: bool = False) -> Fault:
    """The Fault of a reply that is bad by its status or by a code in its body."""
    said = text or _excerpt(reply)
    wait = retry_after(reply.headers, reply.text[:65_536])
    kind = words.kind(code, said) or _by_hint(reply, wait, paid) or words.status.get(reply.status)
    if kind is None:
        kind = _by_status(reply.status, said, wait, words, paid=paid)
    if not 200 <= reply.status < 400:
        said = (
            f"{_said(code, said)} (HTTP {reply.status})"
            if said or code
            else f"it answered HTTP {reply.status}"
        )
    elif reply.status >= 300:
        said = _redirected(reply)
    else:
        said = _said(code, said)
    return made(name, kind, said, code, wait=wait if kind in (K.THROTTLED, K.TRANSIENT) else None)


def _by_hint(reply: Reply, wait: float | None, paid: bool) -> FaultKind | None:
    """The vendor's own verdict on repeating. It says nothing about a bill, so a paid 5xx stays in doubt."""
    hint = reply.headers.get("x-should-retry") or reply.headers.get("x-fal-retryable") or ""
    hint = hint.strip().lower()
    if not reply.status >= 400 or hint not in ("true", "false") or reply.status in (401, 402, 403):
        return None
    if reply.status >= 500 or reply.status in (408, 425):
        return None
    if reply.status == 429:
        return K.THROTTLED if hint == "true" else K.ACCOUNT
    if hint == "false":
        return None
    return None if paid and reply.status == 409 else K.TRANSIENT


def _by_status(status: int, text: str, wait: float | None, words: Words, *, paid: bool) -> FaultKind:
    if status < 200 or 300 <= status < 400:
        return K.CONFIG
    if status == 429:
        # a wait that was named means "slower", even where the text speaks of credit
        poor = wait is None and any(word in text.lower() for word in _CREDIT)
        return K.ACCOUNT if poor else K.THROTTLED
    if status == 404:
        return K.CONFIG if paid else K.LOST
    if status in _STATUS:
        return _STATUS[status]
    if status in words.not_taken:
        return K.TRANSIENT
    if paid:
        return K.AMBIGUOUS  # 408, 409, 425, 5xx, and an unknown error in a good reply
    if 400 <= status < 500 and status not in (408, 409, 425):
        return K.INPUT
    return K.TRANSIENT


def _redirected(reply: Reply) -> str:
    from urllib.parse import urljoin, urlsplit

    try:
        here, there = urlsplit(reply.url), urlsplit(urljoin(reply.url, reply.headers.get("location", "")))
        where = "another address" if there.netloc == here.netloc else "another host"
    except ValueError:
        where = "no address"
    return f"the API answered {reply.status} to {where}; refused"


def unsent(name: str, broken: Broken, *, paid: bool) -> Fault:
    """The Fault of a request to which no whole answer came."""
    from .wire import Sent

    if broken.sent is Sent.MAYBE and paid:
        return made(name, K.AMBIGUOUS, f"{broken.text}; it may have been billed", "E-NET-CUT")
    text = f"{name}: {mask(broken.text)}"
    if broken.sent is Sent.NEVER:
        code, fix = _NEVER.get(broken.kind, ("E-NET-ADDRESS", f"correct [providers.{name}] in config.toml"))
        return Fault(K.CONFIG, text, code=code, fix=fix)
    code = "E-NET-CUT" if broken.sent is Sent.MAYBE else "E-NET"
    return Fault(K.TRANSIENT, text, code=code, fix="check the network, then: tryon resume")


_NEVER = {
    "certificate": ("E-NET-TLS", "if it is your own server, give its certificate with ca_file"),
    "tls": ("E-NET-TLS", "check the address: https where the server speaks TLS 1.2 or newer"),
    "login": ("E-NET-PROXY", "correct the proxy in the environment, or its user and password"),
}
"""What stays as it is until somebody acts."""


def made(name: str, kind: FaultKind, text: str, code: str = "", *, wait: float | None = None) -> Fault:
    """A Fault in a vendor's name; its text holds no secret and is one line."""
    line = " ".join(mask(text).split())[:400]
    shown = code if code.startswith(("E-", "M-")) else _code(kind, line)
    return Fault(kind, f"{name}: {line}", code=shown, fix=_FIX.get(kind, "").format(name=name), wait=wait)


def _code(kind: FaultKind, line: str) -> str:
    if kind is K.CONTENT:
        return "E-PROV-MODERATION"
    if kind is K.ACCOUNT:
        return "E-PROV-CREDITS" if any(word in line.lower() for word in _CREDIT) else "E-AUTH-REFUSED"
    return f"E-PROV-{kind.upper()}"


def _said(code: str, text: str) -> str:
    if not text:
        return code or "it failed without a reason"
    return f"{text} [{code}]" if code and code not in text else text


def _excerpt(reply: Reply) -> str:
    """The beginning of a body that no vendor's file could read."""
    text = reply.text[:2_000].strip()
    if text[:1] == "<":
        return "it answered with a web page"
    return text[:200]
