"""How many calls at once a service bears, found out while it works. Knows no threads of its own and no clock.

Little's law: calls in flight = calls per second x seconds per call. Where more calls at once only make each of
them slower, the rate has reached its end; the rate times the time that a call takes when nobody waits is then
what the service really works on, and a little more than that keeps it busy.
"""

from __future__ import annotations

from .refusals import Refusals
from .rounds import Higher, Round, Usual

START, PART = 16, 0.25
"""Calls at once to begin with, at least so many and such a part of what the account allows; doubled as long as
nothing gets slower."""

MORE = 1.1
"""Above what the service works on, so that a better day is noticed."""

BACK = 0.9
"""After a refusal, once for each round."""

LEAST = 12
"""Calls of a round at least: fewer say nothing where each takes a quarter more or less by chance."""

LONG = 2
"""Times as many calls make a round once the number is about right: what is left to find are a few per cent."""

CLEAR, FLAT = 1.15, 1.04
"""Times the usual time of a call that count as slower: while the number is doubled, and once it is about right."""

CHANCE = 1.5
"""Standard errors that are added to FLAT; one to CLEAR."""

BAD = 1.6
"""Times the usual time that end a round early."""

QUICK = 0.95
"""Times the usual time of a call that the quicker half of them takes at most, where nobody waits."""

BETTER = 3.0
"""Standard errors by which calls must be faster than usual until we were wrong about what is usual."""

HOLD = 3.0
"""Times the usual time of a call for which a number that was too high is not tried again; twice as long each time
that it is found there again, up to LONGEST."""

LONGEST = 8.0

STALE, SOON = 60.0, 30.0
"""Times the usual time of a call after which that is measured anew, with half as many at once: usually, and when
calls are slower than they were with as many."""

EARLY = 8
"""Calls that say nothing: the first ones are slow by what is loaded and connected for them."""


