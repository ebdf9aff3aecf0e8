"""One command per file: options, one call, exit code."""
