"""The names of the looks and of what can be dressed: plain words, so that asking costs nothing.

Knows nothing about how a look is made; see looks.py.
"""

from __future__ import annotations

PRESETS = ("none", "off", "studio", "film", "noir", "vivid", "watercolor", "pencil", "cartoon")
"""What the stylize task knows; none and off leave the picture as it is."""

CATEGORIES = frozenset({"auto", "upper", "lower", "dress", "outer", "full"})
"""What can be dressed. Shoes and accessories cannot: there is no landmark to put them on."""
