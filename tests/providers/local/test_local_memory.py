"""The memory: equal work once, also when two threads want it at once; bounded; failures are not kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tryon_cli.providers.local.memory import Memory


def test_equal_work_is_done_once_by_threads_that_want_it_at_once() -> None:
    memory: Memory[int] = Memory(4)
    entered, release, made = threading.Event(), threading.Event(), []

    def make() -> int:
        made.append(threading.get_ident())
        entered.set()
        assert release.wait(10)
        return 42

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(memory.get, "a", make)
        assert entered.wait(10)
        others = [pool.submit(memory.get, "a", make) for _ in range(3)]
        assert memory.get("b", lambda: 7) == 7  # another name does not wait
        release.set()
        assert [f.result(10) for f in (first, *others)] == [42] * 4
    assert len(made) == 1


def test_the_longest_unused_goes_first() -> None:
    memory: Memory[str] = Memory(2)
    made: list[str] = []

    def get(name: str) -> str:
        def make() -> str:
            made.append(name)
            return name

        return memory.get(name, make)

    for name in "abaca":
        get(name)
    assert made == ["a", "b", "c"]
    get("b")
    assert made == ["a", "b", "c", "b"]


def test_a_failure_reaches_everybody_and_is_tried_again() -> None:
    memory: Memory[int] = Memory(2)

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        memory.get("a", fail)
    assert memory.get("a", lambda: 1) == 1


def test_none_is_an_answer() -> None:
    memory: Memory[None] = Memory(2)
    made: list[int] = []
    for _ in range(2):
        assert memory.get("a", lambda: made.append(1)) is None
    assert made == [1]
