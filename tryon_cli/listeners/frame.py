"""The live screen as a function of the numbers, the time and the window. Knows no terminal and no thread."""

from __future__ import annotations

from datetime import datetime

from ..model.events import Stopping
from ..model.outcome import RowState
from .causes import News
from .cells import Line, cut, pad, width_of
from .clean import clean, clean_lines
from .stage_tally import StageTally
from .tally import Tally
from .words import brief, money, number, per_minute, percent, rows, span

SHORT = 16
"""Lines of a window in which only rows, cost and the last news are shown."""
NARROW = 72
"""Columns below which p50 and p95 go."""


def frame(
    tally: Tally, now: float, width: int, height: int, unicode: bool = True, resume: str = "tryon resume"
) -> list[Line]:
    """The lines to show, each below `width` cells, fewer than `height` of them.

    now: UTC seconds. resume: the command that goes on with this run.
    """
    draw = _Draw(tally, now, max(20, width - 1), unicode)
    if height < SHORT:
        stopping = draw.safe(resume) if tally.stopping else []
        lines = [*draw.rows(), *draw.cost(), *stopping, *draw.news(1)]
    else:
        head = [*draw.head(), []]
        stages = draw.stages()
        body = [*draw.rows(), *draw.cost(), *draw.safe(resume)]
        room = height - 2 - len(head) - len(body) - (len(stages) + 1 if stages else 0)
        if stages and room < 0:  # more stages than fit: the ones that are at work say most
            stages = stages[: max(0, len(stages) + room)]
        news = draw.news(max(0, min(5, room - 1)))
        lines = [*head, *stages, *([[]] if stages else []), *body, *([[]] if news else []), *news]
    return [cut(line, draw.width) for line in lines[: max(1, height - 1)]]


