"""Shapes of the arrays that travel through the local provider, by name.

Knows nothing about what they show.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height x width x 3, RGB."""
Grey = NDArray[np.uint8]
"""Height x width."""
Mask = NDArray[np.bool_]
"""Height x width."""
Field = NDArray[np.float32]
"""Height x width, or height x width x 3: values per pixel."""
Points = NDArray[np.float64]
"""n x 2: x and y in pixels."""
Point = NDArray[np.float64]
"""x and y in pixels."""
Row = NDArray[np.float64]
"""One number per row (or column) of a picture."""
Labels = NDArray[np.int32]
"""Height x width: number of the blob, 0 outside."""
Size = tuple[int, int]
"""Height and width in pixels."""
Columns = NDArray[np.intp]
"""Indices of pixels in a row or column."""
Brush = NDArray[np.uint8]
"""A small picture of ones that other pictures are grown or shrunk by."""

SIDES = (-1, 1)
"""Left and right in the picture; the sign of x seen from the axis of the body."""
