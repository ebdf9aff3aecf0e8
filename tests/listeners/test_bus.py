import threading

from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.listeners.bus import Bus, Ear
from tryon_cli.listeners.clean import clean
from tryon_cli.listeners.tally import Tally
from tryon_cli.model.events import RowEnded, Saved, StepEnded, StepQueued, StepStarted, Warned
from tryon_cli.model.outcome import RowState, State


class Notes:
    def __init__(self) -> None:
        self.heard: list = []
        self.closed = threading.Event()

    def hear(self, events) -> None:
        self.heard += events

    def close(self) -> None:
        self.closed.set()


class Broken(Notes):
    def hear(self, events) -> None:
        raise RuntimeError("no")


class Stuck(Notes):
    def __init__(self) -> None:
        super().__init__()
        self.entered, self.free = threading.Event(), threading.Event()

    def hear(self, events) -> None:
        self.entered.set()
        self.free.wait()
        super().hear(events)


def test_everybody_hears_everything_in_order_from_many_threads():
    a, b = Notes(), Notes()
    bus = Bus([Ear("a", a), Ear("b", b)], gather=0.001)
    threads = [
        threading.Thread(target=lambda n=n: [bus.tell(Saved(n * 1000.0 + i)) for i in range(500)])
        for n in range(8)
    ]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert bus.close(5) == ()
    assert len(a.heard) == 4000 and a.closed.is_set() and b.closed.is_set()
    for n in range(8):
        own = [e.at for e in b.heard if n * 1000 <= e.at < (n + 1) * 1000]
        assert own == sorted(own) and len(own) == 500


def test_a_listener_that_raises_is_named_once_closed_and_left_out():
    bad, good = Broken(), Notes()
    bus = Bus([Ear("bad one", bad), Ear("good", good)], clock=lambda: 7.0, gather=0)
    bus.tell(Saved(1.0))
    assert bad.closed.wait(5)
    bus.tell(Saved(2.0))
    assert bus.close(5) == ()
    warnings = [e for e in good.heard if isinstance(e, Warned)]
    assert len(warnings) == 1 and "bad one" in warnings[0].text and warnings[0].at == 7.0
    assert [e.at for e in good.heard if isinstance(e, Saved)] == [1.0, 2.0]
    assert bus.broken == {"bad one": "RuntimeError: no"}


def test_a_stuck_listener_delays_only_itself_and_a_lossy_one_counts_what_it_lost():
    stuck, good = Stuck(), Notes()
    bus = Bus([Ear("push", stuck, lossless=False, bound=10), Ear("good", good)], gather=0)
    bus.tell(Saved(0.0))
    assert stuck.entered.wait(5)
    for i in range(1, 101):
        bus.tell(Saved(float(i)))
    assert bus.close(0.2) == ("push",)
    assert len(good.heard) == 101
    stuck.free.set()
    assert stuck.closed.wait(5)
    assert [e.at for e in stuck.heard] == [0.0, *map(float, range(91, 101))]
    assert bus.dropped == {"push": 90}


def test_backlog_counts_what_a_lossless_listener_has_still_to_hear():
    stuck = Stuck()
    bus = Bus([Ear("log", stuck)], gather=0)
    bus.tell(Saved(0.0))
    assert stuck.entered.wait(5)
    for i in range(9):
        bus.tell(Saved(float(i)))
    assert bus.backlog() == 10
    stuck.free.set()
    assert bus.close(5) == () and bus.backlog() == 0


_STATES = st.sampled_from([State.MADE, State.REUSED, State.FAILED, State.MAYBE_PAID])


@given(st.lists(st.tuples(_STATES, st.sampled_from(list(RowState)[:5])), max_size=40), st.randoms())
def test_totals_add_up_whatever_the_order(ends, random):
    events: list = []
    for i, (state, row) in enumerate(ends):
        if state is not State.REUSED:
            events += [StepQueued(i, "s", 1), StepStarted(i, "s", str(i), "1")]
        events += [StepEnded(i, "s", str(i), "1", state, 1.0, cost=0.25, wanted=2)]
        events += [RowEnded(i, str(i), "x", row, code="E" if row is RowState.FAILED else "")]
    random.shuffle(events)
    tally = Tally()
    tally.hear(events)
    assert tally.done == len(ends) and tally.running == 0
    if not ends:
        return
    stage = tally.stages["s"]
    assert stage.total == stage.done == len(ends) and stage.left == 0
    worked = sum(state is not State.REUSED for state, _ in ends)
    assert (stage.worked, tally.spent) == (worked, worked * 0.25)
    assert tally.saved_cache == (len(ends) - worked) * 0.25 and tally.saved_shared == len(ends) * 0.25
    failed = sum(row is RowState.FAILED for _, row in ends)
    assert sum(c.count for c in tally.causes.ranked()) == failed


@given(st.text())
def test_clean_text_holds_no_control_sign(text):
    assert all(c.isprintable() or c in "\u200c\u200d" for c in clean(text))
    assert clean(text, unicode=False).isascii() and clean(text, unicode=False).isprintable()


def test_clean_keeps_hostile_signs_visible():
    assert clean("\x1b[31m\x9b\u202e\r[/red]é") == "␛[31m\\x9b\\u202e␍[/red]é"
    assert clean("\x1bé", unicode=False) == "\\x1b\\xe9"
