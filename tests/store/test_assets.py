"""A bucket for pictures, on a real S3-speaking server."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Exit, Fault, FaultKind, TryonError
from tryon_cli.store.assets import BucketAssets

KEYS = {"access_key_id": "a-key", "secret_access_key": "a-secret-nobody-may-see", "region": "us-east-1"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Address of a server that speaks S3, with the bucket "pictures"."""
    server = pytest.importorskip("moto.server")
    from werkzeug.serving import make_server

    http = make_server(
        "127.0.0.1", 0, server.DomainDispatcherApplication(server.create_backend_app), threaded=True
    )
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    at = f"http://127.0.0.1:{http.server_port}"
    urllib.request.urlopen(urllib.request.Request(f"{at}/pictures", method="PUT")).close()
    yield at
    http.shutdown()
    thread.join()
    http.server_close()


def bucket(s3: str, **changes: Any) -> BucketAssets:
    return BucketAssets("s3://pictures/tryon", {**KEYS, "endpoint": s3}, **changes)


def fetched(address: str) -> tuple[bytes, str]:
    with urllib.request.urlopen(address) as reply:
        return reply.read(), reply.headers["Content-Type"]


def test_a_service_can_fetch_what_was_put(s3: str) -> None:
    data = b"\xff\xd8 a person"
    address = bucket(s3).put(data, digest_of(data), "image/jpeg")
    assert fetched(address) == (data, "image/jpeg")


def test_each_picture_is_uploaded_once_by_all_threads_and_machines(s3: str) -> None:
    data = b"\xff\xd8 another person"
    one, two = bucket(s3), bucket(s3)
    with ThreadPoolExecutor(8) as pool:
        addresses = set(pool.map(lambda _: one.put(data, digest_of(data), "image/jpeg"), range(32)))
    assert len(addresses) == 1 and one.uploads == 1
    two.put(data, digest_of(data), "image/jpeg")
    assert two.uploads == 0, "it lies in the bucket already"


def test_an_address_is_renewed_before_it_ends(s3: str) -> None:
    now = [1e9]
    place = bucket(s3, lifetime=7200.0, clock=lambda: now[0])
    data = b"\xff\xd8 a third person"
    first = place.put(data, digest_of(data), "image/jpeg")
    now[0] += 3000
    assert place.put(data, digest_of(data), "image/jpeg") is first
    now[0] += 1000
    again = place.put(data, digest_of(data), "image/jpeg")
    assert again is not first and place.uploads == 1


def test_a_bucket_that_is_not_there_is_said_without_its_keys() -> None:
    place = BucketAssets("s3://nowhere/x", {**KEYS, "endpoint": "http://127.0.0.1:1"})
    with pytest.raises(Fault, match="s3://nowhere/x") as caught:
        place.put(b"x", digest_of(b"x"), "image/jpeg")
    assert caught.value.kind is FaultKind.TRANSIENT
    assert KEYS["secret_access_key"] not in repr(caught.value) + caught.value.fix + caught.value.text


@pytest.mark.parametrize("url", ["", "https://x.example/y", "/tmp/x", "s3:x"])
def test_what_is_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(TryonError, match="no bucket") as caught:
        BucketAssets(url, {})
    assert caught.value.exit_code is Exit.USAGE


def test_a_lifetime_that_cannot_work_is_refused() -> None:
    with pytest.raises(TryonError, match="between 2h and 7d"):
        BucketAssets("s3://b/x", KEYS, lifetime=60)


def test_settings_that_obstore_does_not_know_are_refused() -> None:
    with pytest.raises(TryonError, match="cannot work"):
        BucketAssets("s3://b/x", {"no_such_setting": "x"})
