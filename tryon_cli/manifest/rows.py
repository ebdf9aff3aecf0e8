"""One pass over the records: each becomes pairs or says what is wrong with it. Knows no format.

Everything that remembers (paths, ids, names, notices) lives as long as one pass, so that a second
pass says the same and two passes do not disturb each other.
"""

from __future__ import annotations

import fnmatch
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tryon_cli.model.errors import Complaint, Level
from tryon_cli.model.pair import Pair

from .asked import NOTHING, Asked, Asking
from .columns import CHOICES, GARMENTS, our_name
from .hostile import hostile
from .naming import Naming
from .options import Invalid, ManifestOptions
from .outfits import Outfits, Side
from .pictures import Picture
from .record import Record
from .trouble import Refusal, bad, notice, refuse, shown, warning, where

Complain = Callable[[Complaint], None]

MOST_NOTICES = 100
"""Notices and warnings of one code that a pass gives; the last one says so."""

GARMENTS_MOST = 9


class Filters(NamedTuple):
    """Which rows are wanted."""

    tags: frozenset[str]
    ids: tuple[re.Pattern[str], ...]

    def fit(self, row_id: str, tags: Sequence[str]) -> bool:
        """True when one of the tags and one of the ids fits (or none is asked for)."""
        if self.tags and self.tags.isdisjoint(tags):
            return False
        return not self.ids or any(pattern.fullmatch(row_id) for pattern in self.ids)


def filters_of(only: Sequence[str]) -> tuple[Filters, list[Refusal]]:
    """Read "tag:NAME" and "id:PATTERN"."""
    tags, ids, refusals = [], [], []
    for text in only:
        kind, _, rest = text.partition(":")
        if kind == "tag" and rest:
            tags.append(rest)
        elif kind == "id" and rest:
            ids.append(re.compile(fnmatch.translate(rest)))
        else:
            refusals.append(
                Refusal("M-VALUE", f"--only {shown(text)!r} is not known.", ("write tag:NAME or id:PATTERN",))
            )
    return Filters(frozenset(tags), tuple(ids)), refusals


