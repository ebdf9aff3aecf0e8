"""Ids and output names of a pass: made, checked, each given out once. Knows no cells but these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tryon_cli.model.digest import Value
from tryon_cli.model.errors import Complaint

from .asked import Asked
from .names import BadName, Name, Template, compile_template, folded, render, variant
from .pictures import Picture
from .record import Record
from .seen import Places, Seen
from .trouble import bad, notice, shown

LONGEST_ID = 200

TEMPLATES = 4_096
SAME = 65_536
"""Rows whose content is remembered to say which ones are the same; the work is shared anyway."""

Tell = Callable[[Complaint, str, int], None]


class Named(NamedTuple):
    """A row with its id and output name."""

    id: str
    output: str
    overrides: tuple[tuple[str, Value], ...]
    complaints: tuple[Complaint, ...] = ()


class Naming:
    """Gives ids and names, and remembers all of them in about 60 bytes a row."""

    def __init__(self, template: str, picture_format: str, expected: int) -> None:
        """template: for rows without an output cell; expected: about how many rows."""
        self._default = compile_template(template)
        self._template = template
        self._format = picture_format
        self._places = Places()
        self._ids, self._names = Seen(expected), Seen(expected)
        self._templates: dict[str, Template] = {}
        self._same: dict[int, str] = {}
        self._told_made = False

    def reserve(self, record: Record, child: int, own_id: str) -> None:
        """Remember the id of a row that is invalid for another reason, so that a second one is found."""
        if own_id and not child:
            self._ids.add(own_id, self._places.add(record.row, child, record.line))

    def name(
        self,
        record: Record,
        child: int,
        fields: Mapping[str, str],
        asked: Asked,
        human: Picture,
        clothes: Sequence[Picture],
        categories: tuple[str, ...],
        tell: Tell,
    ) -> Named | None:
        """Id, output and overrides of a row; None when the very same row was there before (M-SAME)."""
        row = f"{record.row}.{child}" if child else str(record.row)
        given = fields.get("id", "")
        content = hash((human.path, *[cloth.path for cloth in clothes], categories, asked.overrides))
        mark = hash((content, fields.get("output", ""), asked.format)) & 0xFFFFFFFF
        place = self._places.add(record.row, child, record.line)
        if given and not child:
            if len(given) > LONGEST_ID:
                text = f"the id has {len(given):,} characters, {LONGEST_ID} are allowed"
                return Named(given[:LONGEST_ID], "", (), (bad("M-VALUE", "id", given, text, "shorten it"),))
            known = self._ids.add(given, place, mark)
            if known >= 0:
                return self._again(given, known, mark, record, row, tell)
            own = given
        else:
            own = self._made(given, human, clothes, child, place, mark)
        if content in self._same and tell is not None:
            other = self._same[content]
            tell(
                notice("M-SAME", f"{shown(own)} and {shown(other)} ask for the same: made once"),
                row,
                record.line,
            )
        elif len(self._same) < SAME:
            self._same[content] = own
        return self._output(own, place, record, row, fields, asked, human, clothes, categories, tell)

    def _again(self, given: str, known: int, mark: int, record: Record, row: str, tell: Tell) -> Named | None:
        first = self._places[self._ids.place_of(known)]
        if self._ids.mark_of(known) == mark:
            text = f"id {shown(given)!r} is there twice with the same content ({first}): made once"
            tell(notice("M-SAME", text, column="id", value=given), row, record.line)
            return None
        here = f"line {record.line}" if record.line else f"row {row}"
        text = f"id {shown(given)!r} is taken by {first}; {here} asks for something else"
        return Named(given, "", (), (bad("M-ID-DUP", "id", given, text, "give each row its own id"),))

    def _made(
        self, given: str, human: Picture, clothes: Sequence[Picture], child: int, place: int, mark: int
    ) -> str:
        """An id from the names of the pictures, numbered when it is taken.

        A free number is searched by doubling and halving, so that 100,000 equal rows take 17 looks each.
        """
        stem = "__".join([human.stem, *[cloth.stem for cloth in clothes]])[:LONGEST_ID]
        own = f"{given[:LONGEST_ID]}.{child}" if given else stem
        if self._ids.add(own, place, mark) < 0:
            return own
        high = 2
        while f"{own}_{high}" in self._ids:
            high *= 2
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            if f"{own}_{middle}" in self._ids:
                low = middle
            else:
                high = middle
        numbered = f"{own}_{high}"
        self._ids.add(numbered, place, mark)
        return numbered

    def _output(
        self,
        own: str,
        place: int,
        record: Record,
        row: str,
        fields: Mapping[str, str],
        asked: Asked,
        human: Picture,
        clothes: Sequence[Picture],
        categories: tuple[str, ...],
        tell: Tell,
    ) -> Named:
        written = fields.get("output", "")
        overrides = asked.overrides

        def value_of(field: str) -> str:
            return _value(field, own, row, asked, fields, human, clothes, categories) or (
                self._format if field == "format" else ""
            )

        try:
            template = self._compiled(written) if written else self._default
            name = render(template, value_of, asked.format or self._format)
        except BadName as wrong:
            column = "output" if written else "id"
            return Named(own, "", overrides, (bad("M-VALUE", column, written or own, wrong.text, wrong.fix),))
        if asked.format and asked.format != name.format:
            text = f"format is {asked.format}, but the output's name ends as {name.format}"
            return Named(
                own, "", overrides, (bad("M-VALUE", "format", asked.format, text, "make them agree"),)
            )
        if name.encoded:
            tell(
                notice("M-NAME", f"the file is called {name.path}: other signs are not safe everywhere"),
                row,
                record.line,
            )
        if name.format != self._format:
            overrides = tuple(sorted((*overrides, ("format", name.format))))
        variants = dict(asked.overrides).get("variants", 1) if asked.overrides else 1
        taken = self._taken(name, place, variants if isinstance(variants, int) else 1)
        if taken:
            pattern = written or self._template
            text = f"{taken} would be written by this row and by {self._places[self._names.place_of(self._clash)]}"
            fix = f"change the id, or the name's template ({shown(pattern)})"
            return Named(
                own, "", overrides, (bad("M-NAME", "output" if written else "id", name.path, text, fix),)
            )
        return Named(own, name.path, overrides)

    _clash = -1

    def _taken(self, name: Name, place: int, variants: int) -> str:
        """The first file of this row that another row writes; "" when all are free."""
        self._clash = self._names.add(folded(name.path), place)
        if self._clash >= 0:
            return name.path
        for number in range(2, variants + 1):
            further = variant(name.path, number)
            self._clash = self._names.add(folded(further), place)
            if self._clash >= 0:
                return further
        return ""

    def _compiled(self, text: str) -> Template:
        known = self._templates.get(text)
        if known is None:
            if len(self._templates) >= TEMPLATES:
                self._templates.clear()
            known = self._templates[text] = compile_template(text)
        return known


def _value(
    field: str,
    own: str,
    row: str,
    asked: Asked,
    fields: Mapping[str, str],
    human: Picture,
    clothes: Sequence[Picture],
    categories: tuple[str, ...],
) -> str:
    """What a field of a template stands for in this row; "" when it has no value."""
    if field == "id":
        return own
    if field == "row":
        return row
    if field == "format":
        return asked.format
    if field == "category":
        return "_".join(categories)
    who, _, what = field.partition(".")
    if who == "meta":
        return fields.get(field, "")
    if what:
        pictures = [human] if who == "human" else clothes
        return "_".join(_part(picture, what) for picture in pictures)
    value = dict(asked.overrides).get(field)
    return "" if value is None else str(value)


def _part(picture: Picture, what: str) -> str:
    if what == "stem":
        return picture.stem
    return picture.name if what == "name" else picture.path.rsplit("/", 2)[-2]
