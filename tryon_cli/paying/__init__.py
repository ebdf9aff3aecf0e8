"""Around a provider that costs money: nothing is sent before it is written down, nothing that was paid for is lost."""

from .paying import Paying
from .purse import Consents, Purse

__all__ = ["Consents", "Paying", "Purse"]
