"""Which steps wait in one queue, and what holds each queue back. Knows providers by their offers only."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.ports import Provider
from .adaptive import AdaptivePool, Gauge
from .limits import Pool
from .plan import Plan
from .shape import Lane


class Lanes:
    """The queues of a run: one per stage and provider, with the pools that hold it back."""

    def __init__(
        self,
        plan: Plan,
        providers: Mapping[str, Provider],
        gauges: Mapping[str, Gauge],
        limits: Mapping[str, int],
        cpu: int,
    ) -> None:
        """gauges: of providers whose calls at once are found out; limits: by stage or provider; cpu: steps that
        compute here at once."""
        self._plan = plan
        self._providers = providers
        self._gauges = gauges
        self._limits = limits
        self._cpu = Pool("cpu", cpu)
        self._pools: dict[str, Pool] = {}
        self._lanes: dict[tuple[str, str], Lane] = {}

    def lane(self, stage: str, provider: str) -> Lane:
        """The queue of this stage at this provider."""
        lane = self._lanes.get((stage, provider))
        if lane is None:
            pools = [self._provided(provider)]
            if stage in self._limits:
                pools.append(self._pool(stage, self._limits[stage]))
            away = pools[0] is not self._cpu
            lane = self._lanes[stage, provider] = self._plan.lane(Lane(stage, provider, pools, away=away))
        return lane

    def _provided(self, name: str) -> Pool:
        offer = self._providers[name].offer if name in self._providers else None
        if offer is None or offer.cpu:
            return self._cpu
        if name in self._gauges:
            return self._pools.setdefault(name, AdaptivePool(name, self._gauges[name]))
        return self._pool(name, self._limits.get(name, offer.slots))

    def _pool(self, name: str, depth: int) -> Pool:
        return self._pools.setdefault(name, Pool(name, depth))