class Limiter:
    """The best number of calls at once, from how each of them went. Pure: times come in.

    Calls are looked at in rounds: the first so many that begin under one limit, and all of them. To stop at the
    first so many that have ended would see the quick ones only.
    """

    def __init__(self, most: int) -> None:
        """most: what the account allows."""
        self.most = most
        self.limit = float(min(most, max(START, most * PART)))
        self._usual: dict[str, Usual] = {}
        self._higher = Higher()
        self._refusals = Refusals()
        self._seconds = 0.0
        """What a call takes, on the whole; 0.0: not known yet."""
        self._calls = 0
        self._measured = 0.0
        self._running = self._peak = 0
        self._good = 1.0
        self._wall = float(most) + 1.0
        self._wall_until = 0.0
        self._hold = HOLD
        self._rising = True
        self._wave = False
        """The first step back was just made: refusals of the same wave are still to come."""
        self._step = 1.0
        self._dip: float | None = None
        """The limit to go back to."""
        self._odd: Round | None = None
        """The last round, if calls were slower or faster in it than usual."""
        self._round = Round(0.0, self._size())

    def began(self, now: float) -> Round | None:
        """A call starts. What this returns is wanted back when it has ended."""
        self._running += 1
        self._peak = max(self._peak, self._running)
        self._calls += 1
        self._refusals.began()
        return self._round if self._calls > EARLY and self._round.joined() else None

    def ended(
        self,
        now: float,
        seconds: float,
        part_of: Round | None,
        *,
        task: str = "",
        counts: bool,
        refused: bool,
    ) -> None:
        """It has ended. counts: its seconds say something about the service; refused: too many or too fast."""
        self._running -= 1
        if part_of is not None:
            part_of.left(task, seconds if counts else None)
        late = refused and now - seconds < self._round.since  # it was part of what was stepped back from
        if refused and self._refusals.too_many(late=late):
            self._step_back(now, min(self.limit, float(self._peak)))
        elif late and self._wave and self._running < self.limit:  # what is left of the wave was taken
            self._good = min(self._good, float(self._running))
            self._set(now, float(self._running))
        elif self._round.over or self._is_bad(self._round):
            self._look(now, self._round)
        elif self._goes_well(self._round):
            self._good = self.limit
            self._up(now)

    def _step_back(self, now: float, limit: float) -> None:
        """To what went well a moment ago, or by a tenth where that is refused, too."""
        before = self._refusals.left_for_nothing(int(limit))
        if before is not None:
            self._wall, self._good, self._rising = float(self.most) + 1.0, float(before), True
            self._set(now, float(before))
            return
        self._wave = self._rising
        self._too_high(now, limit)
        good = self._good if BACK * limit <= self._good < limit else BACK * limit
        self._good = min(self._good, good)
        self._set(now, good)

    def _is_bad(self, round: Round) -> bool:
        """Those that are still out are slower yet: no need to wait for them."""
        if self._dip is not None or round.count < LEAST // 2:
            return False
        slower, error = round.beside(self._usual)
        return slower - error > BAD

    def _goes_well(self, round: Round) -> bool:
        """On the way up, the quicker half of them is quick: no need to wait for the others. They may be slow for all
        that this half says, so nothing is learned from it."""
        if not self._rising or not self._usual or not self._full or self.limit >= self.most:
            return False
        return 2 * round.count >= self._size() and round.beside(self._usual)[0] < QUICK

    # ------------------------------------------------------------------ rounds
    @property
    def _full(self) -> bool:
        """Has the limit been reached, so that the round says something about it?"""
        return self._peak >= int(self.limit)

    def _size(self) -> int:
        if self._rising:
            return max(LEAST - 2, int(self.limit) if self._usual else 0)
        if self._step > 1.0 and self._dip is None:
            return max(LEAST, int(self.limit))
        return max(2 * LEAST, int(self.limit) if self._dip is not None else LONG * int(self.limit))

    def _set(self, now: float, limit: float) -> None:
        """Another limit: what began before says nothing about it."""
        self.limit = min(float(self.most), max(1.0, limit))
        self._odd = None
        self._next(now)

    def _next(self, now: float) -> None:
        self._round = Round(now, self._size())
        self._refusals.next()
        self._peak = self._running

    def _look(self, now: float, round: Round) -> None:
        """A round is over: what does it say?"""
        self._wave = False
        if self._full:
            self._refusals.passed(int(self.limit))
        if round.count:
            self._seconds = round.seconds / round.count
        if self._dip is not None:
            limit, self._dip = self._dip, None
            self._learn(now, round, anew=abs(round.beside(self._usual)[0] - 1.0) > 0.25)
            self._set(now, limit)
        elif self._full and round.count:
            before = self._higher.left_for_nothing(self.limit, round)
            if before is not None:
                self._all_is_new(now, round, before)
                self._set(now, before)
            elif not self._higher.unsure:
                self._move(now, round)
        if self._round is round:
            self._next(now)

    def _learn(self, now: float, round: Round, *, anew: bool) -> None:
        """Learn how long calls take when nobody waits."""
        round.learn(self._usual, anew=anew)
        self._measured = now

    def _all_is_new(self, now: float, round: Round, good: float) -> None:
        """We were wrong about what is usual, and so about what was too much."""
        self._learn(now, round, anew=True)
        self._wall, self._good = float(self.most) + 1.0, good

    def _move(self, now: float, round: Round) -> None:
        limit = self.limit
        if not self._usual:
            self._learn(now, round, anew=True)
            self._good = limit
            self._up(now)
            return
        round.meet(self._usual)
        known = limit <= self._good
        if known and (not self._rising or limit >= self.most):
            round = self._together(round)
        slower, error = round.beside(self._usual)
        if slower < 1.0 / (FLAT + BETTER * error):
            if self._doubted(round, known):
                return
            self._all_is_new(now, round, limit)
            self._up(now)
            return
        if slower <= (CLEAR + error if self._rising else FLAT + CHANCE * error):
            self._odd = None
            if self._rising:
                self._learn(now, round, anew=False)
            self._good = limit
            self._up(now)
            return
        if slower - error <= BAD and self._doubted(round, known):
            return
        self._rising = False
        if now - self._measured > (SOON if known else STALE) * self._seconds:
            self._dip = limit
            self._set(now, limit / 2.0)
            return
        target = limit / slower * MORE
        if known:
            self._good, self._step = target, 1.0
        else:
            self._too_high(now, limit)
        self._set(now, min(limit, max(self._good, target)))

    def _together(self, round: Round) -> Round:
        """With the one before it, if that was odd: what two say is believed."""
        if self._odd is not None:
            round.take(self._odd)
        return round

    def _doubted(self, round: Round, known: bool) -> bool:
        """Is this the first round that says so, where all was well before? Of a hundred rounds a few are odd by
        chance, or since everything stood still for a moment."""
        if not known or self._odd is not None:
            self._odd = None
            return False
        self._odd = round
        return True

    def _up(self, now: float) -> None:
        """Twice as many at first; later one more, then two, four, ... as long as nothing gets slower."""
        target = self.limit * 2.0 if self._rising else self.limit + self._step
        if self.limit >= self._wall:
            self._wall = float(self.most) + 1.0  # it has gone
        if target >= self._wall:
            target = self._wall - 1.0 if now < self._wall_until else self._wall
            self._step = 1.0
        elif not self._rising:
            self._step *= 2.0
        if min(target, float(self.most)) > self.limit:
            self._set(now, target)

    def _too_high(self, now: float, limit: float) -> None:
        """So many at once were too many."""
        near = abs(limit - self._wall) <= max(1.5, 0.1 * limit)
        self._hold = min(LONGEST, 2.0 * self._hold) if near else HOLD
        self._wall, self._wall_until = limit, now + self._hold * (self._seconds or 1.0)
        self._rising, self._step = False, 1.0
