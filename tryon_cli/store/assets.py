"""Pictures in a bucket of the user's own, from which services fetch them by address instead of by megabytes.

    [assets]
    url = "s3://my-bucket/tryon"          gs:// and az:// work the same way
    lifetime = "6h"                       of the signed addresses
    endpoint, region, access_key_id, ...  as obstore names them; else from the usual environment

An object is named by its digest, so each picture is uploaded once by all machines that share the bucket. Nothing is
ever removed: give the bucket a lifecycle rule. Knows no provider.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from ..model.digest import Digest, is_digest
from ..model.errors import Exit, Fault, FaultKind, TryonError

LIFETIME = 6 * 3600.0
"""Seconds that a signed address works."""

SPARE = 3600.0
"""Seconds that an address must still work when it is handed out: a job may wait in a queue."""

SCHEMES = ("s3://", "gs://", "az://", "abfs://")


class BucketAssets:
    """model.remote.Assets over obstore. Safe from many threads."""

    def __init__(
        self,
        url: str,
        config: Mapping[str, Any],
        *,
        lifetime: float = LIFETIME,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raises TryonError(USAGE) when obstore is not installed or the settings cannot work."""
        if not url.startswith(SCHEMES):
            raise TryonError(
                Exit.USAGE,
                f"[assets] url {url!r} is no bucket",
                details=(f"it begins with one of {', '.join(SCHEMES)}",),
            )
        if not 2 * SPARE <= lifetime <= 7 * 86_400:
            raise TryonError(
                Exit.USAGE,
                "[assets] lifetime must be between 2h and 7d",
                details=(f"it is {lifetime:.0f} s",),
            )
        self._url = url
        self._lifetime = lifetime
        self._clock = clock
        self._obstore, self._bucket = _opened(url, config)
        self._known: dict[Digest, tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._busy: dict[Digest, threading.Lock] = {}
        self.uploads = 0
        """Pictures that this process has sent to the bucket."""

    def put(self, data: bytes, digest: Digest, media: str) -> str:
        """An address that works for at least an hour. Uploads what is not there. Raises Fault(CONFIG, TRANSIENT)."""
        if not is_digest(digest):
            raise ValueError(f"not a digest: {str(digest)[:80]!r}")
        with self._lock:
            one = self._busy.setdefault(digest, threading.Lock())
        with one:  # a person in fifty rows is asked for by as many threads at once
            address, until = self._known.get(digest, ("", 0.0))
            if until - self._clock() < SPARE:
                address = self._addressed(data, digest, media)
                self._known[digest] = address, self._clock() + self._lifetime
        return address

    def _addressed(self, data: bytes, digest: Digest, media: str) -> str:
        path = f"{digest}.{media.partition('/')[2]}"
        try:
            if digest not in self._known and not self._there(path, len(data)):
                self._obstore.put(self._bucket, path, data, attributes={"Content-Type": media})
                with self._lock:
                    self.uploads += 1
            signed = self._obstore.sign(self._bucket, "GET", path, timedelta(seconds=self._lifetime))
        except self._obstore.exceptions.BaseError as error:
            raise self._fault(error) from None
        except Exception as error:  # obstore raises plain ones, too; its texts may hold a signed address
            raise self._fault(error) from None
        return str(signed)

    def _there(self, path: str, size: int) -> bool:
        try:
            return int(self._obstore.head(self._bucket, path)["size"]) == size
        except FileNotFoundError:  # obstore's NotFoundError is one
            return False

    def _fault(self, error: Exception) -> Fault:
        kind = type(error).__name__
        refused = kind in ("PermissionDeniedError", "UnauthenticatedError", "UnknownConfigurationKeyError")
        return Fault(
            FaultKind.CONFIG if refused else FaultKind.TRANSIENT,
            f"the bucket {self._url} did not take a picture ({kind})",
            code="E-ASSETS",
            fix="look at [assets]: its url, endpoint and keys"
            if refused
            else "tryon resume, when it is back",
        )


def _opened(url: str, config: Mapping[str, Any]) -> tuple[Any, Any]:
    try:
        import obstore
        import obstore.exceptions
        from obstore.store import from_url
    except ModuleNotFoundError as error:
        raise TryonError(
            Exit.USAGE, "[assets] needs the package obstore", details=("pip install 'tryon-cli[s3]'",)
        ) from error
    options = {"allow_http": True} if str(config.get("endpoint", "")).startswith("http://") else {}
    retries = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
    try:
        bucket = from_url(url, config=dict(config), client_options=options or None, retry_config=retries)  # type: ignore[call-overload]
    except Exception as error:
        raise TryonError(
            Exit.USAGE, f"[assets] cannot work: {type(error).__name__}", details=(f"url  {url}",)
        ) from None
    return obstore, bucket
