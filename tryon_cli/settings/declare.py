"""Every setting, declared once. Options, environment names, file keys, help and records follow from here.

A setting is a field: its type and default as usual, the rest in its Setting. Knows neither files nor options.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

from ..model.digest import Value
from ..model.pair import Recipe
from .setting import Declared, Setting

if TYPE_CHECKING:
    from ..manifest.options import ManifestOptions

EVERY = (
    "run", "resume", "status", "check", "expand", "cache", "providers", "config", "doctor", "init", "inspect",
    "precompute", "ledger", "verify",
)  # fmt: skip
MAKE = ("run", "resume", "precompute")
RUN = ("run", "resume")
READ = ("run", "check", "expand", "precompute")
TELL = (
    "run", "resume", "status", "check", "cache", "providers", "config", "doctor", "inspect", "precompute", "ledger",
    "verify",
)  # fmt: skip

Tables = Mapping[str, Mapping[str, Any]]
S = Setting


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one call. Made by resolve(); the defaults alone run a plain CSV."""

    # fmt: off
    # ------------------------------------------------------------------ [recipe]: whatever can change a pixel
    pipeline: Annotated[str, S("Stages a picture runs through.", "recipe", MAKE, pixel=True,
        choices=("advanced-scene", "simple-scene", "tryon-only"))] = "advanced-scene"
    provider: Annotated[str, S("Who renders; or who renders which stage, the rest last: "
        "try-on=fashn,stylize=kling,local.", "recipe", MAKE, pixel=True, short="-p", form="providers", metavar="NAME",
        aka=("model", "backend", "vendor"))] = "local"
    fallback: Annotated[str, S("Who steps in after a definite no: NAME,NAME or per stage; local: a preview.",
        "recipe", MAKE, pixel=True, form="fallbacks", metavar="NAME", aka=("backup", "failover"),
        example='"kling,local"')] = ""
    style: Annotated[str, S("Look of the scene; off leaves the person as photographed.", "recipe", MAKE,
        pixel=True, form="word", metavar="NAME", aka=("stylize", "preset"))] = "studio"
    face: Annotated[str, S("Put the photographed face back (swap), or not.", "recipe", MAKE, pixel=True,
        choices=("swap", "keep", "off"))] = "swap"
    size: Annotated[str, S("Size of the picture: source, longest side, WxH or 4k.", "recipe", MAKE,
        pixel=True, form="size", metavar="SIZE", aka=("resolution", "width", "height"))] = "source"
    background: Annotated[str, S("keep, or a colour such as #ffffff.", "recipe", MAKE, pixel=True,
        form="background", metavar="COLOUR")] = "keep"
    format: Annotated[str, S("File format of the pictures.", "recipe", MAKE, pixel=True,
        choices=("jpg", "png", "webp"))] = "jpg"
    quality: Annotated[int, S("JPEG and WebP quality.", "recipe", MAKE, pixel=True, least=1, most=100)] = 92
    seed: Annotated[int | None, S("Same seed, same picture; unset: from the pictures themselves.", "recipe",
        MAKE, pixel=True, least=0, most=2**32 - 1, example="7")] = None
    variants: Annotated[int, S("Candidates per row.", "recipe", MAKE, pixel=True, least=1, most=8,
        aka=("num-images", "samples", "count"))] = 1
    prompt: Annotated[str, S("Text for providers that take one.", "recipe", MAKE, pixel=True, form="text",
        metavar="TEXT", example='"in a bright studio"')] = ""
    negative: Annotated[str, S("What must not be seen, for providers that take it.", "recipe", MAKE,
        pixel=True, form="text", metavar="TEXT", aka=("negative-prompt",), example='"hat"')] = ""
    opt: Annotated[Mapping[str, Value], S("A provider's own option, e.g. local.strength=0.8.", "recipe", MAKE,
        pixel=True, form="value", metavar="NAME.KEY=VALUE", aka=("option",),
        example="{ \"local.strength\" = 0.8 }")] = field(default_factory=dict)

    # ------------------------------------------------------------------ [run]: how a run goes
    output: Annotated[Path, S("Folder for pictures and results.", "run", (*RUN, "check"), short="-o",
        aka=("out", "output-dir", "out-dir", "dest"))] = Path("out")
    workers: Annotated[int, S("Steps computed here at once; 0: one per core.", "run", MAKE, least=0, most=256,
        aka=("threads", "jobs", "concurrency", "parallel"))] = 0
    window: Annotated[int, S("Rows open at once; bounds memory.", "run", MAKE, least=8,
        most=1_000_000)] = 1024
    attempts: Annotated[int, S("Tries per step when a failure may pass.", "run", MAKE, least=1, most=20,
        aka=("retries", "max-retries", "tries"))] = 4
    fallback_refused: Annotated[bool, S("Pictures that a provider refuses are shown to its fallback.", "run",
        MAKE)] = False
    adaptive: Annotated[bool, S("Calls at once follow what a service bears, up to its limit.", "run",
        MAKE)] = True
    outage: Annotated[float, S("How long rows wait for a service that is down: 90, 20m; 0: not at all.", "run",
        MAKE, form="duration", metavar="TIME", kept=False, aka=("breaker",))] = 600.0
    strict: Annotated[bool, S("A single bad row stops everything before it starts.", "run",
        ("run", "resume", "check", "expand", "precompute"))] = False
    max_flagged: Annotated[int | None, S("Exit 6 when more rows than this need a look.", "run", RUN, least=0,
        example="10")] = None
    error_on_nothing: Annotated[bool, S("Exit 9 when there was nothing to do.", "run", MAKE)] = False
    max_cost: Annotated[float | None, S("Most USD to spend, with the runs this one goes on from.", "run", MAKE,
        least=0, metavar="USD", aka=("budget", "cost", "limit-cost"), example="20.0")] = None
    unlimited: Annotated[bool, S("Spend without max_cost, also where nobody can be asked.", "run", MAKE,
        guarded=True, kept=False)] = False
    max_calls: Annotated[int | None, S("Most paid calls, counted the same way.", "run", MAKE, least=0,
        aka=("limit-calls",), example="500")] = None
    resubmit_maybe_paid: Annotated[bool, S("Buy again what may be paid already.", "run", RUN, filed=False,
        kept=False)] = False
    assume_unpaid: Annotated[bool, S("What may be paid was not charged: send it.", "run", RUN, filed=False,
        kept=False)] = False
    remake_expired: Annotated[bool, S("Buy again what was paid and is gone or no picture.", "run", RUN,
        filed=False, kept=False, aka=("rebuy",))] = False
    rebuild: Annotated[bool, S("Begin a damaged or lost ledger anew.", "run", MAKE, filed=False,
        kept=False)] = False
    until: Annotated[str, S("Stop at this local time.", "run", MAKE, form="clock", metavar="HH:MM",
        kept=False, example='"06:00"')] = ""
    max_duration: Annotated[float | None, S("Stop after this time: 90, 20m, 2h.", "run", MAKE,
        form="duration", metavar="TIME", kept=False, aka=("timeout", "max-time"), example='"2h"')] = None
    wait: Annotated[float, S("How long to wait for a folder in use: 90, 20m, 2h.", "run", RUN,
        form="duration", metavar="TIME", kept=False)] = 0.0
    skip_if_running: Annotated[bool, S("Exit 0 when another one runs already.", "run", MAKE,
        kept=False)] = False
    on_change: Annotated[str, S("Options unlike the run's: keep its own, use the new (for all, or the rest), stop.",
        "run", ("resume",), choices=("keep", "use", "rest", "stop"), kept=False)] = "stop"
    rehearse: Annotated[str, S("Practise trouble: flaky, slow, outage, refused; KIND:SEED.", "run", MAKE,
        form="rehearse", metavar="KIND", kept=False, example='"flaky:7"')] = ""
    dry_run: Annotated[bool, S("Show the plan; send and write nothing.", "run", ("run", "resume",
        "precompute"), filed=False, kept=False, aka=("plan", "simulate"))] = False
    rows: Annotated[bool, S("Show every row.", "run", ("run", "check"), filed=False, kept=False)] = False
    yes: Annotated[bool, S("Answer every question with yes.", "run", (*MAKE, "cache", "init", "providers"), short="-y",
        filed=False, kept=False, aka=("force", "assume-yes"))] = False
    input: Annotated[bool, S("Ask questions where somebody can answer.", "run", (*MAKE, "cache", "init", "providers"),
        kept=False, aka=("interactive",))] = True

    # ------------------------------------------------------------------ [manifest]: how a manifest is read
    manifest_format: Annotated[str, S("Format of the manifest; auto looks at it.", "manifest", READ,
        key="format", choices=("auto", "csv", "tsv", "jsonl", "json", "pairs", "viton",
        "dresscode"))] = "auto"
    delimiter: Annotated[str, S("Sign between cells; unset: found.", "manifest", READ, form="delimiter",
        metavar="SIGN", aka=("separator", "sep"), example='";"')] = ""
    encoding: Annotated[str, S("Text encoding of the manifest.", "manifest", READ, form="encoding",
        metavar="NAME")] = "utf-8"
    map: Annotated[Mapping[str, str], S("Our column = theirs, e.g. human=photo.", "manifest", READ,
        metavar="OURS=THEIRS", aka=("column", "columns"),
        example='{ human = "photo" }')] = field(default_factory=dict)
    root: Annotated[Path | None, S("Second folder for relative paths.", "manifest", READ, guarded=True,
        metavar="FOLDER", example='"pictures"')] = None
    allow_outside: Annotated[bool, S("Pictures may lie anywhere.", "manifest", READ, guarded=True)] = False
    allow_root: Annotated[tuple[Path, ...], S("Further folder with pictures.", "manifest", READ, guarded=True,
        metavar="FOLDER", example='["/srv/pictures"]')] = ()
    expand_vars: Annotated[bool, S("Expand ~ and $NAME in paths.", "manifest", READ, guarded=True)] = False
    allow_private: Annotated[bool, S("Addresses may lead into this network, at any port.", "manifest", READ,
        guarded=True)] = False
    max_download: Annotated[int, S("Largest picture fetched by address, in MB.", "manifest", READ, least=1,
        most=200)] = 25
    max_rows: Annotated[int, S("Most rows that patterns and lists may make.", "manifest", READ, least=1,
        most=100_000_000)] = 10_000
    override: Annotated[Mapping[str, str], S("A value that beats every row, by column.", "manifest", READ,
        metavar="KEY=VALUE", aka=("set",), example='{ category = "upper" }')] = field(default_factory=dict)
    name: Annotated[str, S("Name of a picture below images/.", "manifest", READ, metavar="TEMPLATE",
        aka=("filename", "template", "name-template"))] = "{id}.{format}"
    only: Annotated[tuple[str, ...], S("Only these rows: tag:NAME or id:PATTERN.", "manifest", READ,
        form="only", metavar="FILTER", aka=("filter", "tag"), example='["tag:spring"]')] = ()
    outfit_order: Annotated[str, S("Order of dressing: as given, or by category.", "manifest", READ,
        choices=("given", "auto"))] = "given"
    humans: Annotated[tuple[str, ...], S("People without a manifest: path, pattern, folder.", "manifest",
        READ, metavar="PATH", aka=("human", "people", "models"), example='["people/*.jpg"]')] = ()
    garments: Annotated[tuple[str, ...], S("Garments without a manifest.", "manifest", READ, metavar="PATH",
        aka=("garment", "clothes"), example='["garments/*.png"]')] = ()
    pairing: Annotated[str, S("How they are paired: cross, zip or sample:N.", "manifest", READ,
        form="pairing", metavar="HOW", example='"cross"')] = ""

    # ------------------------------------------------------------------ [screen]: what is shown
    quiet: Annotated[bool, S("Say nothing when all goes well.", "screen", TELL, short="-q", kept=False,
        aka=("silent",))] = False
    json: Annotated[bool, S("Machine output on stdout.", "screen", TELL, kept=False)] = False
    print: Annotated[str, S("What stdout gets at the end.", "screen", RUN, choices=("summary", "paths"),
        kept=False)] = "summary"
    color: Annotated[str, S("Colour on the screen.", "screen", EVERY, choices=("auto", "always", "never"),
        kept=False, aka=("colour", "colors"))] = "auto"
    progress: Annotated[bool, S("Live view where stderr is a terminal.", "screen", MAKE, kept=False)] = True
    log_format: Annotated[str, S("Form of log lines.", "screen", MAKE, choices=("plain", "logfmt", "json"),
        kept=False)] = "plain"
    debug: Annotated[bool, S("Show tracebacks.", "screen", EVERY, kept=False, aka=("verbose",
        "trace"))] = False

    # ------------------------------------------------------------------ [places]: where things are kept
    cache_dir: Annotated[Path | None, S("Folder of the cache.", "places", EVERY, guarded=True,
        metavar="FOLDER", aka=("cache",), example='"~/.cache/tryon"')] = None
    state_dir: Annotated[Path | None, S("Folder of ledger, history and crash reports.", "places", EVERY,
        guarded=True, metavar="FOLDER", example='"~/.local/state/tryon"')] = None

    # ------------------------------------------------------------------ tables of their own
    limits: Annotated[Mapping[str, int], S("Stage or provider = calls at once.", "limits", MAKE, table=True,
        least=1, most=4096, metavar="NAME=N", aka=("limit", "slots"),
        example="try-on = 4")] = field(default_factory=dict)
    defaults: Annotated[Mapping[str, str], S("Values for empty cells, by column.", "defaults", table=True,
        example='category = "upper"')] = field(default_factory=dict)
    providers: Annotated[Tables, S("Settings of a provider, free-form.", "providers", table=True,
        example='fashn.api_key_file = "~/.config/tryon/fashn.key"')] = field(default_factory=dict)

    assets: Annotated[Mapping[str, Value], S("A bucket from which services fetch pictures by address.", "assets",
        table=True, guarded=True, kept=False,
        example='url = "s3://my-bucket/tryon"')] = field(default_factory=dict)

    # fmt: on
    # not a setting, but where they came from
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def origin(self, name: str) -> str:
        """Who set it: "flag --style", "environment TRYON_STYLE", "tryon.toml line 12" or "default"."""
        return self.origins.get(name, "default")

    def told(self, name: str) -> bool:
        """Did an option of this call set it?"""
        return self.origin(name).startswith("flag ")

    def recipe(self) -> Recipe:
        """The settings that can change a pixel."""
        own = {item.name: getattr(self, item.name) for item in declared() if item.says.pixel}
        options = tuple(sorted(own.pop("opt").items()))
        return Recipe(**own, options=options)

    def manifest_options(self, source: str = "", providers: tuple[str, ...] | None = None) -> ManifestOptions:
        """How a manifest is read. providers: known names, to check cells by; source changes nothing yet."""
        from .derive import manifest_options

        return manifest_options(self, providers)

    def seconds_left(self, now: float) -> float | None:
        """Seconds from `now` (UTC) to the first of `until` and `max_duration`; None without either."""
        from .derive import seconds_left

        return seconds_left(self.until, self.max_duration, now)

    @property
    def cache_path(self) -> Path:
        """The cache folder, absolute; it need not exist."""
        from .places import cache_dir

        return cache_dir(self.cache_dir)

    @property
    def state_path(self) -> Path:
        """The state folder, absolute; it need not exist."""
        from .places import state_dir

        return state_dir(self.state_dir)

    def to_record(self, folder: Path | None = None) -> dict[str, Any]:
        """All settings as JSON values without secrets; paths relative to `folder` where one is given."""
        from .record import to_record

        return to_record(self, folder)

    @classmethod
    def from_record(cls, record: Mapping[str, Any], folder: Path | None = None) -> Settings:
        """The inverse. Raises TryonError(USAGE) for a record that is not ours."""
        from .record import from_record

        return from_record(record, folder)


@cache
def declared() -> tuple[Declared, ...]:
    """All declarations, in the order above."""
    hints = get_type_hints(Settings, include_extras=True)
    found = []
    for spot in fields(Settings):
        kind, *marks = get_args(hints[spot.name]) if spot.name != "origins" else (None,)
        if marks and isinstance(marks[0], Setting):
            default = spot.default if spot.default_factory is MISSING else spot.default_factory()
            found.append(Declared(spot.name, kind, default, marks[0]))
    return tuple(found)


def named(name: str) -> Declared:
    """One declaration. Raises KeyError."""
    return _by_name()[name]


@cache
def _by_name() -> dict[str, Declared]:
    return {item.name: item for item in declared()}
