"""Ids and output names of a pass: made, checked, each given out once. Knows no cells but these."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tryon_cli.model.digest import Value
from tryon_cli.model.errors import Complaint

from .asked import Asked
from .names import BadName, Name, Template, compile_template, folded, is_safe, render, variant
from .pictures import Picture
from .record import Record
from .seen import Places, Seen
from .trouble import bad, notice, shown

LONGEST_ID = 200

TEMPLATES = 4_096
SAME = 16_384
"""Rows whose content is remembered to say which ones are the same; the work is shared anyway."""

_PLAIN = 1
"""Bit of an id's mark: its file is called id.format, so it needs no second entry among the names."""

Tell = Callable[[Complaint, str, int], None]


class Unnamed(NamedTuple):
    """A pair that is checked but for its id and its output."""

    record: Record
    child: int
    row: str
    fields: dict[str, str]
    asked: Asked
    human: Picture
    clothes: tuple[Picture, ...]
    garments: tuple[str, ...]
    """Paths of the clothes."""
    categories: tuple[str, ...]


class Named(NamedTuple):
    """The id and the output name of a row."""

    id: str
    output: str
    overrides: tuple[tuple[str, Value], ...]
    complaints: tuple[Complaint, ...] = ()
    same_as: str = ""
    """As Pair.same_as."""


