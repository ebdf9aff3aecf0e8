"""What a job asks of its vendor besides pictures and words: the vendor's own settings. Knows no vendor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..model.errors import Fault, FaultKind
from ..model.ports import Job


def choices(name: str, table: Mapping[str, Any], job: Job, known: Collection[str]) -> dict[str, Any]:
    """The vendor's own settings for this job: those of [providers.NAME.options], then the row's opt.NAME.KEY.

    known: the ones that the vendor has. Raises Fault(CONFIG) for another one: it would be ignored there,
    or refused only after pictures were sent.
    """
    mark = f"opt.{name}."
    own = {key.removeprefix(mark): value for key, value in job.settings.items() if key.startswith(mark)}
    chosen = {**table, **own}
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise Fault(
            FaultKind.CONFIG,
            f"{name} has no option named {', '.join(unknown)}",
            code="E-PROV-OPTION",
            fix=f"known: {', '.join(sorted(known))}",
        )
    return chosen
