"""What every test gets."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# no test is about speed, and a machine under load must not fail one
settings.register_profile("tryon", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tryon")

# test folders hold small modules (simulate.py, fakes) that their neighbours import by name
for _folder in ("engine", "fakes", "contracts", "e2e"):
    sys.path.insert(0, str(Path(__file__).parent / _folder))
