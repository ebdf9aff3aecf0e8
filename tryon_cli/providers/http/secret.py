"""A service's key: from a file, a command, a keyring or the environment. Never in a message, a log or a repr.

Knows no service. A key that could not be sent is refused before anything starts, without showing it.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from ...model.errors import Exit, Fault, FaultKind, TryonError
from ...model.secrets import learn_value

WAYS = ("api_key_file", "api_key_command", "api_key_env", "api_key_keyring", "api_key")
"""Options of [providers.NAME], one of them; the last for those who keep the whole config.toml secret."""
SECONDS = 60.0
"""Longest run of a command that prints a key."""


class Secret:
    """A key and the name of its account."""

    __slots__ = ("_lock", "_name", "_read", "_value", "_where", "label")

    def __init__(
        self, name: str, value: str, label: str, where: str = "", read: Callable[[], str] | None = None
    ) -> None:
        """value: "" when there is none; where: what to set; read: gives it anew."""
        self._name = name
        self._value = value
        self._where = where
        self._read = read
        self._lock = threading.Lock()
        self.label = label
        """Short and stable: names the account in records, and cannot be turned back into the key."""

    @property
    def value(self) -> str:
        """The key. Raises Fault(ACCOUNT, E-AUTH-MISSING) when there is none."""
        if not self._value:
            raise Fault(
                FaultKind.ACCOUNT,
                f"{self._name} needs a key",
                code="E-AUTH-MISSING",
                fix=f"set {self._where} or [providers.{self._name}] api_key_file or api_key_command",
            )
        return self._value

    def renew(self) -> bool:
        """Read it again, where it comes from a command or a file. True: it is another one now."""
        if self._read is None:
            return False
        with self._lock:
            before, self._value = self._value, self._read()
            return self._value != before

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(***)" if self._value else "Secret(none)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a key does not travel")


def secret_of(
    name: str, env: str, options: MutableMapping[str, Any], environment: Mapping[str, str] | None = None
) -> Secret:
    """The key of a service; takes its options out of the table.

    env: the variable that counts when no option is given, "" for services without keys. Raises TryonError(USAGE) for
    a key that is empty or could not be sent, a file or command that does not work.
    """
    environment = os.environ if environment is None else environment
    given = {way: str(options.pop(way)) for way in WAYS if way in options}
    if len(given) > 1:
        raise _wrong(name, f"{' and '.join(given)} are both given", "keep one of them")
    way, told = next(iter(given.items()), ("", ""))
    if way in ("api_key_file", "api_key_command", "api_key_keyring"):
        read = _READERS[way]

        def again() -> str:
            return _sound(name, way, read(name, told))

        value = again()
        # a command may print another token every hour; the account stays the same
        label = _label(f"command\0{told}" if way == "api_key_command" else value)
        return Secret(name, value, label, read=again)
    if way == "api_key":
        value = _sound(name, way, told)
        return Secret(name, value, _label(value))
    variable = told or env
    if not variable or variable not in environment:
        if way:
            raise _wrong(name, f"the environment has no {variable}", f"export {variable}")
        return Secret(name, "", "", variable or "api_key_env")
    value = _sound(name, variable, environment[variable])
    return Secret(name, value, _label(value), variable)


def _from_file(name: str, told: str) -> str:
    path = Path(told).expanduser()
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise _wrong(
            name, f"cannot read api_key_file {told}: {str(why).lower()}", "put the key there"
        ) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        print(f"tryon: others on this machine may read {path}; chmod 600 {path}", file=sys.stderr)
    return _last_line_break_off(text)


def _from_command(name: str, told: str) -> str:
    try:
        done = subprocess.run(
            shlex.split(told), stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
        text = done.stdout.decode("utf-8")
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise _wrong(name, f"api_key_command does not work: {why}", "run it in a shell") from None
    if done.returncode != 0:
        raise _wrong(name, f"api_key_command ended with {done.returncode}", "run it in a shell")
    return _last_line_break_off(text)


def _from_keyring(name: str, told: str) -> str:
    try:
        import keyring
    except ModuleNotFoundError:
        raise _wrong(
            name, "api_key_keyring needs the keyring package", "pip install 'tryon-cli[keyring]'"
        ) from None
    service, _, user = told.partition("/")
    try:
        value = keyring.get_password(service, user or name)
    except Exception as error:  # its back ends raise whatever they like
        raise _wrong(name, f"the keyring does not answer ({type(error).__name__})", "unlock it") from None
    if value is None:
        raise _wrong(name, f"the keyring has nothing for {told}", f"keyring set {service} {user or name}")
    return str(value)


_READERS: Mapping[str, Callable[[str, str], str]] = {
    "api_key_file": _from_file,
    "api_key_command": _from_command,
    "api_key_keyring": _from_keyring,
}


def _last_line_break_off(text: str) -> str:
    """Editors and printers of keys end with one."""
    return text.removesuffix("\n").removesuffix("\r")


def _sound(name: str, where: str, value: str) -> str:
    """The value, if it can stand in a header; hidden everywhere from now on."""
    learn_value(value)
    for part in value.split():
        learn_value(part)  # a broken key's halves are as secret as the whole
    why = ""
    if not value.strip():
        why = "is empty"
    elif "\n" in value or "\r" in value:
        why = "contains a line break"
    elif not value.isascii():
        why = "contains letters or signs that are not ASCII"
    elif any(sign.isspace() for sign in value):
        why = "contains a space"
    elif not value.isprintable():
        why = "contains an invisible sign"
    if why:
        raise _wrong(name, f"{where} {why}", "copy the key again (its value is not shown here)")
    return value


def _label(value: str) -> str:
    return hashlib.sha256(b"tryon account\0" + value.encode()).hexdigest()[:8]


def _wrong(name: str, text: str, fix: str) -> TryonError:
    return TryonError(
        Exit.USAGE, f"the key of {name} cannot be used: {text}", details=(f"do  {fix}",), code="E-AUTH-FORM"
    )
