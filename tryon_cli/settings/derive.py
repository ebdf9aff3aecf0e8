"""What other parts of the house want to know of the settings, in their own words. Decides nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..manifest.options import ManifestOptions
    from .declare import Settings


def manifest_options(settings: Settings, providers: tuple[str, ...] | None) -> ManifestOptions:
    """The [manifest] settings and what else changes how a row is read."""
    from ..manifest.options import ManifestOptions

    s = settings
    return ManifestOptions(
        format=s.manifest_format, delimiter=s.delimiter, encoding=s.encoding, columns=tuple(s.map.items()),
        root=s.root, allow_outside=s.allow_outside, allow_roots=s.allow_root, expand_vars=s.expand_vars,
        allow_private=s.allow_private, max_rows=s.max_rows, strict=s.strict, defaults=s.defaults, overrides=s.override,
        name_template=s.name, picture_format=s.format, only=s.only, providers=providers,
        outfit_order=s.outfit_order, humans=s.humans, garments=s.garments, pairing=s.pairing,
    )  # fmt: skip


def seconds_left(until: str, max_duration: float | None, now: float) -> float | None:
    """Seconds from now to the first of both; `until` is the next time a local clock shows it."""
    left = [] if max_duration is None else [max_duration]
    if until:
        hour, minute = (int(part) for part in until.split(":"))
        then = list(time.localtime(now))
        then[3:6], then[8] = [hour, minute, 0], -1
        at = time.mktime(time.struct_time(then))
        if at <= now:
            then[2], then[8] = then[2] + 1, -1
            at = time.mktime(time.struct_time(then))  # mktime carries the 32nd over, and knows summer time
        left.append(at - now)
    return min(left) if left else None
