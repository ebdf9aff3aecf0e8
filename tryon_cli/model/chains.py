"""Who renders which stage, as people write it: "local", or "try-on=fashn,stylize=kling,local". Knows no providers."""

from __future__ import annotations

from collections.abc import Iterator

STAGES = ("stylize", "extract-face", "try-on", "face-swap")
"""The stages that a provider renders."""


class Misnamed(ValueError):
    """A part that says nothing, or not what its writer may think. expected: what could be there instead."""

    def __init__(self, part: str, expected: str, near: str = "") -> None:
        super().__init__(f"{part!r}, expected {expected}")
        self.part, self.expected, self.near = part, expected, near


def providers_of(text: str) -> dict[str, str]:
    """Read "local" or "try-on=fashn,stylize=openai,local": stage -> provider, "" for the rest."""
    return {stage: name for stage, name, _ in _parts(text)}


def chains_of(text: str) -> dict[str, tuple[str, ...]]:
    """Read a fallback, "kling,local" or "try-on=kling,try-on=local,openai": stage -> names, "" for the rest."""
    table: dict[str, tuple[str, ...]] = {}
    for stage, name, _ in _parts(text):
        table[stage] = (*table.get(stage, ()), name)
    return table


def check(text: str, *, several: bool) -> None:
    """Raises Misnamed for a stage that does not exist, and for a second name of a stage unless several."""
    named: set[str] = set()
    for stage, name, part in _parts(text):
        if stage not in ("", *STAGES):
            raise Misnamed(part, f"{', '.join(STAGES[:-1])} or {STAGES[-1]} before the =", _near(stage, name))
        if stage in named and not several:
            where = stage or "all stages that are not named"
            raise Misnamed(part, f"one name for {where}; who steps in is named by fallback")
        named.add(stage)


def _parts(text: str) -> Iterator[tuple[str, str, str]]:
    """Stage, name, and both as written; "" for a name without a stage."""
    for part in filter(None, (p.strip() for p in text.split(","))):
        stage, sign, name = part.partition("=")
        yield (stage.strip(), name.strip(), part) if sign else ("", part, part)


def _near(stage: str, name: str) -> str:
    from difflib import get_close_matches  # 3 ms to import, for mistakes only

    found = get_close_matches(stage.lower().replace("_", "-"), STAGES, 1, 0.5)
    return f"{found[0]}={name}" if found else ""
