"""What a declaration of a setting says, and the names that follow from it by rule. Knows no values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

PREFIX = "TRYON_"


@dataclass(frozen=True, slots=True)
class Setting:
    """The part of a declaration that the field's type and default do not say."""

    help: str
    """One line for a user."""
    section: str
    """Table of the TOML file, and panel of the help."""
    commands: tuple[str, ...] = ()
    """Commands that take it as an option."""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    form: str = ""
    """How a text is checked and read, a name in forms.FORMS; "" for the plain type."""
    short: str = ""
    """One-letter option, e.g. "-o"."""
    key: str = ""
    """Key in its TOML table where it is not the name."""
    metavar: str = ""
    example: str = ""
    """TOML value for the example file, where the default would teach nothing."""
    aka: tuple[str, ...] = ()
    """Words that people type instead; they are answered with the right one, never taken."""
    pixel: bool = False
    """It can change a pixel: part of the recipe, and so of keys."""
    filed: bool = True
    """May be set in a file. False: said for one call only."""
    kept: bool = True
    """A resumed run takes it from the run's record."""
    guarded: bool = False
    """Widens what is read, or where it is written: not taken from a file that came with a manifest."""
    table: bool = False
    """The TOML table as a whole is the value, e.g. [limits]."""


class Declared(NamedTuple):
    """One setting with everything that follows from its declaration."""

    name: str
    type: Any
    default: Any
    says: Setting

    @property
    def option(self) -> str:
        """--max-cost."""
        return "--" + self.name.replace("_", "-")

    @property
    def env(self) -> str:
        """TRYON_MAX_COST."""
        return PREFIX + self.name.upper()

    @property
    def env_off(self) -> str:
        """TRYON_NO_PROGRESS for a switch, "" for the rest."""
        return f"{PREFIX}NO_{self.name.upper()}" if self.switch else ""

    @property
    def key(self) -> str:
        """Key in its TOML table, "" when the whole table is the value."""
        return "" if self.says.table else self.says.key or self.name

    @property
    def toml(self) -> str:
        """As named in messages: manifest.format, or limits."""
        return self.says.section if self.says.table else f"{self.says.section}.{self.key}"

    @property
    def switch(self) -> bool:
        return self.type in (bool, bool | None)

    @property
    def many(self) -> bool:
        """Given several times: a list or key=value pairs."""
        return getattr(self.type, "__origin__", None) is tuple or self.pairs

    @property
    def chain(self) -> bool:
        """One text of parts with commas between them, which may be given part by part, too."""
        return self.says.form in ("providers", "fallbacks")

    @property
    def pairs(self) -> bool:
        return isinstance(self.default, dict)
