"""Bodies of a size that was agreed on, compressed or not. A bomb costs the cap, not the memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from ...model.errors import Fault, FaultKind

MOST = 64 << 20
"""Bytes of a reply, as sent and as unpacked."""

_STEP = 1 << 18
_ASKED = "gzip, deflate"


class Undecodable(Exception):
    """The body is not what its Content-Encoding says."""


def accepted(packed: bool) -> str:
    """Accept-Encoding of a request."""
    return _ASKED if packed else "identity"


def body(chunks: Iterable[bytes], encoding: str, length: str, most: int = MOST) -> bytes:
    """The whole body, unpacked. Raises Fault(TRANSIENT, E-NET-SIZE) above `most`, Undecodable."""
    if length.isdecimal() and int(length) > most:
        raise too_large(most)
    whole = bytearray()
    for chunk in unpacked(bounded(chunks, most), encoding):
        whole += chunk
        if len(whole) > most:
            raise too_large(most)
    return bytes(whole)


def bounded(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The same pieces, until there are too many."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise too_large(most)
        yield chunk


def unpacked(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Pieces without their Content-Encoding, each of at most 256 kB."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        yield from chunks
    elif name in ("gzip", "x-gzip", "deflate"):
        yield from _inflated(chunks, name)
    else:
        # also "gzip, gzip": nobody packs twice for a good reason
        raise Undecodable(f"it came packed as {name[:40]!r}, which was not asked for")


def _inflated(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    inflater = None
    try:
        for chunk in chunks:
            if inflater is None:
                if not chunk:
                    continue
                inflater = zlib.decompressobj(_window(name, chunk))
            while chunk and not inflater.eof:  # what follows the end is left out, as browsers do
                yield inflater.decompress(chunk, _STEP)
                chunk = inflater.unconsumed_tail
    except zlib.error as error:
        raise Undecodable(f"its packed body is damaged ({error})") from None
    if inflater is not None:
        while not inflater.eof:  # what the limit of the last step held back
            more = inflater.decompress(inflater.unconsumed_tail, _STEP)
            if not more:
                raise Undecodable("its packed body ends too early")
            yield more


def _window(name: str, head: bytes) -> int:
    """gzip, zlib, or the bare deflate that some servers send instead."""
    if name != "deflate":
        return 31
    return 15 if head[0] & 0x0F == 8 else -15


def too_large(most: int) -> Fault:
    """The refusal."""
    size = f"{most >> 20} MB" if most >= 1 << 20 else f"{most:,} bytes"
    return Fault(FaultKind.TRANSIENT, f"response larger than {size} refused", code="E-NET-SIZE")
