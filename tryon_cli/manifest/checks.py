"""Options that make no sense, found before anything is read. Knows no file."""

from __future__ import annotations

from .columns import our_name
from .filters import filters_of
from .names import BadName, compile_template
from .options import FORMATS, ManifestOptions
from .trouble import Refusal, nearest, shown
from .values import PICTURE_FORMATS


def check_options(options: ManifestOptions) -> list[Refusal]:
    """Everything wrong with the options, at once."""
    refusals = filters_of(options.only)[1]
    _allowed("--format", options.format, FORMATS, refusals)
    _allowed("--outfit-order", options.outfit_order, ("given", "auto"), refusals)
    _allowed("the picture format", options.picture_format, PICTURE_FORMATS, refusals)
    delimiter = options.delimiter
    if len(delimiter) > 1 or (delimiter in ('"', "\n", "\r", "#", "\\", "'", " ", "\0") and delimiter):
        refusals.append(Refusal("M-VALUE", f"--delimiter {shown(delimiter)!r} is not one plain character."))
    try:
        compile_template(options.name_template)
    except BadName as wrong:
        refusals.append(Refusal("M-VALUE", f"the name template is wrong: {wrong.text}.", (wrong.fix,)))
    for flag, cells in (("default", options.defaults), ("--override", options.overrides)):
        for name in cells:
            if not our_name(name):
                near = nearest(name, ("seed", "provider", "style", "size", "category", "face", "tags"), 0.5)
                hint = (f"did you mean {near}?",) if near else ()
                refusals.append(Refusal("M-COLUMN", f"{flag} {shown(name)}: no such column.", hint))
    return refusals


def _allowed(what: str, value: str, allowed: tuple[str, ...], refusals: list[Refusal]) -> None:
    if value not in allowed:
        near = nearest(value, allowed, 0.5)
        hint = f"did you mean {near}?" if near else f"allowed   {', '.join(allowed)}"
        refusals.append(Refusal("M-VALUE", f"{what} {shown(value)!r} is not known.", (hint,)))
