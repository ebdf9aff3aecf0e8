"""The words of a manifest: our columns and what else people call them. Knows no rule."""

from __future__ import annotations

ALIASES: dict[str, tuple[str, ...]] = {
    "human": ("person", "model", "model_image", "human_image", "person_image", "image"),
    "garment": ("cloth", "cloth_image", "garment_image", "product", "product_image"),
    "id": ("key", "sku_id", "row_id"),
    "category": ("type", "garment_type"),
    "output": ("out", "filename"),
    "mask": ("agnostic_mask",),
    "keep": (),
    "seed": (),
    "variants": ("n", "num_images"),
    "provider": (),
    "fallback": (),
    "prompt": (),
    "negative": (),
    "style": ("stylize",),
    "face": (),
    "size": ("resolution",),
    "background": (),
    "priority": (),
    "max_cost": (),
    "tags": ("tag",),
    "skip": (),
    "pipeline": (),
    "quality": (),
    "format": (),
}
"""Our columns, and what else people call them."""

FURTHER = tuple(f"garment_{n}" for n in range(2, 10))
ERRORS = ("error_code", "error_column", "error_value", "error_text", "error_fix")
"""Columns of failed.csv that say what went wrong; left out when it is read again."""

GARMENTS = ("garment", *FURTHER)
CHOICES: tuple[str, ...] = (
    "seed",
    "variants",
    "provider",
    "fallback",
    "prompt",
    "negative",
    "style",
    "face",
    "size",
)
CHOICES += ("background", "max_cost", "pipeline", "quality")
"""Columns that become Pair.overrides under their own name."""
