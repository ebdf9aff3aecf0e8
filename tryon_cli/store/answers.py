"""An Answer as compact bytes and back. Knows no database.

One byte of kind, 32 of the digest, 8 each of size, cost and seconds (big-endian), then who made it: as plain
UTF-8, or as a JSON list with the notes behind it when there are any. No Python object is ever rebuilt from
bytes by name, and bytes that are not exactly so are refused.
"""

from __future__ import annotations

import json
import struct
from math import isfinite

from ..model.digest import Digest, is_digest
from ..model.outcome import Answer

_HEAD = struct.Struct(">B32sQdd")
_PLAIN, _LISTED = 1, 2


def pack(answer: Answer) -> bytes:
    """An answer as bytes. Raises ValueError for one that is none: no digest, a negative size, endless cost."""
    digest, size, notes, provider, cost, seconds = answer
    if not is_digest(digest) or not 0 <= size < 1 << 64 or not isfinite(cost) or not isfinite(seconds):
        raise ValueError(f"not an answer: {answer!r:.200}")
    kind = _LISTED if notes or not _is_plain(provider) else _PLAIN
    texts = provider if kind == _PLAIN else json.dumps([provider, *notes], separators=(",", ":"))
    return _HEAD.pack(kind, bytes.fromhex(digest), size, cost, seconds) + texts.encode()


def unpack(data: bytes) -> Answer:
    """The answer again. Raises ValueError for anything that pack() did not make."""
    try:
        kind, digest, size, cost, seconds = _HEAD.unpack_from(data)
        tail = data[_HEAD.size :]
        if kind == _PLAIN:
            texts = [str(tail, "utf-8")]
        elif kind == _LISTED:
            texts = _listed(tail)
        else:
            raise ValueError("another kind of bytes")
    except (struct.error, TypeError, RecursionError) as error:
        raise ValueError("too short, or no bytes at all") from error
    if not isfinite(cost) or not isfinite(seconds):
        raise ValueError("an endless cost")
    return Answer(Digest(digest.hex()), size, tuple(texts[1:]), texts[0], cost, seconds)


def _listed(tail: bytes) -> list[str]:
    texts = json.loads(tail)
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError("not a list of texts")
    return texts


def _is_plain(text: str) -> bool:
    """False for a lone surrogate, which only JSON can spell."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
