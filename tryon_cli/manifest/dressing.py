"""Garments of one outfit with their categories, in the order of dressing. Knows no rows."""

from __future__ import annotations

from tryon_cli.model.errors import Complaint

from .pictures import Picture
from .trouble import bad

GARMENTS_MOST = 9
ONE_AUTO = ("auto",)

_ORDER = {"lower": 0, "upper": 1, "auto": 1, "dress": 2, "full": 2, "outer": 3, "shoes": 4, "accessory": 5}


def dressed(
    given: tuple[str, ...], clothes: tuple[Picture, ...], sort: bool
) -> tuple[tuple[Picture, ...], tuple[str, ...], list[Complaint]]:
    """Garments and one category each, sorted when asked to; and what is wrong with them.

    given: none, one for all, or one per garment.
    """
    count = len(clothes)
    wrong: list[Complaint] = []
    if count > GARMENTS_MOST:
        text = f"{count} garments, {GARMENTS_MOST} are possible"
        wrong.append(bad("M-CAP", "garment", str(count), text, "split the outfit"))
    categories = given * count if len(given) == 1 else given or ONE_AUTO * count
    if len(categories) != count:
        text = f"{len(categories)} categories for {count} garments"
        wrong.append(bad("M-VALUE", "category", "|".join(given), text, "one for all, or one each"))
        categories = ONE_AUTO * count
    if sort:
        order = sorted(range(count), key=lambda at: _ORDER[categories[at]])
        clothes, categories = tuple(clothes[at] for at in order), tuple(categories[at] for at in order)
    return clothes, categories, wrong
