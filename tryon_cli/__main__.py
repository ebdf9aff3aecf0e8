"""`tryon` and `python -m tryon_cli`. Knows nothing but where the command line begins."""

from __future__ import annotations

import sys

from .cli.app import main

if __name__ == "__main__":
    sys.exit(main())
