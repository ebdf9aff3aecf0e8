"""The plan of a dressing: which part of the garment goes where on the body. Points only, no pixels.

Knows nothing about colours.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .kinds import Field, Point, Points, Row


@dataclass(frozen=True)
class Sleeve:
    """A sleeve's own shape on the person: what its shading and its outline need."""

    centres: Points
    half: Row
    outline: Points


@dataclass(frozen=True)
class Piece:
    """A part of the garment: its alpha in the cutout, and pairs of points from the cutout to the picture."""

    alpha: Field
    source: Points
    target: Points
    sleeve: Sleeve | None = None


@dataclass(frozen=True)
class Seam:
    """Neck, shoulder and armpit of the garment on the person, one side."""

    neck: Point
    shoulder: Point
    armpit: Point


@dataclass(frozen=True)
class Pattern:
    """All pieces, the lowest first."""

    pieces: tuple[Piece, ...]
    hem: float
    """y where the garment ends on the person."""
    scale: float
    """Picture pixels per cutout pixel, across the trunk."""
    seams: dict[int, Seam] = field(default_factory=dict)
    """Empty for trousers and skirts."""


class Pairs:
    """Collects pairs of points."""

    def __init__(self) -> None:
        self.source: list[tuple[float, float]] = []
        self.target: list[tuple[float, float]] = []

    def add(self, source: Point | tuple[float, float], target: Point | tuple[float, float]) -> None:
        """One point of the cutout and where it lands in the picture."""
        self.source.append((float(source[0]), float(source[1])))
        self.target.append((float(target[0]), float(target[1])))
