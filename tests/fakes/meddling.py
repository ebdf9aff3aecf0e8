"""A provider during whose first call somebody writes a picture that a later row names (MEDDLE_WITH)."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from counted import Counted

from tryon_cli.model.ports import Done, Job


class Meddling(Counted):
    """As Counted, and the file is longer afterwards."""

    offer = dataclasses.replace(Counted.offer, name="meddling")
    done = False

    def submit(self, job: Job) -> Done:
        if not Meddling.done:
            Meddling.done = True
            with Path(os.environ["MEDDLE_WITH"]).open("ab") as file:
                file.write(b"more")
        return super().submit(job)