class Pass:
    """State of one pass; pairs_of() is called once per record, in order."""

    def __init__(
        self, name: str, options: ManifestOptions, outfits: Outfits, naming: Naming, complain: Complain | None
    ) -> None:
        self._name = name
        self._options = options
        self._outfits, self._naming = outfits, naming
        self._asking = Asking(options.providers)
        self._complain = complain
        self._told: dict[str, int] = {}
        self._filters = filters_of(options.only)[0]
        self._filtered = bool(options.only)
        self._defaults = {our_name(name) or name: cell for name, cell in options.defaults.items()}
        self._overrides = {our_name(name) or name: cell for name, cell in options.overrides.items()}
        self._filling = bool(self._defaults or self._overrides)
        self._made = 0

    def pairs_of(self, record: Record) -> Iterator[Pair | Invalid]:
        """The pairs a record asks for, or what is wrong with it. Raises TryonError over max_rows."""
        number, line, layout, cells, complaints = record
        joined = "".join(cells)
        if not joined.isprintable():
            complaints += hostile(layout.names, cells)
        fields = dict(zip(layout.names, cells, strict=True))
        names = layout.asked
        if self._filling:
            names = self._fill(fields, names)
        asked = self._asking.judge(names, tuple([fields[name] for name in names])) if names else NOTHING
        if complaints or asked.complaints:
            complaints = where((*complaints, *asked.complaints), str(number), line)
            # a row with broken quotes or hostile signs is not looked at further: its paths mean nothing
            if record.complaints or any(c.code == "M-QUOTE" for c in complaints):
                yield from self._wanted(self._invalid(fields, asked, str(number), line, complaints))
                return
        human = self._outfits.people(fields.get("human", ""))
        outfit = self._outfits.outfit(
            [fields[name] for name in layout.garments or GARMENTS if fields.get(name)]
        )
        yield from self._children(record, fields, asked, complaints, human, outfit)

    def _fill(self, fields: dict[str, str], names: tuple[str, ...]) -> tuple[str, ...]:
        for name, cell in self._defaults.items():
            if not fields.get(name):
                fields[name] = cell
        fields.update(self._overrides)
        more = {*self._defaults, *self._overrides}
        return tuple(sorted({*names, *(n for n in more if n in _ASKED or n.startswith("opt."))}))

    def _children(
        self,
        record: Record,
        fields: dict[str, str],
        asked: Asked,
        complaints: tuple[Complaint, ...],
        human: Side,
        outfit: Side,
    ) -> Iterator[Pair | Invalid]:
        number, line = record.row, record.line
        for said in (*human.notices, *outfit.notices):
            self._tell(said, str(number), line)
        many = len(human.choices) * len(outfit.choices)
        if many == 1:
            row = self._one(record, fields, asked, complaints, human.choices[0], outfit.choices[0], 0)
            if row is not None:
                yield row
            return
        self._made += many
        most = self._options.max_rows
        if most is not None and self._made > most:
            raise _too_many(self._name, number, many, self._made, most)
        for child, (person, garments) in enumerate(itertools.product(human.choices, outfit.choices), 1):
            row = self._one(record, fields, asked, complaints, person, garments, child)
            if row is not None:
                yield row

    def _one(
        self,
        record: Record,
        fields: dict[str, str],
        asked: Asked,
        complaints: tuple[Complaint, ...],
        person: tuple[Picture | Complaint, ...],
        garments: tuple[Picture | Complaint, ...],
        child: int,
    ) -> Pair | Invalid | None:
        """One pair, an invalid row, or None for a row that is merged or filtered out."""
        row = f"{record.row}.{child}" if child else str(record.row)
        people = [found for found in person if isinstance(found, Picture)]
        clothes = [found for found in garments if isinstance(found, Picture)]
        if len(people) < len(person) or len(clothes) < len(garments):
            wrong = [(c, "human") for c in person if isinstance(c, Complaint)]
            wrong += [(c, "garment") for c in garments if isinstance(c, Complaint)]
            for complaint, column in wrong:
                complaints += where((complaint,), row, record.line, column)
            self._naming.reserve(record, child, fields.get("id", ""))
            return self._kept(self._invalid(fields, asked, row, record.line, complaints))
        human = people[0]
        if human.kind or any(cloth.kind for cloth in clothes):
            complaints += self._swapped(human, clothes, row, record.line)
        for cloth in clothes:
            if cloth.file == human.file:
                text = f"human and garment are the same picture: {shown(human.name)}"
                fix = "correct one of the two"
                complaints += where((bad("M-PAIR", "garment", cloth.path, text, fix),), row, record.line)
        categories, order, wrong_count = self._dressing(asked.categories, clothes, row, record.line)
        if order:
            clothes = [clothes[at] for at in order]
        complaints += wrong_count
        named = self._naming.name(record, child, fields, asked, human, clothes, categories, tell=self._tell)
        if named is None:
            return None
        complaints += where(named.complaints, row, record.line)
        if complaints:
            return self._kept(self._invalid(fields, asked, row, record.line, complaints, named.id))
        return self._kept(
            Pair(
                row, named.id, human.path, tuple([cloth.path for cloth in clothes]), categories, named.output,
                named.overrides, asked.priority, asked.tags, asked.skip, self._meta(record, fields),
            )
        )  # fmt: skip

    def _swapped(
        self, human: Picture, clothes: Sequence[Picture], row: str, line: int
    ) -> tuple[Complaint, ...]:
        kinds = {cloth.kind for cloth in clothes}
        if (human.kind == "garment" and kinds != {"garment"}) or ("human" in kinds and human.kind != "human"):
            text = f"human and garment look swapped: by their folders {shown(human.name)} is "
            text += (
                "a garment" if human.kind == "garment" else f"no person and {shown(clothes[0].name)} is one"
            )
            said = warning("M-SWAP", text, column="human", value=human.path, fix="exchange the two cells")
            if self._options.strict:
                return where((said._replace(level=Level.ROW),), row, line)
            self._tell(said, row, line)
        return ()

    def _dressing(
        self, given: tuple[str, ...], clothes: Sequence[Picture], row: str, line: int
    ) -> tuple[tuple[str, ...], list[int], tuple[Complaint, ...]]:
        """Categories per garment, another order if one is wanted, complaints."""
        count = len(clothes)
        wrong: list[Complaint] = []
        if count > GARMENTS_MOST:
            text = f"{count} garments, {GARMENTS_MOST} are possible"
            wrong.append(bad("M-CAP", "garment", str(count), text, "split the outfit"))
        categories = given * count if len(given) == 1 else given or ("auto",) * count
        if len(categories) != count:
            text = f"{len(categories)} categories for {count} garments"
            wrong.append(bad("M-VALUE", "category", "|".join(given), text, "one for all, or one each"))
            categories = ("auto",) * count
        order: list[int] = []
        if self._options.outfit_order == "auto" and count > 1:
            order = sorted(range(count), key=lambda at: _ORDER.get(categories[at], 1))
            categories = tuple(categories[at] for at in order)
        return categories, order, where(wrong, row, line) if wrong else ()

    def _meta(self, record: Record, fields: dict[str, str]) -> tuple[tuple[str, str], ...]:
        columns = record.layout.meta
        return tuple([(theirs, fields[name]) for name, theirs in columns if fields[name]]) if columns else ()

    def _invalid(
        self,
        fields: dict[str, str],
        asked: Asked,
        row: str,
        line: int,
        complaints: tuple[Complaint, ...],
        own_id: str = "",
    ) -> Invalid:
        meta = tuple((name[5:], cell) for name, cell in fields.items() if cell and name.startswith("meta."))
        cells = tuple((name, cell) for name, cell in fields.items() if name and cell)
        complaints = tuple(c._replace(row=row) for c in complaints)
        return Invalid(row, line, own_id or fields.get("id", ""), cells, complaints, asked.tags, meta)

    def _wanted(self, row: Pair | Invalid) -> Iterator[Pair | Invalid]:
        if self._kept(row) is not None:
            yield row

    def _kept(self, row: Pair | Invalid) -> Pair | Invalid | None:
        return row if not self._filtered or self._filters.fit(row.id, row.tags) else None

    def _tell(self, said: Complaint, row: str = "", line: int = 0) -> None:
        if self._complain is None:
            return
        count = self._told[said.code] = self._told.get(said.code, 0) + 1
        if count <= MOST_NOTICES:
            self._complain(said._replace(row=row, line=line))
        elif count == MOST_NOTICES + 1:
            self._complain(notice(said.code, f"more than {MOST_NOTICES} of these; the rest is not listed"))


_ORDER = {"lower": 0, "upper": 1, "auto": 1, "dress": 2, "full": 2, "outer": 3, "shoes": 4, "accessory": 5}
_ASKED = frozenset((*CHOICES, "mask", "keep", "category", "priority", "tags", "skip", "format"))


def _too_many(name: str, row: int, many: int, total: int, most: int) -> Exception:
    text = (
        f"{name} makes too many rows: row {row} alone makes {many:,}, {total:,} so far, {most:,} are allowed."
    )
    return refuse([Refusal("M-LIMIT", text, (f"try       --max-rows {total}, or --yes",))])
