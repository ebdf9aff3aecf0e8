"""One pass over the records: each becomes pairs or says what is wrong with it. Knows no format.

Everything that remembers (paths, ids, names, notices) lives as long as one pass, so that a second
pass says the same and two passes do not disturb each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

from tryon_cli.model.errors import Complaint, Level
from tryon_cli.model.pair import Pair

from .asked import NOTHING, Asked, Asking
from .columns import our_name
from .dressing import ONE_AUTO, dressed
from .filters import filters_of
from .hostile import hostile
from .naming import Naming, Unnamed
from .options import Invalid, ManifestOptions
from .outfits import Outfits, Side
from .pictures import Look, Picture
from .record import Record
from .trouble import Refusal, bad, notice, refuse, shown, warning, where
from .vocabulary import CHOICES, GARMENTS

Complain = Callable[[Complaint], None]

MOST_NOTICES = 100
"""Notices and warnings of one code that a pass gives; the last one says so."""


class Pass:
    """State of one pass; pairs_of() is called once per record, in order."""

    def __init__(
        self, name: str, options: ManifestOptions, outfits: Outfits, expected: int, complain: Complain | None
    ) -> None:
        """expected: about how many rows; complain: is told notices and warnings."""
        self._name = name
        self._options = options
        self._outfits = outfits
        self._naming = Naming(options.name_template, options.picture_format, expected, self._tell)
        self._asking = Asking(options.providers)
        self._complain = complain
        self._told: dict[str, int] = {}
        self._filters = filters_of(options.only)[0]
        self._filtered = bool(options.only)
        self._defaults = {our_name(name) or name: cell for name, cell in options.defaults.items()}
        self._overrides = {our_name(name) or name: cell for name, cell in options.overrides.items()}
        self._filling = bool(self._defaults or self._overrides)
        self._made = 0

    def pairs_of(self, record: Record) -> Iterable[Pair | Invalid]:
        """The pairs a record asks for, or what is wrong with it. Raises TryonError over max_rows."""
        number, line, layout, cells, complaints = record
        if not "".join(cells).isprintable():
            complaints += hostile(layout.names, cells)
        fields = dict(zip(layout.names, cells, strict=False))
        names = layout.asked
        if self._filling:
            names = self._fill(fields, names)
        asked = self._asking.judge(names, tuple([fields[name] for name in names])) if names else NOTHING
        if complaints or asked.complaints:
            complaints = where((*complaints, *asked.complaints), str(number), line)
            if record.complaints:  # with broken quotes or a line that is no object the cells mean nothing
                self._naming.reserve(record, 0, fields.get("id", ""))
                return self._wanted(self._invalid(fields, asked, str(number), line, complaints))
        human = self._outfits.people(fields.get("human", ""))
        columns = GARMENTS if self._filling else layout.garments
        outfit = self._outfits.outfit(tuple([cell for name in columns if (cell := fields.get(name))]))
        if human.only and outfit.only:
            row = self._good(record, fields, asked, complaints, human.only[0], outfit.only, 0)
            return () if row is None else (row,)
        return self._children(record, fields, asked, complaints, human, outfit)

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
        person: tuple[Look, ...],
        garments: tuple[Look, ...],
        child: int,
    ) -> Pair | Invalid | None:
        """One pair, an invalid row, or None for a row that is filtered out."""
        clothes = tuple(found for found in garments if isinstance(found, Picture))
        if isinstance(person[0], Picture) and len(clothes) == len(garments):
            return self._good(record, fields, asked, complaints, person[0], clothes, child)
        row = f"{record.row}.{child}" if child else str(record.row)
        for column, looks in (("human", person), ("garment", garments)):
            wrong = [look for look in looks if isinstance(look, Complaint)]
            complaints += where(wrong, row, record.line, column)
        self._naming.reserve(record, child, fields.get("id", ""))
        return self._kept(self._invalid(fields, asked, row, record.line, complaints))

    def _good(
        self,
        record: Record,
        fields: dict[str, str],
        asked: Asked,
        complaints: tuple[Complaint, ...],
        human: Picture,
        clothes: tuple[Picture, ...],
        child: int,
    ) -> Pair | Invalid | None:
        """As _one, when every picture is there."""
        row = f"{record.row}.{child}" if child else str(record.row)
        for cloth in clothes:
            if cloth.file == human.file or cloth.kind == "human" or human.kind == "garment":
                complaints += self._mixed_up(human, clothes, row, record.line)
                break
        categories = asked.categories or ONE_AUTO
        if len(clothes) > 1 or len(categories) != 1:
            clothes, categories, wrong = dressed(
                asked.categories, clothes, self._options.outfit_order == "auto"
            )
            complaints += where(wrong, row, record.line)
        paths = tuple([cloth.path for cloth in clothes])
        pair = Unnamed(record, child, row, fields, asked, human, clothes, paths, categories)
        named = self._naming.name(pair)
        if complaints or named.complaints:
            complaints += where(named.complaints, row, record.line)
            return self._kept(self._invalid(fields, asked, row, record.line, complaints, named.id))
        meta = tuple([(theirs, cell) for name, theirs in record.layout.meta if (cell := fields[name])])
        return self._kept(
            Pair(
                row, named.id, human.path, paths, categories, named.output, named.overrides,
                asked.priority, asked.tags, asked.skip or bool(named.same_as), meta, named.same_as,
            )
        )  # fmt: skip

    def _mixed_up(
        self, human: Picture, clothes: Sequence[Picture], row: str, line: int
    ) -> tuple[Complaint, ...]:
        """One picture on both sides, or folders that say the sides are swapped."""
        if any(cloth.file == human.file for cloth in clothes):
            text = f"human and garment are the same picture: {shown(human.name)} (file {human.file[1]})"
            return where([bad("M-PAIR", "garment", human.path, text, "correct one of the two")], row, line)
        garment_there = human.kind == "garment" and any(cloth.kind != "garment" for cloth in clothes)
        human_here = human.kind != "human" and any(cloth.kind == "human" for cloth in clothes)
        if not garment_there and not human_here:
            return ()
        odd = human if garment_there else next(cloth for cloth in clothes if cloth.kind == "human")
        kind = "a garment in the human column" if garment_there else "a person in the garment column"
        text = f"human and garment look swapped: by its folder {shown(odd.name)} is {kind}"
        said = warning(
            "M-SWAP",
            text,
            column="human" if garment_there else "garment",
            value=odd.path,
            fix="exchange the cells",
        )
        if self._options.strict:
            return where([said._replace(level=Level.ROW)], row, line)
        self._tell(said, row, line)
        return ()

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


_ASKED = frozenset((*CHOICES, "mask", "keep", "category", "priority", "tags", "skip", "format"))


def _too_many(name: str, row: int, many: int, total: int, most: int) -> Exception:
    text = (
        f"{name} makes too many rows: row {row} alone makes {many:,}, {total:,} so far, {most:,} are allowed."
    )
    return refuse([Refusal("M-LIMIT", text, (f"try       --max-rows {total}, or --yes",))])
