"""When a provider counts as down: failures of calls by their start, one probe at a time, hope that ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.providers.wrap.circuit import Circuit, Refusal, Rules, Turn, Verdict

GOOD, BAD, VOID = Verdict.GOOD, Verdict.BAD, Verdict.VOID


def run(circuit: Circuit, now: float, verdict: Verdict, seconds: float = 0.1) -> Turn | None:
    number = circuit.begin(now)
    assert isinstance(number, int)
    return circuit.end(number, now + seconds, verdict)


def opened(now: float = 0.0) -> Circuit:
    circuit = Circuit()
    turns = [run(circuit, now, BAD) for _ in range(5)]
    assert turns[:4] == [None] * 4 and turns[4] == Turn(False, 30.0)
    return circuit


def test_five_failures_open_it_and_four_do_not() -> None:
    assert isinstance(opened().begin(1.0), Refusal)


def test_failures_that_are_outnumbered_do_not_open_it() -> None:
    circuit = Circuit()
    for n in range(200):
        assert run(circuit, n * 0.1, BAD if n % 3 == 0 else GOOD) is None
    assert circuit.opened is None


def test_calls_count_when_they_start() -> None:
    """64 calls that take a minute are out; one in five fails within a moment: no outage."""
    circuit = Circuit()
    numbers = [circuit.begin(0.0) for _ in range(64)]
    for number in numbers[:13]:
        assert isinstance(number, int)
        assert circuit.end(number, 0.2, BAD) is None
    assert circuit.opened is None
    # the same failures without the slow ones beside them are an outage
    assert opened().opened is not None


def test_the_window_is_longer_than_two_slow_calls() -> None:
    circuit = Circuit()
    assert circuit.window == 30.0
    for n in range(33):
        run(circuit, float(n), GOOD, seconds=100.0)
    assert circuit.window >= 200.0


def test_what_says_nothing_about_the_provider_is_not_counted() -> None:
    circuit = Circuit()
    for n in range(100):
        assert run(circuit, n * 0.01, VOID) is None
    for n in range(4):
        run(circuit, 1.0 + n * 0.01, BAD)
    assert circuit.counts(1.5) == (4, 4) and circuit.opened is None


def test_old_failures_are_forgotten() -> None:
    circuit = Circuit()
    for n in range(50):
        assert run(circuit, n * 8.0, BAD) is None, "four failures in 30 s at most"


def test_one_probe_at_a_time_and_each_interval_twice_as_long_up_to_a_cap() -> None:
    circuit = opened()
    now, waits = 0.1, []
    for _ in range(8):
        refusal = circuit.begin(now)
        assert isinstance(refusal, Refusal)
        now += refusal.wait
        probe = circuit.begin(now)
        assert isinstance(probe, int)
        assert circuit.begin(now) == Refusal(1.0, circuit.hopeless(now)), "a second one waits for the first"
        turn = circuit.end(probe, now, BAD)
        assert turn is not None and not turn.up
        waits.append(turn.wait)
    assert waits == [60.0, 120.0, 240.0, 300.0, 300.0, 300.0, 300.0, 300.0]


def test_a_probe_that_ended_for_our_reasons_lets_the_next_one_try() -> None:
    circuit = opened()
    probe = circuit.begin(40.0)
    assert isinstance(probe, int) and circuit.end(probe, 41.0, VOID) is None
    assert isinstance(circuit.begin(41.0), int)


def test_it_closes_after_a_good_probe_and_the_outage_is_forgotten() -> None:
    circuit = opened()
    probe = circuit.begin(40.0)
    assert isinstance(probe, int) and circuit.end(probe, 41.0, GOOD) == Turn(True)
    assert circuit.opened is None and circuit.counts(41.0) == (0, 0)
    assert run(circuit, 42.0, BAD) is None


def test_calls_from_before_say_nothing_while_it_is_open() -> None:
    circuit = Circuit()
    early = circuit.begin(0.0)
    for _ in range(5):
        run(circuit, 0.0, BAD)
    assert isinstance(early, int) and circuit.opened is not None
    assert circuit.end(early, 1.0, GOOD) is None and circuit.opened is not None


def test_hope_ends_with_the_fourth_probe() -> None:
    circuit, now = opened(), 0.1
    for n in range(4):
        assert not circuit.hopeless(now), n
        refusal = circuit.begin(now)
        assert isinstance(refusal, Refusal)
        now += refusal.wait
        run(circuit, now, BAD, 0.0)
    assert circuit.hopeless(now)


def test_hope_ends_after_ten_minutes_whoever_probes() -> None:
    circuit = opened()
    assert not circuit.hopeless(599.0) and circuit.hopeless(600.2)


def test_sent_away_for_long_is_down_at_once() -> None:
    circuit = Circuit()
    number = circuit.begin(0.0)
    assert isinstance(number, int)
    assert circuit.end(number, 0.0, BAD, hold=7200.0) == Turn(False, 7200.0)
    assert circuit.begin(7199.0) == Refusal(1.0, True)
    assert isinstance(circuit.begin(7200.0), int)


CALLS = st.lists(
    st.tuples(st.floats(0.0, 40.0), st.sampled_from([GOOD, BAD, BAD, VOID]), st.floats(0.0, 90.0)),
    max_size=120,
)


@given(CALLS, st.integers(1, 8))
def test_whatever_happens_there_is_one_probe_at_a_time(
    calls: list[tuple[float, Verdict, float]], width: int
) -> None:
    """Open means no call but one probe, not before its time; closed means no refusal; ends are never lost."""
    circuit, now = Circuit(Rules(first=5.0, most=60.0)), 0.0
    running: list[tuple[float, int, Verdict]] = []
    probe, next_probe = 0, 0.0
    for gap, verdict, seconds in calls:
        now += gap / width
        for end, number, how in sorted(running):
            if end > now:
                continue
            running.remove((end, number, how))
            turn = circuit.end(number, end, how)
            if number == probe:
                probe = 0
            if turn is not None:
                next_probe = end + turn.wait
                assert turn.up == (circuit.opened is None)
        down = circuit.opened is not None
        got = circuit.begin(now)
        if isinstance(got, Refusal):
            assert down and (got.wait > 0.0)
            assert probe or now < next_probe
            continue
        if down:
            assert not probe and now >= next_probe
            probe = got
        running.append((now + seconds, got, verdict))


@given(st.integers(1, 64), st.integers(1, 40))
def test_a_total_outage_costs_the_calls_in_flight_and_a_few(width: int, minutes: int) -> None:
    """`width` calls at once, all failing: what is sent before it opens, then one probe an interval."""
    circuit, now, sent = Circuit(), 0.0, 0
    running: list[int] = []
    while circuit.opened is None:
        while len(running) < width:
            got = circuit.begin(now)
            assert isinstance(got, int)
            running.append(got)
            sent += 1
        now += 0.01
        circuit.end(running.pop(0), now, BAD)
    assert sent <= 2 * width + 5
    probes = 0
    while now < minutes * 60.0:
        got = circuit.begin(now)
        if isinstance(got, int):
            probes += 1
            circuit.end(got, now, BAD)
        now += 1.0
    assert probes <= 3 + minutes * 60.0 / 240.0 + 1
