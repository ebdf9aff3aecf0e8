"""What every test gets."""

from __future__ import annotations

import sys
from pathlib import Path

# test folders hold small modules (simulate.py, fakes) that their neighbours import by name
for _folder in ("engine", "fakes", "contracts", "e2e"):
    sys.path.insert(0, str(Path(__file__).parent / _folder))
