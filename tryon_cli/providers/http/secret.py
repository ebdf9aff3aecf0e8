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
    """A key and the name of its account. Read when it is first needed: asking for an offer needs none."""

    __slots__ = ("_label", "_lock", "_name", "_read", "_value", "_where")

    def __init__(
        self, name: str, where: str = "", read: Callable[[], str] | None = None, label: str = ""
    ) -> None:
        """read: gives the key, None where there is none; where: what to set; label: where the key cannot give it."""
        self._name = name
        self._where = where
        self._read = read
        self._value = ""
        self._label = label
        self._lock = threading.Lock()

    @property
    def value(self) -> str:
        """The key. Raises Fault(ACCOUNT, E-AUTH-MISSING) when there is none, or none that can be used."""
        if not self._value:
            try:
                self.sound()
            except TryonError as error:
                fix = error.details[0].strip() if error.details else ""
                raise Fault(FaultKind.ACCOUNT, error.what, code=error.code, fix=fix) from None
        return self._value

    def sound(self) -> None:
        """Read it now. Raises TryonError(USAGE) that says what is wrong with it and where it could come from."""
        with self._lock:
            if self._value:
                return
            if self._read is None:
                raise TryonError(
                    Exit.USAGE,
                    f"{self._name} needs a key",
                    details=(
                        f"set  {self._where} or [providers.{self._name}] api_key_file or api_key_command",
                        "or try the whole thing without an account: -p local",
                    ),
                    code="E-AUTH-MISSING",
                )
            self._value = self._read()

    @property
    def label(self) -> str:
        """Short and stable: names the account in records, and cannot be turned back into the key. "" without one."""
        if self._label:
            return self._label
        try:
            return _label(self.value)
        except Fault:
            return ""

    def renew(self) -> bool:
        """Read it again, where it comes from a command or a file. True: it is another one now."""
        if self._read is None:
            return False
        with self._lock:
            before, self._value = self._value, self._read()
            return self._value != before

    def __bool__(self) -> bool:
        """Is there a place that it comes from?"""
        return self._read is not None

    def __repr__(self) -> str:
        return "Secret(***)" if self._read is not None else "Secret(none)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a key does not travel")


def secret_of(
    name: str, env: str, options: MutableMapping[str, Any], environment: Mapping[str, str] | None = None
) -> Secret:
    """The key of a service; takes its options out of the table, reads nothing yet.

    env: the variable that counts when no option is given, "" for services without keys. Raises TryonError(USAGE) when
    two ways are given; Secret.sound() says everything else.
    """
    environment = os.environ if environment is None else environment
    given = {way: str(options.pop(way)) for way in WAYS if way in options}
    if len(given) > 1:
        raise _wrong(name, f"{' and '.join(given)} are both given", "keep one of them")
    way, told = next(iter(given.items()), ("", ""))
    if way in _READERS:
        # a command may print another token every hour; the account stays the same
        label = _label(f"command\0{told}") if way == "api_key_command" else ""
        return Secret(name, read=lambda: _sound(name, way, _READERS[way](name, told)), label=label)
    if way == "api_key":
        learn_value(told)
        return Secret(name, read=lambda: _sound(name, way, told))
    variable = told or env
    if not variable or variable not in environment:
        if way:
            absent = _wrong(name, f"the environment has no {variable}", f"export {variable}")
            return Secret(name, read=lambda: _raised(absent))
        return Secret(name, variable or "api_key_env")
    value = environment[variable]
    learn_value(value)
    return Secret(name, variable, lambda: _sound(name, variable, value))


def _raised(error: TryonError) -> str:
    raise error


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
