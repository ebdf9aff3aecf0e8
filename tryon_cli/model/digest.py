"""Names for bytes and for questions. Knows nothing about where either is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import NewType

Digest = NewType("Digest", str)
"""SHA-256 of some bytes, 64 lower-case hex characters."""

Key = NewType("Key", str)
"""SHA-256 of a question (stage, version, settings, input digests), 64 lower-case hex characters."""

Value = str | int | float | bool | None
"""What a setting may be: plain JSON scalars, so that a key never depends on a Python type."""


def digest_of(data: bytes | memoryview) -> Digest:
    """Name these bytes."""
    return Digest(hashlib.sha256(data).hexdigest())


def canonical(settings: Mapping[str, object]) -> bytes:
    """One spelling for equal settings: sorted, compact, UTF-8 JSON. NaN and infinities raise ValueError."""
    return json.dumps(
        settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def salt_of(stage: str, version: str, maker: str, settings: Mapping[str, object]) -> bytes:
    """The part of a key that all steps of one stage with equal settings share.

    maker names who renders (provider, model, its version), "" for stages that need nobody.
    Whatever cannot change a pixel (paths, row numbers, workers, time) must not be in here.
    """
    text = canonical({"stage": stage, "version": version, "maker": maker, "settings": settings})
    return hashlib.sha256(text).digest()


def key_of(salt: bytes, inputs: Iterable[str]) -> Key:
    """Name the question a salt asks about these inputs, in this order."""
    return Key(hashlib.sha256(salt + "\0".join(inputs).encode()).hexdigest())


def alternate_key(key: Key, maker: str) -> Key:
    """Name the same question as somebody else answers it: his picture is never taken for the first one's.

    maker: who made it, as in salt_of. Nobody who does not know the maker can find the answer.
    """
    return Key(hashlib.sha256(f"alternate1\0{key}\0{maker}".encode()).hexdigest())


def is_digest(text: str) -> bool:
    """True for 64 lower-case hex characters: the only names that may become part of a path."""
    return len(text) == 64 and not text.strip("0123456789abcdef")
