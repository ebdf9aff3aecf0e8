"""row > flag > environment > project file > user file > default, resolved once, each knowing its source.

Knows no screens and no stages. Importing this is cheap; `resolve` brings the validator in.
"""

from __future__ import annotations

from .declare import Settings

__all__ = ["Settings"]