class Naming:
    """Gives ids and names, and remembers all of them in about 40 bytes a row (70 with own names)."""

    def __init__(self, template: str, picture_format: str, expected: int, tell: Tell) -> None:
        """template: for rows without an output cell; expected: about how many rows; tell: for notices."""
        self._default, self._template = compile_template(template), template
        self._format = picture_format
        self._tell = tell
        self._places = Places()
        self._ids = Seen(expected)
        self._names = Seen(0 if self._default.plain else expected)
        self._templates: dict[str, Template] = {}
        self._same: dict[int, str] = {}

    def reserve(self, record: Record, child: int, own_id: str) -> None:
        """Remember the id of a row that is invalid for another reason, so that a second one is found."""
        if own_id and not child:
            self._ids.add(folded(own_id), self._places.add(record.row, child, record.line))

    def name(self, pair: Unnamed) -> Named:
        """Id, output and overrides of a row; no output when the very same row was there before (M-SAME)."""
        record, fields, asked = pair.record, pair.fields, pair.asked
        given, written = fields.get("id", ""), fields.get("output", "")
        content = hash((pair.human.path, pair.garments, pair.categories, asked.overrides))
        mark = hash((given, content, written, asked.format, asked.skip)) & 0xFFFFFFFE
        place = self._places.add(record.row, pair.child, record.line)
        by_id = self._default.plain and not written
        if given and not pair.child:
            own = given
            plain = by_id and is_safe(own)
            known = self._ids.add(folded(own), place, mark | plain)
            if known >= 0:
                return self._again(pair, given, known, mark)
            if len(own) > LONGEST_ID:
                text = f"the id has {len(own):,} characters, {LONGEST_ID} are allowed"
                return Named(own[:LONGEST_ID], "", (), (bad("M-VALUE", "id", own, text, "shorten it"),))
        else:
            own = self._made(pair, given, place, by_id)
            plain = by_id and is_safe(own)
        self._tell_same(content, own, pair)
        if plain and "variants" not in fields and not len(self._names):
            picture = asked.format or self._format
            return Named(own, f"{own}.{picture}", self._with_format(asked.overrides, picture))
        return self._output(pair, own, place, written, plain)

    def _again(self, pair: Unnamed, given: str, known: int, mark: int) -> Named:
        record = pair.record
        first = self._places[self._ids.place_of(known)]
        if self._ids.mark_of(known) & ~_PLAIN == mark:
            text = f"id {shown(given)!r} is there twice with the same content ({first}): made once"
            self._tell(notice("M-SAME", text, column="id", value=given), pair.row, record.line)
            return Named(given, "", pair.asked.overrides, same_as=first.name)
        here = f"line {record.line}" if record.line else f"row {pair.row}"
        text = f"id {shown(given)!r} is taken by {first}, and {here} asks for something else"
        fix = "give each row its own id (capitals do not count, since some disks ignore them)"
        return Named(given, "", (), (bad("M-ID-DUP", "id", given, text, fix),))

    def _made(self, pair: Unnamed, given: str, place: int, by_id: bool) -> str:
        """An id from the names of the pictures, numbered when it is taken.

        A free number is searched by doubling and halving, so that 100,000 equal rows take 17 looks each.
        """
        stems = "__".join([pair.human.stem, *[cloth.stem for cloth in pair.clothes]])
        own = f"{given[:LONGEST_ID]}.{pair.child}" if given else stems[:LONGEST_ID]
        if self._ids.add(folded(own), place, by_id and is_safe(own)) < 0:
            return own
        high = 2
        while folded(f"{own}_{high}") in self._ids:
            high *= 2
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            if folded(f"{own}_{middle}") in self._ids:
                low = middle
            else:
                high = middle
        numbered = f"{own}_{high}"
        self._ids.add(folded(numbered), place, by_id and is_safe(numbered))
        return numbered

    def _tell_same(self, content: int, own: str, pair: Unnamed) -> None:
        other = self._same.get(content)
        if other is not None:
            text = f"{shown(own)} and {shown(other)} ask for the same: made once, written twice"
            self._tell(notice("M-SAME", text), pair.row, pair.record.line)
        elif len(self._same) < SAME:
            self._same[content] = own

    def _output(self, pair: Unnamed, own: str, place: int, written: str, plain: bool) -> Named:
        asked = pair.asked
        overrides = asked.overrides
        column = "output" if written else "id"

        def refused(column: str, value: str, text: str, fix: str, code: str = "M-VALUE") -> Named:
            return Named(own, "", overrides, (bad(code, column, value, text, fix),))

        def value_of(field: str) -> str:
            return _value(field, own, pair) or (self._format if field == "format" else "")

        try:
            template = self._compiled(written) if written else self._default
            name = render(template, value_of, asked.format or self._format)
        except BadName as wrong:
            return refused(column, written or own, wrong.text, wrong.fix)
        if asked.format and asked.format != name.format:
            text = f"format is {asked.format}, but the output's name ends as {name.format}"
            return refused("format", asked.format, text, "make them agree")
        if name.encoded:
            text = f"the file is called {name.path}: not every sign is safe everywhere"
            self._tell(notice("M-NAME", text), pair.row, pair.record.line)
        variants = dict(overrides).get("variants", 1)
        clash = self._clash(name, place, variants if isinstance(variants, int) else 1, plain)
        if clash is not None:
            file, other = clash
            text = f"{file} would be written by this row and by {self._places[other]}"
            fix = f"change the id, or the name ({shown(written or self._template)})"
            return refused(column, name.path, text, fix, "M-NAME")
        return Named(own, name.path, self._with_format(overrides, name.format))

    def _with_format(
        self, overrides: tuple[tuple[str, Value], ...], picture: str
    ) -> tuple[tuple[str, Value], ...]:
        if picture == self._format:
            return overrides
        return tuple(sorted((*overrides, ("format", picture))))

    def _clash(self, name: Name, place: int, variants: int, plain: bool) -> tuple[str, int] | None:
        """The first file of this row that another row writes, and that row's place."""
        for number in range(1, variants + 1):
            file = name.path if number == 1 else variant(name.path, number)
            if plain and number == 1:
                taken = self._names.find(folded(file))  # its id is remembered, that is enough
            else:
                taken = self._names.add(folded(file), place)
            if taken >= 0:
                return file, self._names.place_of(taken)
            by_id = -1 if plain and number == 1 else self._ids.find(folded(file.rpartition(".")[0]))
            if by_id >= 0 and self._ids.mark_of(by_id) & _PLAIN and file.endswith(f".{self._format}"):
                return file, self._ids.place_of(by_id)
        return None

    def _compiled(self, text: str) -> Template:
        known = self._templates.get(text)
        if known is None:
            if len(self._templates) >= TEMPLATES:
                self._templates.clear()
            known = self._templates[text] = compile_template(text)
        return known


def _value(field: str, own: str, pair: Unnamed) -> str:
    """What a field of a template stands for in this row; "" when it has no value."""
    if field == "id":
        return own
    if field == "row":
        return pair.row
    if field == "format":
        return pair.asked.format
    if field == "category":
        return "_".join(pair.categories)
    who, _, what = field.partition(".")
    if who == "meta":
        return pair.fields.get(field, "")
    if what:
        return "_".join(
            _part(picture, what) for picture in ((pair.human,) if who == "human" else pair.clothes)
        )
    value = dict(pair.asked.overrides).get(field)
    return "" if value is None else str(value)


def _part(picture: Picture, what: str) -> str:
    if what == "stem":
        return picture.stem
    return picture.name if what == "name" else picture.path.rsplit("/", 2)[-2]
