"""What a folder's name says about the pictures in it. Knows no file."""

from __future__ import annotations

_PEOPLE = frozenset(
    ("human", "humans", "people", "person", "persons", "models", "customers", "selfies", "image")
)
_CLOTHES = frozenset(
    (
        "garment",
        "garments",
        "cloth",
        "cloths",
        "clothes",
        "clothing",
        "product",
        "products",
        "tops",
        "dresses",
    )
)


def kind_of(path: str) -> str:
    """ "human" or "garment" by the nearest folder that says so, else ""."""
    for part in reversed(path.casefold().split("/")[:-1]):
        if part in _PEOPLE:
            return "human"
        if part in _CLOTHES:
            return "garment"
    return ""
