"""Pictures by address: fetched once a run, asked about in the next, never confused with files."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.events import Event
from tryon_cli.model.links import NOTHING, Copy
from tryon_cli.store import care
from tryon_cli.store.links import Pictures, Remembered
from tryon_cli.store.open import Store

URL = "https://shop.example/a.jpg"


class Web:
    """What lies at addresses, and who asked."""

    def __init__(self, **pages: bytes | Fault) -> None:
        self.pages: dict[str, bytes | Fault] = {URL: b"one"}
        self.asked: list[tuple[str, Copy]] = []

    def __call__(self, url: str, known: Copy) -> Copy:
        self.asked.append((url, known))
        found = self.pages[url]
        if isinstance(found, Fault):
            raise found
        tag = digest_of(found)[:8]
        return known if known.etag == tag else Copy(found, tag, "", url)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def store(root: Path) -> Iterator[Store]:
    with Store(root, lambda e: None) as one:
        yield one


def pictures(store: Store, web: Web, told: list[Event] | None = None) -> Pictures:
    tell = told.append if told is not None else lambda event: None
    return Pictures(store.memo, store.blobs, store.index.commits, web, tell=tell)


def test_an_address_is_fetched_once_and_its_bytes_name_it(store: Store) -> None:
    web = Web()
    names = pictures(store, web)
    assert names.digest(URL) == names.digest(URL) == (digest_of(b"one"), 3)
    assert names.read(URL, digest_of(b"one")) == b"one"
    assert web.asked == [(URL, NOTHING)]


def test_many_at_once_ask_once(store: Store) -> None:
    web = Web()
    many = {f"https://x.example/{n}": str(n).encode() for n in range(50)}
    web.pages |= many
    names = pictures(store, web)
    names.ahead([*many, "not/an/address.jpg"])
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.extend(names.digest(url)[0] for url in many)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([digest_of(data) for data in many.values()] * 4)
    assert len(web.asked) == 50


def test_the_next_run_asks_whether_it_changed(root: Path) -> None:
    web = Web()
    for page in (b"one", b"one", b"two", b"two"):
        web.pages[URL] = page
        with Store(root, lambda e: None) as store:
            assert pictures(store, web).digest(URL) == (digest_of(page), 3)
    tags = [known.etag for _, known in web.asked]
    assert tags == ["", digest_of(b"one")[:8], digest_of(b"one")[:8], digest_of(b"two")[:8]]


def test_bytes_that_the_cache_lost_are_fetched_whole(root: Path) -> None:
    web = Web()
    with Store(root, lambda e: None) as store:
        digest, _ = pictures(store, web).digest(URL)
    Path(store.disk.path_of(digest)).unlink()
    with Store(root, lambda e: None) as store:
        names = pictures(store, web)
        assert names.digest(URL)[0] == digest and web.asked[-1] == (URL, NOTHING)
        Path(store.disk.path_of(digest)).unlink()
    with Store(root, lambda e: None, memory=0) as store:
        names = pictures(store, web)
        assert names.read(URL, digest) == b"one"  # nobody asked for its name in this process
        Path(store.disk.path_of(digest)).unlink()
        web.pages[URL] = b"two"
        with pytest.raises(Fault) as caught:
            names.read(URL, digest)
        assert caught.value.code == "M-CHANGED"


def test_a_server_that_is_away_does_not_take_what_is_known(root: Path) -> None:
    web, told = Web(), list[Event]()
    with Store(root, lambda e: None) as store:
        pictures(store, web).digest(URL)
    web.pages[URL] = Fault(FaultKind.TRANSIENT, "shop.example: away", code="M-URL")
    with Store(root, lambda e: None) as store:
        assert pictures(store, web, told).digest(URL) == (digest_of(b"one"), 3)
    assert [event.code for event in told] == ["M-URL"] and "earlier run" in told[0].text  # type: ignore[attr-defined]
    web.pages[URL] = Fault(FaultKind.INPUT, "gone", code="M-URL")
    with Store(root, lambda e: None) as store, pytest.raises(Fault, match="gone"):
        pictures(store, web, told).digest(URL)


def test_what_was_never_seen_and_is_away_makes_the_row_invalid(store: Store) -> None:
    web = Web()
    web.pages[URL] = Fault(FaultKind.TRANSIENT, "away", code="M-URL")
    names = pictures(store, web)
    for _ in range(2):
        with pytest.raises(Fault) as caught:
            names.digest(URL)
        assert (caught.value.kind, caught.value.code) == (FaultKind.INPUT, "M-URL")
    assert len(web.asked) == 1


def test_a_bug_in_the_fetcher_reaches_whoever_waits(store: Store) -> None:
    with pytest.raises(KeyError):
        pictures(store, Web()).digest("https://unknown.example/")


def test_a_stop_ends_the_waiting(store: Store) -> None:
    over = threading.Event()

    def slow(url: str, known: Copy) -> Copy:
        over.wait(60)
        return Copy(b"late")

    names = Pictures(store.memo, store.blobs, None, slow, stopped=lambda: True)
    names._stopped = lambda: bool(names._asked)  # pulled while it waits
    with pytest.raises(Fault) as caught:
        names.digest(URL)
    over.set()
    assert caught.value.kind is FaultKind.STOPPED


def test_files_are_named_as_before(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"file")
    names = pictures(store, Web())
    assert names.digest(str(path)) == (digest_of(b"file"), 4)
    assert names.read(str(path), digest_of(b"file")) == b"file"


def test_a_plan_fetches_nothing_and_tells_addresses_apart(root: Path, store: Store, tmp_path: Path) -> None:
    plan = Remembered(store.memo, store.index.commits)
    unknown = plan.digest(URL)[0]
    assert unknown == plan.digest(URL)[0] != plan.digest(URL + "?2")[0]
    plan.ahead([URL])
    pictures(store, Web()).digest(URL)
    assert plan.digest(URL) == (digest_of(b"one"), 3)
    with pytest.raises(Fault):
        plan.digest(str(tmp_path / "missing.jpg"))


def test_what_is_remembered_is_no_answer_and_what_was_fetched_no_leftover(store: Store) -> None:
    digest, _ = pictures(store, Web()).digest(URL)
    store.index.flush()
    assert dict(store.index.items()) == {}
    assert care.verify(store).orphans == 0
    long_after = 4_000_000_000.0
    assert care.gc(store, 10**9, (), now=long_after).blobs == 0
    assert care.gc(store, 0, (), now=long_after).blobs == 1
    assert store.disk.get(digest) is None


@pytest.mark.parametrize(
    "value", [b"\x0a{", b"\x0a[]", b"\x0a{}", b'\x0a{"digest":"x","size":1}', b"\x0a" + b"[" * 9000]
)
def test_planted_memories_are_not_believed(store: Store, value: bytes) -> None:
    from tryon_cli.store.links import _name, linked

    store.index.commits.put(_name(URL), value)
    web = Web()
    assert pictures(store, web).digest(URL) == (digest_of(b"one"), 3)
    store.index.commits.put(_name(URL), value)
    store.index.flush()
    assert linked(store.index.commits) == set()
