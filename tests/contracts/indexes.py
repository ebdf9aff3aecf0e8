"""What every index of answers promises. An index's own test inherits this and gives `index`."""

from __future__ import annotations

import threading

import pytest

from tryon_cli.model.digest import Key, digest_of
from tryon_cli.model.outcome import Answer
from tryon_cli.model.ports import Index


def key(name: object) -> Key:
    return Key(digest_of(str(name).encode()))


def answer(name: object = "x", **changes: object) -> Answer:
    return Answer(digest_of(f"blob {name}".encode()), 17)._replace(**changes)  # type: ignore[arg-type]


class IndexContract:
    """What was recorded is found, what was forgotten is not, at once."""

    @pytest.fixture
    def index(self) -> Index:
        raise NotImplementedError

    def test_an_answer_is_found_at_once_with_everything_about_it(self, index: Index) -> None:
        said = answer(notes=("look", "twice"), provider="p", cost=0.07, seconds=1.23456789)
        index.record(key(1), said)
        assert index.find([key(1), key(2)]) == {key(1): said}

    def test_nothing_asked_nothing_found(self, index: Index) -> None:
        index.record(key(1), answer())
        assert index.find([]) == {} == index.find([key("unknown")])

    def test_the_last_word_counts(self, index: Index) -> None:
        index.record(key(1), answer("old"))
        index.record(key(1), answer("new"))
        index.record(key(2), answer("old"))
        index.forget([key(2), key("never heard of")])
        assert index.find([key(1), key(2)]) == {key(1): answer("new")}
        index.record(key(2), answer("again"))
        assert index.find([key(1), key(2)]) == {key(1): answer("new"), key(2): answer("again")}

    @pytest.mark.parametrize("count", [1, 7, 129, 1200])
    def test_many_keys_in_one_look(self, index: Index, count: int) -> None:
        for n in range(count):
            index.record(key(n), answer(n))
        found = index.find([key(n) for n in range(2 * count)])
        assert found == {key(n): answer(n) for n in range(count)}

    def test_what_is_no_answer_is_refused_where_it_is_said(self, index: Index) -> None:
        for wrong in (answer(digest="../../etc/passwd"), answer(size=-1), answer(cost=float("nan"))):
            with pytest.raises(ValueError, match="not an answer"):
                index.record(key(1), wrong)
        assert index.find([key(1)]) == {}

    def test_many_threads(self, index: Index) -> None:
        wrong: list[int] = []

        def work(me: int) -> None:
            for n in range(60):
                index.record(key((me, n)), answer(n))
                index.record(key(n), answer(n))
                found = index.find([key((me, n)), key(n), key("unknown")])
                if found != {key((me, n)): answer(n), key(n): answer(n)}:
                    wrong.append(n)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
