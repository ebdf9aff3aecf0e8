"""Looking at the pictures of a manifest before a run: each file once, by its header or in full. Makes nothing."""

from __future__ import annotations

from .images.gate import prepare
from .images.reading import read
from .images.sniff import glance
from .model.errors import Complaint, Fault, Level
from .model.links import NOTHING, Fetch, bare, is_link
from .model.pair import Pair


class Looker:
    """Told each valid row; keeps what is wrong with its pictures."""

    def __init__(self, *, deep: bool, fetch: Fetch) -> None:
        """deep: decode everything, as a run would, and fetch what lies in the web."""
        self._deep = deep
        self._fetch = fetch
        self._known: dict[tuple[str, str], Fault | None] = {}
        self.complaints: list[Complaint] = []
        self.bad_rows = 0

    def look(self, pair: Pair) -> list[Complaint]:
        """Look at the pictures of one row; what is wrong with them."""
        wrong = []
        for i, path in enumerate((pair.human, *pair.garments)):
            role = "human" if i == 0 else "garment"
            fault = self._fault(path, role)
            if fault is not None:
                name = bare(path)
                text = f"{name.rpartition('/')[2]}: {fault.text}"
                wrong.append(Complaint(Level.ROW, fault.code, text, pair.row, 0, role, name, fault.fix))
        self.complaints += wrong
        self.bad_rows += bool(wrong)
        return wrong

    def _fault(self, path: str, role: str) -> Fault | None:
        key = (path, role)
        if key not in self._known:
            try:
                if self._deep:
                    data = self._fetch(path, NOTHING).data if is_link(path) else read(path)
                    prepare(data or b"", "human" if role == "human" else "garment")
                elif not is_link(path):
                    glance(path)
                self._known[key] = None
            except Fault as fault:
                self._known[key] = fault
        return self._known[key]
