"""An access token that a command of the user's prints, and that ages. Knows no service."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Callable, Sequence

from ..model.errors import Fault, FaultKind
from ..model.secrets import learn_value

FRESH = 2700.0
"""Seconds that a token is used; it lives an hour, and the last quarter is left to calls that are under way."""

YOUNG = 60.0
"""Seconds. A token refused at this age was never good."""

PATIENCE = 60.0
"""Seconds that the command may take."""


class TokenCommand:
    """Runs the command when a token is needed and none is fresh; one at a time."""

    def __init__(self, name: str, command: str | Sequence[str], clock: Callable[[], float]) -> None:
        """command: words, or one line as a shell would split it; no shell is started."""
        self._name = name
        self._command = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._born = 0.0

    def value(self) -> str:
        """The token. Raises Fault(ACCOUNT)."""
        with self._lock:
            if not self._token or not 0 <= self._clock() - self._born < FRESH:
                self._token, self._born = self._run(), self._clock()
            return self._token

    def outlived(self) -> bool:
        """The service refused the token: forget it. True: it had aged, so a new one may be taken."""
        with self._lock:
            self._token, aged = "", self._clock() - self._born >= YOUNG
            return aged

    def _run(self) -> str:
        what = f"{self._name}: token_command ({self._command[0] if self._command else 'empty'})"
        try:
            # what it prints on stderr is not repeated: such tools like to show what they hold
            done = subprocess.run(self._command, capture_output=True, text=True, timeout=PATIENCE, check=True)
        except FileNotFoundError:
            raise self._fault(f"{what} is not here") from None
        except subprocess.TimeoutExpired:
            raise self._fault(f"{what} took longer than {PATIENCE:.0f} s") from None
        except (OSError, IndexError, UnicodeError):
            raise self._fault(f"{what} cannot be run") from None
        except subprocess.CalledProcessError as error:
            raise self._fault(f"{what} ended with code {error.returncode}") from None
        token = done.stdout.strip()
        if not token or any(sign.isspace() for sign in token):
            raise self._fault(f"{what} printed no token")
        learn_value(token)
        return token

    def _fault(self, text: str) -> Fault:
        fix = "run it by hand; it must print one access token and nothing else"
        return Fault(FaultKind.ACCOUNT, text, code="E-AUTH-MISSING", fix=fix)
