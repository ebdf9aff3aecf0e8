"""What can go wrong, as values. Every text says what, where and why; every fix says what to do next."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple


class Exit(IntEnum):
    """Exit codes of the command. Codes are only added, never given a second meaning."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    PARTIAL = 3
    MANIFEST = 4
    TEMPORARY = 5
    QUALITY = 6
    FATAL_PROVIDER = 7
    BUDGET = 8
    NOTHING = 9
    TIME = 10
    LOCKED = 11
    STORAGE = 12
    DECIDE = 13
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143


EXIT_ORDER = (
    Exit.INTERNAL,
    Exit.USAGE,
    Exit.MANIFEST,
    Exit.STORAGE,
    Exit.FATAL_PROVIDER,
    Exit.HANGUP,
    Exit.INTERRUPTED,
    Exit.TERMINATED,
    Exit.BUDGET,
    Exit.TIME,
    Exit.DECIDE,
    Exit.TEMPORARY,
    Exit.LOCKED,
    Exit.PARTIAL,
    Exit.QUALITY,
    Exit.NOTHING,
    Exit.OK,
)
"""If several codes apply, the first of these is the one that is returned."""


class FaultKind(StrEnum):
    """Why a step did not make its image, and so what may be done about it."""

    THROTTLED = "throttled"
    """Too fast or too many at once: wait, then the same again."""
    TRANSIENT = "transient"
    """Their trouble, may pass: the same again, a few times."""
    AMBIGUOUS = "ambiguous"
    """Sent, no answer read: it may have been billed. Never simply sent again, here or elsewhere."""
    LOST = "lost"
    """The service forgot the job, or its result has expired."""
    INPUT = "input"
    """This picture or these settings will never pass."""
    CONTENT = "content"
    """Refused by policy."""
    ACCOUNT = "account"
    """Key, credit or permission: nothing will pass until somebody acts."""
    CONFIG = "config"
    """We ask in a way the service does not understand: a set-up error."""
    WAITING = "waiting"
    """The service still works on it; resume collects it."""
    BUDGET = "budget"
    """The next call could pass the limit that was set for money."""
    STORAGE = "storage"
    """Our own disk: full, read-only or gone."""
    STOPPED = "stopped"
    """The run was asked to stop before this was done."""
    INTERNAL = "internal"
    """A bug of ours, or of somebody's own provider."""


class Fault(Exception):
    """A step failed. Raised by stages, providers and stores; travels as a value inside an Outcome."""

    def __init__(
        self,
        kind: FaultKind,
        text: str,
        *,
        code: str = "",
        fix: str = "",
        wait: float | None = None,
        final: bool = False,
    ) -> None:
        """text: one line for a person; code: stable, e.g. "E-IMG-DECODE"; wait: seconds asked for.

        final: a service that had taken the job says that it failed; not just that a question about it failed.
        """
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.code = code or f"E-{kind.upper()}"
        self.fix = fix
        self.wait = wait
        self.final = final

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (str(self.kind), self.text, self.code, self.fix, self.wait, self.final)


def _rebuild(kind: str, text: str, code: str, fix: str, wait: float | None, final: bool = False) -> Fault:
    return Fault(FaultKind(kind), text, code=code, fix=fix, wait=wait, final=final)


class TryonError(Exception):
    """Ends a command with one clear message and its exit code; shown without a traceback."""

    def __init__(self, exit_code: Exit, what: str, *, details: tuple[str, ...] = (), code: str = "") -> None:
        """what: the first line; details: further lines (where, why, what to do next), shown indented."""
        super().__init__(what)
        self.exit_code = exit_code
        self.what = what
        self.details = details
        self.code = code


class Level(StrEnum):
    """How bad a complaint about a manifest is."""

    FILE = "file"
    """Nothing can run; exit 4."""
    ROW = "row"
    """This row is invalid, the others run."""
    WARNING = "warning"
    """The row runs, but somebody should look. An error with --strict where it says so."""
    NOTICE = "notice"
    """Something was adapted; nothing to do."""


class Complaint(NamedTuple):
    """One thing wrong with a manifest: where, what, why and what to do."""

    level: Level
    code: str
    text: str
    row: str = ""
    """As Pair.row; "" for the file as a whole."""
    line: int = 0
    """Line in the file, from 1; 0 when it makes no sense."""
    column: str = ""
    value: str = ""
    fix: str = ""
