"""As counted.py, for money: two of its tasks have a price."""

from __future__ import annotations

import dataclasses

from counted import Counted

from tryon_cli.model.ports import Done, Job

PRICE = {"stylize": 0.015, "try-on": 0.07}


class Priced(Counted):
    """Costs what its offer says."""

    offer = dataclasses.replace(Counted.offer, name="priced", price=PRICE)

    def submit(self, job: Job) -> Done:
        return dataclasses.replace(super().submit(job), cost=PRICE.get(job.task, 0.0))
