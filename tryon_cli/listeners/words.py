"""Numbers as people read them: money, counts, spans of time, times of day. Knows nothing about runs."""

from __future__ import annotations

from datetime import UTC, datetime


def money(usd: float) -> str:
    """$36.76; less than a cent keeps four digits: $0.0040."""
    if 0 < usd < 0.01:
        return f"${usd:.4f}"
    return f"${usd:,.2f}"


def number(n: int) -> str:
    """1,200."""
    return f"{n:,}"


def rows(n: int) -> str:
    """1 row, 1,200 rows."""
    return f"{n:,} row{'' if n == 1 else 's'}"


def span(seconds: float) -> str:
    """9s, 6m 44s, 3h 05m, 2d 4h."""
    s = max(0, round(seconds))
    if s < 60:
        return f"{s}s"
    if s < 3600:
        return f"{s // 60}m {s % 60:02d}s"
    if s < 48 * 3600:
        return f"{s // 3600}h {s % 3600 // 60:02d}m"
    return f"{s // 86400}d {s % 86400 // 3600}h"


def brief(seconds: float | None) -> str:
    """For a narrow column: 0.04s, 8.2s, 312s, 14m; "-" for None."""
    if seconds is None:
        return "-"
    if seconds < 0.1:
        return f"{seconds:.2f}s"
    if seconds < 99.95:
        return f"{seconds:.1f}s"
    return f"{seconds:.0f}s" if seconds < 1000 else f"{seconds / 60:.0f}m"


def per_minute(rate: float) -> str:
    """41/min, or 8.3/min where one digit would say little; thousands per second become 95/s."""
    if rate >= 600:
        return f"{rate / 60:.0f}/s"
    return f"{rate:.0f}/min" if rate >= 10 else f"{rate:.1f}/min"


def clock_utc(at: float) -> str:
    """02:00:01Z."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}Z"


def stamp_utc(at: float) -> str:
    """2026-11-23T02:00:01.250Z."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def percent(part: int, whole: int) -> int:
    """Rounded down, so that 100 means all."""
    return 100 * part // whole if whole > 0 else 100


def compact(seconds: float) -> str:
    """19m40s: one word."""
    return span(seconds).replace(" ", "")
