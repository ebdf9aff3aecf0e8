"""The record inside a file: IPTC source type and provenance as XMP, written and read. Decodes no pixels.

The packet's form follows XMP part 1 (ISO 16684-1); where it lies in a file follows XMP part 3 and RFC 9649.
"""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ..model.errors import Fault
from .container import frame_of, take_apart
from .provenance import Provenance

NAMESPACE = "urn:tryon-cli:provenance:1#"

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

MAX_PACKET = 65_000
"""Bytes; a JPEG segment holds no more."""


def packet(label: Provenance) -> bytes:
    """The XMP packet: equal records give equal bytes."""
    rows = [f"<Iptc4xmpExt:DigitalSourceType>{_text(label.source_type)}</Iptc4xmpExt:DigitalSourceType>"]
    rows += _listed("Sources", label.sources)
    rows += _listed("Providers", label.providers)
    rows += _listed("Stages", tuple(f"{name} {version}" for name, version in label.stages))
    single = {
        "Pipeline": label.pipeline,
        "Seed": "" if label.seed is None else str(label.seed),
        "Tool": label.tool,
        "Trained": "True" if label.trained else "False",
        "Quality": label.quality,
    }
    rows += [f"<tryon:{name}>{_text(value)}</tryon:{name}>" for name, value in single.items() if value]
    body = "\n".join(rows)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">\n'
        f'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{_EXT}" xmlns:tryon="{NAMESPACE}">\n'
        f"{body}\n</rdf:Description></rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="r"?>'
    ).encode()


def read_label(data: bytes) -> Provenance | None:
    """What a file says about itself; None when it says nothing or cannot be read.

    Other programs' files may hold the IPTC source type only: then everything else is empty.
    """
    try:
        frame = frame_of(data, whole=True)
        xmp = take_apart(data, frame).xmp if frame else b""
    except Fault:
        return None
    return _parsed(xmp)


def _parsed(xmp: bytes) -> Provenance | None:
    # entities are the way to blow up a parser; XMP needs none
    if not xmp or len(xmp) > 1_000_000 or b"<!" in xmp:
        return None
    try:
        root = ElementTree.fromstring(xmp.decode("utf-8").strip("\ufeff\0 \r\n\t"))
    except (ElementTree.ParseError, ValueError):
        return None
    found: dict[str, list[str]] = {}
    for description in root.iter(f"{{{_RDF}}}Description"):
        for name, value in description.attrib.items():
            found.setdefault(name, [value])
        for child in description:
            items = [item.text or "" for item in child.iter(f"{{{_RDF}}}li")]
            resource = child.get(f"{{{_RDF}}}resource")
            found.setdefault(child.tag, items or [resource or (child.text or "").strip()])
    return _record(found)


def _record(found: dict[str, list[str]]) -> Provenance | None:
    def listed(name: str) -> tuple[str, ...]:
        return tuple(found.get(f"{{{NAMESPACE}}}{name}", ()))

    def one(name: str) -> str:
        return next(iter(listed(name)), "")

    kind = next(iter(found.get(f"{{{_EXT}}}DigitalSourceType", ())), "")
    if not kind and not any(name.startswith(f"{{{NAMESPACE}}}") for name in found):
        return None
    stages = tuple((name, version) for name, _, version in (row.partition(" ") for row in listed("Stages")))
    seed = one("Seed")
    return Provenance(
        sources=listed("Sources"),
        providers=listed("Providers"),
        pipeline=one("Pipeline"),
        stages=stages,
        seed=int(seed) if seed.lstrip("-").isdecimal() and len(seed) < 30 else None,
        tool=one("Tool"),
        trained=one("Trained") != "False",
        quality=one("Quality"),
        source_type=kind,
    )


def _listed(name: str, values: tuple[str, ...]) -> list[str]:
    if not values:
        return []
    items = "".join(f"<rdf:li>{_text(value)}</rdf:li>" for value in values)
    return [f"<tryon:{name}><rdf:Seq>{items}</rdf:Seq></tryon:{name}>"]


def _text(value: str) -> str:
    """Escaped, without what XML cannot hold (control characters, lone surrogates)."""
    if not value.isprintable():
        value = "".join(c if c.isprintable() else "\ufffd" for c in value)
    return escape(value)
