"""The purse of a run, opened when the first provider that costs money is met: most runs never touch the ledger."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import TypeGuard, cast

from ..ledger import care, trouble
from ..ledger.budget import Limits, usd
from ..ledger.claims import Claims
from ..ledger.ledger import Ledger
from ..ledger.references import Uploads
from ..ledger.table import Totals
from ..model.errors import Fault
from ..model.ports import Blobs, Provider, Tell
from ..model.remote import Assets, Remote
from . import first
from .paying import Paying
from .purse import NO_CONSENTS, Consents, Purse


def is_remote(provider: object) -> TypeGuard[Remote]:
    """Is it a service elsewhere?"""
    return isinstance(provider, Remote)


class Wallet:
    """Wraps what costs money; adds up what it cost."""

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        stop: threading.Event,
        tell: Tell,
        *,
        hurry: threading.Event | None = None,
        consents: Consents = NO_CONSENTS,
        blobs: Blobs | None = None,
        assets: Assets | None = None,
        rebuild: bool = False,
    ) -> None:
        """folder: the state folder; stop: nothing is sent any more; hurry: jobs that are out are waited for a bounded
        time from now on (None: as stop); rebuild: begin a damaged ledger anew."""
        self._folder = folder
        self._limits = limits
        self._stop = stop
        self._hurry = hurry
        self._tell = tell
        self._consents = consents
        self._blobs = blobs
        self._assets = assets
        self._rebuild = rebuild
        self._purse: Purse | None = None
        self._last = Totals()
        self._sellers: list[Paying] = []

    def wrap(self, vendor: Provider | Remote) -> Provider:
        """The vendor itself when it is free and works here. Raises TryonError for a ledger that cannot be used."""
        if is_remote(vendor) or any(vendor.offer.price.values()):
            self._sellers.append(Paying(vendor, self._opened()))
            return self._sellers[-1]
        return cast(Provider, vendor)

    def _opened(self) -> Purse:
        if self._purse is None:
            ledger = Ledger(self._folder, rebuild=self._rebuild)
            try:
                claims = Claims(self._folder / "claims")
                uploads = Uploads(self._folder)
            except (OSError, sqlite3.Error) as error:
                ledger.close()
                raise care.unusable(trouble.cannot_write(ledger.path, error)) from error
            self._purse = Purse(
                ledger, claims, self._limits, uploads, self._stop, self._tell, self._consents, self._blobs,
                self._assets, hurry=self._hurry,
            )  # fmt: skip
        return self._purse

    def belongs(self, folder: Path, *, unfinished: bool) -> None:
        """Is this the ledger that an unfinished run of this output folder has written into? Marks it as its own.

        Another one knows nothing of the calls that are out. Raises TryonError(STORAGE), unless it is to be rebuilt.
        """
        ledger, mark = self._opened().ledger, folder / ".tryon" / "ledger"
        known = mark.read_text(encoding="ascii", errors="replace").strip() if mark.exists() else ""
        if known == ledger.born:
            return
        if known and unfinished and not self._rebuild:
            raise trouble.lost(ledger.path, folder)
        if known and unfinished:
            ledger.replaces_another()
        part = mark.with_name("ledger.part")
        part.write_text(ledger.born + "\n", encoding="ascii")
        part.replace(mark)

    @property
    def used(self) -> bool:
        """Is there anything in this run that costs money?"""
        return self._purse is not None

    def collect(self) -> None:
        """Fetch what lies finished at services, before anything new is sent: it is paid for and does not stay there.

        Whatever fails here is tried again, and told, by the row that wants it.
        """
        if self._purse is not None:
            first.collect(self._sellers, self._purse, self._limits.journey)

    def totals(self) -> Totals:
        """Money of this journey so far; as it was last known when the ledger cannot be read any more."""
        if self._purse is not None:
            with contextlib.suppress(Fault):
                self._last = self._purse.ledger.totals(self._limits.journey)
        return self._last

    def spent(self) -> float:
        """USD of this journey so far, without what is held back."""
        return usd(self.totals().spent)

    def close(self) -> None:
        """Write what is left. Never raises; what the disk did not take was said when it happened."""
        if self._purse is None:
            return
        purse, self._purse = self._purse, None
        lost = purse.ledger.close()
        purse.references.close()  # type: ignore[attr-defined]
        purse.claims.close()
        if lost:
            print(f"{lost} records of paid calls could not be written; they are named above", file=sys.stderr)
        else:
            care.copy_daily(purse.ledger.path, time.time())
