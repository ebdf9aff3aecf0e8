"""Our pictures as a service takes them: format, size in pixels and bytes; and how they stand in JSON.

Knows no service. Equal pictures and rules give equal bytes, and are worked out once for a while.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ...images.container import frame_of
from ...images.decode import opened, pixels
from ...model.errors import Fault, FaultKind
from ...model.remote import Accepts

if TYPE_CHECKING:
    from PIL import Image

ROOM = 96 << 20
"""Bytes of encoded forms that are kept: some hundred pictures, each sent many times."""

_QUALITY = (95, 90, 85, 80, 70)
_MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


class _Kept:
    """The last encoded forms, up to a number of bytes. Safe from any thread."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._size = 0
        self._lock = threading.Lock()
        self._forms: OrderedDict[object, bytes] = OrderedDict()

    def get(self, key: object, make: Callable[[], bytes]) -> bytes:
        """The form of this key; two threads may make it at once, which costs time and harms nothing."""
        with self._lock:
            known = self._forms.get(key)
            if known is not None:
                self._forms.move_to_end(key)
                return known
        made = make()
        with self._lock:
            if key not in self._forms and len(made) <= self._room // 4:
                self._forms[key] = made
                self._size += len(made)
                while self._size > self._room:
                    self._size -= len(self._forms.popitem(last=False)[1])
        return made


_kept = _Kept(ROOM)


def fitted(data: bytes, accepts: Accepts) -> bytes:
    """The same bytes where the service takes them, else the picture re-encoded: flattened on white, shrunk, another
    format, less quality. Raises Fault(INPUT, E-IMG-SMALL or M-...) for a picture that cannot be made to fit."""
    return _kept.get((_digest(data), accepts), lambda: _fitted(data, accepts))


def _fitted(data: bytes, accepts: Accepts) -> bytes:
    found = opened(data, smallest=False)
    frame = found.frame
    short, long = sorted((frame.width, frame.height))
    if accepts.most and long > accepts.most:
        short = max(1, round(short * accepts.most / long))
    if short < accepts.least:
        raise Fault(
            FaultKind.INPUT,
            f"a picture of {frame.width} x {frame.height} pixels is too small for this service: its shorter side"
            f" must have {accepts.least} pixels",
            code="E-IMG-SMALL",
            fix="use a larger picture",
        )
    fine = (
        frame.format.lower() in accepts.formats
        and not (accepts.most and long > accepts.most)
        and not (accepts.size and len(data) > accepts.size)
        and not found.exif
    )
    if fine and found.opaque:
        return data  # not decoded once more: it came through the gate, or was looked at when it was made
    picture = pixels(found).image
    return data if fine and (accepts.alpha or picture.mode != "RGBA") else _encoded(picture, accepts)


def _encoded(picture: Image.Image, accepts: Accepts) -> bytes:
    from ...images.colour import flattened, shrunk

    if picture.mode == "RGBA" and not (accepts.alpha and {"png", "webp"} & set(accepts.formats)):
        picture = flattened(picture, (255, 255, 255))
    if accepts.most:
        picture = shrunk(picture, accepts.most)
    name = accepts.formats[0]
    if picture.mode == "RGBA" and name == "jpeg":
        name = "png" if "png" in accepts.formats else "webp"
    while True:
        for data in _attempts(picture, name):
            if not accepts.size or len(data) <= accepts.size:
                return data
        long = max(picture.size)
        if name != "jpeg" and "jpeg" in accepts.formats and picture.mode == "RGB":
            name = "jpeg"
            continue
        if min(picture.size) * 0.8 < max(accepts.least, 16):
            text = f"the picture cannot be brought below {accepts.size:,} bytes for this service"
            raise Fault(FaultKind.INPUT, text, code="E-IMG-LARGE", fix="use a smaller picture")
        picture = shrunk(picture, int(long * 0.8))


def _attempts(picture: Image.Image, name: str) -> Iterator[bytes]:
    """The picture's encodings, the best first; each made when it is asked for."""
    if name == "png":
        yield _saved(picture, "PNG", compress_level=6)
        return
    for quality in _QUALITY:
        if name == "jpeg":
            yield _saved(picture, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2)
        else:
            yield _saved(picture, "WEBP", quality=quality, method=4)


def _saved(picture: Image.Image, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    picture.info = {}
    picture.save(out, kind, **options)
    return out.getvalue()


def media_of(data: bytes) -> str:
    """image/jpeg, image/png or image/webp, by the bytes themselves. Raises Fault(INPUT)."""
    frame = frame_of(data, whole=True)
    assert frame is not None
    return _MEDIA[frame.format]


def raw_base64(data: bytes) -> str:
    """Without any prefix."""
    return _kept.get((_digest(data), "base64"), lambda: base64.b64encode(data)).decode("ascii")


def data_uri(data: bytes) -> str:
    """data:image/png;base64,..."""
    return f"data:{media_of(data)};base64,{raw_base64(data)}"


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def decoded(text: str) -> bytes:
    """The bytes of base64 or of a data URI. Raises Fault(TRANSIENT)."""
    data = text.partition(",")[2] if text[:5].lower() == "data:" else text
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        why = "a picture came as base64 that cannot be read"
        raise Fault(FaultKind.TRANSIENT, why, code="E-NET-ANSWER") from None


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as stored, by the header alone. Raises Fault(INPUT)."""
    frame = frame_of(data, whole=True)
    assert frame is not None
    return frame.width, frame.height
