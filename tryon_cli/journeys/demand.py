"""What will be asked for: history and a sales file, ranked; what of it is missing, and what that costs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import wiring
from ..batch.decision import Decision
from ..history import History, day_of
from ..model.errors import Exit, TryonError
from ..popular import Wanted, back_test, gather, rank, share
from ..sales import Sales, read_sales
from .dryrun import survey

if TYPE_CHECKING:
    from ..popular import BackTest
    from ..settings import Settings

STEPS = 8
"""Points of the curve: the first N pairs, 2N, 3N ..."""

SHOWN = 5
"""Rows of a sales file whose trouble is named."""


class Step(NamedTuple):
    """The first so many pairs: what they would meet, and what is missing of them."""

    pairs: int
    share: float
    """Of all wishes."""
    rate: float | None
    """In the back-test; None where there was nothing to test with."""
    make: int
    calls: int
    cost: float


class Demand:
    """Pairs by how much they are wanted, looked up in the cache."""

    def __init__(self, settings: Settings, source: str, top: int, steps: int = 2) -> None:
        """source: a sales or view file, or ""; top: pairs wanted; steps: how many times that many to look at."""
        self.settings = settings
        self.source = source
        self.top = top
        today = day_of(time.time())
        self.sales = _sales(settings, source, today)
        self.runs, asked = _asked(settings)
        wished = gather(asked, self.sales.wishes)
        self.test: BackTest | None = back_test(wished, today)
        ranked = rank(wished, today)
        there = cache(lambda path: Path(path).is_file())
        self.wanted = [w for w in ranked if all(map(there, (w.pair.human, *w.pair.garments)))]
        self.gone = len(ranked) - len(self.wanted)
        days = [w.day for one in wished for w in one.wishes if w.exact]
        self.days = max(days) - min(days) + 1 if days else 0
        self.decisions = self._decide(self.wanted[: top * steps])

    def _decide(self, pairs: list[Wanted]) -> list[Decision]:
        decisions: list[Decision] = []
        if pairs:
            survey(self.settings, self.names(pairs), (w.pair for w in pairs), decisions.append)
        return decisions

    def names(self, pairs: list[Wanted]) -> list[str]:
        """Providers that these pairs need."""
        named = [str(v) for w in pairs for k, v in w.pair.overrides if k == "provider"]
        return [*wiring.provider_names(self.settings.recipe()), *dict.fromkeys(named)]

    # ------------------------------------------------------------------ what is missing
    def missing(self) -> list[Wanted]:
        """Pairs of the first N whose picture is not known yet."""
        return [w for w, d in zip(self.wanted[: self.top], self.decisions, strict=False) if d.what == "make"]

    def affordable(self) -> list[Wanted]:
        """As missing(), as far as --max-cost goes, the most wanted first. Raises TryonError(USAGE or BUDGET)."""
        missing, limit, cost = self.missing(), self.settings.max_cost, self.step(1).cost
        if cost and limit is None and not self.settings.unlimited:
            raise TryonError(
                Exit.USAGE,
                f"precompute would cost about ${cost:,.2f} and no limit is set.",
                details=(
                    f"try  --max-cost {cost + 0.5:.0f}   or fewer pairs with --top",
                    "Nothing was sent.",
                ),
            )
        if limit is None or cost <= limit:
            return missing
        paid = 0.0
        count = 0
        for decision in self.decisions[: self.top]:
            paid += decision.cost
            if paid > limit + 1e-9:
                break
            count += decision.what == "make"
        if not count:
            raise TryonError(
                Exit.BUDGET,
                f"not one of {len(missing):,} pairs can be made for ${limit:,.2f}; all cost about ${cost:,.2f}.",
                details=("raise --max-cost", "Nothing was sent."),
            )
        return missing[:count]

    def check_rate(self, least: float) -> None:
        """Is it worth it? Raises TryonError(USAGE) when the back-test met less than that part of the wishes."""
        if self.test is None:
            raise TryonError(
                Exit.USAGE,
                f"nobody can tell whether the top {self.top:,} pairs reach {least:.0%}: too few days are known.",
                details=(
                    "it takes wishes of the last 7 days and some from before",
                    "give a file with a date column (--from), or leave out --min-hit-rate",
                    "Nothing was sent.",
                ),
            )
        rate = self.test.rate(self.top)
        if rate < least:
            enough = next((n for n in range(1, len(self.test.met) + 1) if self.test.rate(n) >= least), 0)
            hint = (
                f"--top {enough} would have met that" if enough else "not even all pairs would have met that"
            )
            raise TryonError(
                Exit.USAGE,
                f"the top {self.top:,} pairs met {rate:.0%} of the wishes in the back-test, less than {least:.0%}.",
                details=(hint, "see  --curve", "Nothing was sent."),
            )

    # ------------------------------------------------------------------ what there is to say
    def step(self, n: int) -> Step:
        """The first n times N pairs."""
        pairs = min(n * self.top, len(self.wanted))
        chosen = self.decisions[:pairs]
        return Step(
            pairs, share(self.wanted, pairs), self.test.rate(pairs) if self.test else None,
            sum(d.what == "make" for d in chosen), sum(d.calls for d in chosen), sum(d.cost for d in chosen),
        )  # fmt: skip

    def curve(self) -> list[Step]:
        """Every step that was looked at, up to the last pair."""
        steps = [self.step(n) for n in range(1, STEPS + 1) if (n - 1) * self.top < len(self.wanted)]
        return list(takewhile(lambda s: s.pairs <= len(self.decisions), steps))

    def story(self) -> list[str]:
        """What is known and what would be made, for a person."""
        if not self.wanted:
            return ["History  nothing yet: no run has come to its end, and no --from FILE says more"]
        now, after = self.step(1), self.step(2)
        made = sum(d.what == "cached" for d in self.decisions[: now.pairs])
        wishes = sum(w.weight for w in self.wanted)
        over = f" in {self.days:,} days" if self.days else ""
        text = [
            f"History  {wishes:,.0f} wishes for {len(self.wanted):,} pairs{over} ({self._sources()})",
            f"  top {now.pairs:,} pairs   {now.share:.0%} of the wishes   ({self._tested(now)})",
            f"  already made {made:,} · to make {now.make:,} · {now.calls:,} calls · about ${now.cost:,.2f}",
        ]
        if after.pairs > now.pairs:
            text.append(
                f"  next {after.pairs - now.pairs:,} would add {after.share - now.share:.0%} for about "
                f"${after.cost - now.cost:,.2f}   see the curve: --curve"
            )
        return [*text, *self._trouble()]

    def drawn(self) -> Iterator[str]:
        """The curve, for a person."""
        yield f"  {'pairs':>9}{'wishes':>9}{'back-test':>11}{'to make':>9}{'calls':>9}{'cost':>11}"
        for s in self.curve():
            rate = "-" if s.rate is None else f"{s.rate:.0%}"
            yield f"  {s.pairs:>9,}{s.share:>9.0%}{rate:>11}{s.make:>9,}{s.calls:>9,}{f'${s.cost:,.2f}':>11}"

    def document(self) -> dict[str, Any]:
        """The same for a script; fields are only added."""
        now, test = self.step(1), self.test
        return {
            "v": 1, "wishes": sum(w.weight for w in self.wanted), "pairs": len(self.wanted), "gone": self.gone,
            "top": now.pairs, "share": round(now.share, 6),
            "back_test": test and {
                "until": _spelled(test.until), "wishes": test.wishes, "rate": round(test.rate(now.pairs), 6)
            },
            "make": [
                {"human": w.pair.human, "garments": w.pair.garments, "wishes": w.weight} for w in self.missing()
            ],
            "calls": now.calls, "cost": round(now.cost, 4),
            "curve": [s._asdict() for s in self.curve()], "unusable": self.sales.wrong,
        }  # fmt: skip

    def _sources(self) -> str:
        runs = f"{self.runs:,} run{'s' if self.runs != 1 else ''}"
        return f"{runs} + {Path(self.source).name}" if self.source else runs

    def _tested(self, now: Step) -> str:
        if self.test is None or now.rate is None:
            return "no back-test: it takes wishes of the last 7 days and some from before"
        late = day_of(time.time()) - self.test.until > 1
        return f"back-test on the last 7 days{f' to {_spelled(self.test.until)}' if late else ''}: {now.rate:.0%}"

    def _trouble(self) -> Iterator[str]:
        if self.gone:
            yield f"  left out {self.gone:,} pairs whose pictures are gone"
        wrong = self.sales.wrong
        if wrong:
            yield f"  {len(wrong):,} of {self.sales.rows:,} rows of {self.source} say less than they should"
            yield from (f"    {line}" for line in wrong[:SHOWN])


def _sales(settings: Settings, source: str, today: int) -> Sales:
    if not source:
        return Sales()
    stdin = sys.stdin.buffer if sys.stdin is not None else None
    found = read_sales(source, settings.manifest_options(source), today, stdin)
    if not found.wishes or (settings.strict and found.wrong):
        raise TryonError(
            Exit.MANIFEST,
            f"{len(found.wrong):,} of {found.rows:,} rows of {source} cannot be used.",
            details=(*found.wrong[:SHOWN], "Nothing was sent."),
        )
    return found


def _asked(settings: Settings) -> tuple[int, list[Any]]:
    """Past runs and the pairs they asked for. Makes no history where there is none."""
    if not (settings.state_path / "history.db").exists():
        return 0, []
    history = History(settings.state_path)
    try:
        return len(history.runs(1_000_000)), list(history.popular())
    finally:
        history.close()


def _spelled(day: int) -> str:
    return date.fromordinal(day + date(1970, 1, 1).toordinal()).isoformat()