class _Draw:
    """What all parts of one frame share."""

    def __init__(self, tally: Tally, now: float, width: int, unicode: bool) -> None:
        self.tally = tally
        self.now = now
        self.width = width
        self.unicode = unicode
        self.dot = " · " if unicode else " | "

    def clean(self, text: str, limit: int = 200) -> str:
        return clean(text, self.unicode, limit)

    # ------------------------------------------------------------------ head
    def head(self) -> list[Line]:
        started = self.tally.started
        if started is None:
            return [[("tryon", "bold"), (" starting", "")]]
        parts = [
            f" {self.clean(started.version)}",
            f"run {self.clean(started.run)}",
            f"{self.clean(started.manifest, 40)} -> {self.clean(started.output, 30)}",
            ", ".join(self.clean(name, 30) for name in started.providers),
        ]
        first: Line = [("tryon", "bold"), (self.dot.join(part for part in parts if part), "")]
        return [first, [(self._plan(), "")]]

    def _plan(self) -> str:
        plan, total = self.tally.planned, self.tally.total
        if plan is None:
            return "plan  " + ("counting rows" if total is None else rows(total))
        shared = f" ({number(plan.shared)} shared away)" if plan.shared else ""
        said = [rows(plan.rows), f"{number(plan.cached)} cached", f"{number(plan.make)} to make"]
        calls = [f"{number(plan.calls)} paid calls"] if plan.calls else []
        whole = "plan  " + self.dot.join([*said, *calls])
        return self._fitting(
            whole + shared if calls else whole, whole, "plan  " + self.dot.join([*said[1:], *calls])
        )

    # ------------------------------------------------------------------ stages
    def stages(self) -> list[Line]:
        known = list(self.tally.stages.values())
        if not known:
            return []
        wide = self.width + 1 >= NARROW
        names = max(12, *(min(20, len(self.clean(stage.name))) for stage in known))
        heads = ["done/total", "rate", *(["p50", "p95"] if wide else []), "slots", "retry", "fail"]
        sizes = [12, 9, *([8, 8] if wide else []), 7, 6, 6]
        title = pad("  stage", names + 2) + "".join(
            pad(h, n, True) for h, n in zip(heads, sizes, strict=True)
        )
        return [[(title, "dim")], *(self._stage(stage, names, sizes, wide) for stage in known)]

    def _stage(self, stage: StageTally, names: int, sizes: list[int], wide: bool) -> Line:
        name = ("  " + pad(self.clean(stage.name), names), "")
        down = self.tally.down.get(stage.provider)
        if down is not None and stage.left:
            since = span(self.now - down.at)
            probe = f", probe in {span(down.at + down.wait - self.now)}" if down.wait else ""
            text = f"  PAUSED {self.clean(down.provider)} down {since}{probe}"
            return [name, (text + (f", {self.clean(down.text)}" if down.text else ""), "look")]
        over = stage.left == 0
        slots = "-" if over else f"{stage.taken}/{stage.slots}" if stage.slots else str(stage.taken)
        speed = "cached" if stage.reused == stage.done else "done"
        cells = [
            f"{number(stage.done)}/{number(stage.total)}",
            speed if over else per_minute(stage.rate.per_minute(self.now)),
            *([brief(stage.seconds.quantile(q)) for q in (0.5, 0.95)] if wide else []),
            slots, str(stage.retries), str(stage.failed),
        ]  # fmt: skip
        spans = [(pad(c, n, True), "") for c, n in zip(cells, sizes, strict=True)]
        if stage.failed:
            spans[-1] = spans[-1][0], "bad"
        return [name, *spans]

    # ------------------------------------------------------------------ rows and money
    def rows(self) -> list[Line]:
        tally = self.tally
        counts = self._counts()
        if tally.total is None:
            return [[(f"  rows  {number(tally.done)} so far", "")], counts]
        eta = tally.eta(self.now)
        none = "–" if self.unicode else "-"
        if tally.ended:
            ahead = f"in {span(tally.ended.seconds)}"
        else:
            ahead = f"ETA {none if eta is None else span(eta)}"
        part = f"{number(tally.done)}/{number(tally.total)}  {percent(tally.done, tally.total)}%"
        tail = f"  {part}  {pad(ahead, 11)}"
        size = max(4, min(36, self.width - 8 - len(tail)))
        full, rest = self._bar(tally.done, tally.total, size)
        return [[("  rows  ", ""), (full, "bar"), (rest, "dim"), (tail, "")], counts]

    def _bar(self, done: int, total: int, size: int) -> tuple[str, str]:
        """In eighths of a cell where the signs exist; full only when all is done."""
        eighths = 8 * size * min(done, total) // total if total else 8 * size
        if not self.unicode:
            return "#" * (eighths // 8), "." * (size - eighths // 8)
        part = " ▏▎▍▌▋▊▉"[eighths % 8].strip()
        full = "█" * (eighths // 8) + part
        return full, "·" * (size - len(full))

    def _counts(self) -> Line:
        tally = self.tally
        shown: list[Line] = [[(f"{number(tally.ok)} ok", "good")]]
        waiting = tally.rows[RowState.WAITING]
        maybe = tally.rows[RowState.MAYBE_PAID]
        states = [
            (tally.rows[RowState.FAILED], "failed", "bad"), (tally.rows[RowState.INVALID], "invalid", "bad"),
            (tally.flagged, "flagged", "look"), (waiting, "waiting", "look"), (maybe, "maybe paid", "look"),
            (tally.rows[RowState.SKIPPED], "skipped", ""),
        ]  # fmt: skip
        shown += [[(f"{number(n)} {word}", style)] for n, word, style in states if n]
        if tally.left:
            shown.append([(f"{number(tally.left)} left", "")])
        line: Line = [("        ", "")]
        for i, part in enumerate(shown):
            line += [(self.dot, ""), *part] if i else part
        return line

    def cost(self) -> list[Line]:
        """Nothing where nothing costs money."""
        tally = self.tally
        budget = tally.started.budget if tally.started else None
        if budget is None and not tally.spent and not tally.saved:
            return []
        spent = "  cost  " + money(tally.spent) + (f" of {money(budget)}" if budget is not None else "")
        ahead = None if tally.ended else tally.cost_ahead()
        total = f"{self.dot}est. total {money(tally.spent + ahead)}" if ahead else ""
        saved = f"{self.dot}saved {money(tally.saved)}" if tally.saved else ""
        so_far = " so far" if saved and not tally.ended else ""
        line = self._fitting(spent + total + saved + so_far, spent + total + saved, spent + total, spent)
        return [[(line, "")]]

    def safe(self, resume: str) -> list[Line]:
        """Why it stops, or that it may be stopped and how to go on; nothing when it has ended."""
        tally = self.tally
        if tally.ended:
            return []
        if tally.stopping:
            return [[(self._stopping(tally.stopping), "look")]]
        ago, command = "", self.clean(resume)
        if tally.last_saved is not None:
            ago = f" (saved {max(0.0, self.now - tally.last_saved):.1f} s ago)"
        line = self._fitting(
            f"  safe to stop now{ago}{self.dot}continue with: {command}",
            f"  safe to stop now{self.dot}continue with: {command}",
            f"  safe to stop{self.dot}{command}",
            f"  {command}",
        )
        return [[(line, "dim")]]

    def _stopping(self, event: Stopping) -> str:
        why = (clean_lines(event.text, self.unicode, 200, 1) or [self.clean(event.reason)])[0].rstrip(".")
        steps = f"{number(self.tally.running)} running step{'' if self.tally.running == 1 else 's'}"
        return self._fitting(
            f"  stopping: {why}{self.dot}no new work, collecting {steps}",
            f"  stopping: {why}{self.dot}collecting {steps}",
            f"  stopping ({self.clean(event.reason, 20)}){self.dot}collecting {steps}",
        )

    def _fitting(self, *said: str) -> str:
        """The first that fits; else the last, which is the shortest."""
        return next((text for text in said if width_of([(text, "")]) <= self.width), said[-1])

    # ------------------------------------------------------------------ news
    def news(self, most: int) -> list[Line]:
        lines = self.tally.recent.lines()
        return [self._news(news) for news in lines[max(0, len(lines) - most) :]] if most else []

    def _news(self, news: News) -> Line:
        at = datetime.fromtimestamp(news.at).astimezone()
        row = f"row {self.clean(news.row, 12)}" if news.row else ""
        style = {"failed": "bad", "invalid": "bad", "flagged": "look", "warning": "look"}.get(news.word, "")
        sign = "×" if self.unicode else "x"
        times = f" ({sign}{number(news.times)})" if news.times > 1 else ""
        head: Line = [(f"  {at:%H:%M:%S}  {pad(row, 9)}", "dim"), (pad(self.clean(news.word, 20), 9), style)]
        room = self.width - width_of(head) - len(times) - 1
        text = self.clean(news.text)
        return [*head, *cut([(" " + text, "")], room), (times, "")]
