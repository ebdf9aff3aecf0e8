"""Key -> Answer. Knows neither pictures nor rows, and leaves the writing to others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ..model.digest import Digest, Key
from ..model.events import Warned
from ..model.outcome import Answer
from ..model.ports import Tell
from .answers import pack, unpack
from .commits import Commits
from .links import KIND as OF_A_LINK
from .memo import KIND as OF_A_FILE
from .mend import open_table
from .table import LIMIT, NOTICE


class DiskIndex:
    """Answers on disk, and the ones that are on their way there. Safe from any thread."""

    def __init__(
        self,
        folder: Path,
        tell: Tell,
        *,
        clock: Callable[[], float] = time.time,
        read_only: bool = False,
        timeout: float = LIMIT,
        notice: float = NOTICE,
        holds: Callable[[Digest, int], bool] | None = None,
    ) -> None:
        """holds: is there a blob of this digest and size? An answer whose bytes are gone is none.

        timeout, notice: seconds to wait for a program that has locked the database, and until that is told.
        Raises Fault(STORAGE). An index that cannot be read is set aside and begun anew.
        """
        self._tell = tell
        self._clock = clock
        self._holds = holds
        self._refused: set[str] = set()
        self._guard = threading.Lock()
        table = open_table(folder, tell, clock=clock, timeout=timeout, notice=notice, read_only=read_only)
        self.commits = Commits(table, read_only=read_only)
        """The one writer of this database: the memo of files writes through it, too."""

    def find(self, keys: Sequence[Key]) -> dict[Key, Answer]:
        """The known ones among these keys. Raises Fault(STORAGE)."""
        found: dict[Key, Answer] = {}
        holds = self._holds
        for name, data in self.commits.find(keys):
            try:
                answer = unpack(data)  # type: ignore[arg-type]  # None is refused like other strange bytes
            except ValueError:
                self._refuse(name)
                continue
            if holds is None or holds(answer.digest, answer.size):
                found[Key(name)] = answer
        return found

    def _refuse(self, name: str) -> None:
        """Told once, and removed: whoever planted it gets nothing read, run or deleted."""
        with self._guard:
            if name in self._refused:
                return
            self._refused.add(name)
        text = f"refused a cache entry that is no answer of ours ({name[:12]}); it is asked again"
        self._tell(Warned(self._clock(), "S-REFUSED", text))
        self.commits.put(name, None)

    def record(self, key: Key, answer: Answer) -> None:
        """Remember an answer. Raises ValueError for what is none, the Fault of a commit that failed."""
        self.commits.put(key, pack(answer))

    def forget(self, keys: Iterable[Key]) -> None:
        """Drop answers whose bytes are gone. Raises the Fault of a commit that failed."""
        for key in keys:
            self.commits.put(key, None)

    def items(self) -> Iterator[tuple[Key, Answer]]:
        """Every committed answer; what is none is refused on the way."""
        for name, data in self.commits.items():
            if data is not None and data[:1] in (OF_A_FILE, OF_A_LINK):
                continue
            try:
                answer = unpack(data)  # type: ignore[arg-type]
            except ValueError:
                self._refuse(name)
                continue
            yield Key(name), answer

    def flush(self) -> None:
        """Return when everything recorded so far is committed. Raises Fault(STORAGE)."""
        self.commits.flush()

    def close(self) -> None:
        """Commit what is left and let go of the files. Raises Fault(STORAGE) for what could not be kept."""
        self.commits.close()
