"""Variables for IP addresses and networks."""

import ipaddress
from typing import Any, ClassVar

import netaddr

from foureyes.jobs.variables.base import Variable, VariableError

INVALID = "Please specify a valid IPv4 or IPv6 address."


class IPAddressVar(Variable):
    """An IPv4 or IPv6 address without mask; the job receives `netaddr.IPAddress`."""

    def parse(self, value: Any) -> netaddr.IPAddress:
        text = str(value).strip()
        try:
            # netaddr alone takes `1.2.3` for 1.2.0.3.
            ipaddress.ip_address(text)
            return netaddr.IPAddress(text)
        except (ValueError, netaddr.AddrFormatError):
            raise VariableError(f"Invalid IPv4/IPv6 address format: {text}") from None

    def canonical(self, value: Any) -> str:
        return str(value)

    def load(self, canonical: Any) -> Any:
        return None if canonical is None else netaddr.IPAddress(canonical)


class IPAddressWithMaskVar(Variable):
    """An address with its prefix length, `10.0.0.1/24`; the job receives `netaddr.IPNetwork`."""

    def parse(self, value: Any) -> netaddr.IPNetwork:
        text = str(value).strip()
        if text.count("/") != 1:
            raise VariableError("CIDR mask (e.g. /24) is required.")
        try:
            ipaddress.ip_interface(text)
            return netaddr.IPNetwork(text)
        except (ValueError, netaddr.AddrFormatError):
            raise VariableError(INVALID) from None

    def canonical(self, value: Any) -> str:
        return str(value)

    def load(self, canonical: Any) -> Any:
        return None if canonical is None else netaddr.IPNetwork(canonical)


class IPNetworkVar(IPAddressWithMaskVar):
    """A network, `10.0.0.0/24`: no bits of a host may be set."""

    own_options: ClassVar[tuple[str, ...]] = ("min_prefix_length", "max_prefix_length")

    def __init__(
        self,
        min_prefix_length: int | None = None,
        max_prefix_length: int | None = None,
        *args: Any,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.min_prefix_length = min_prefix_length
        self.max_prefix_length = max_prefix_length

    def complaints(self, value: Any) -> list[str]:
        messages = []
        if value.ip != value.cidr.ip:
            messages.append(f"{value} is not a valid prefix. Did you mean {value.cidr}?")
        if self.min_prefix_length is not None and value.prefixlen < self.min_prefix_length:
            messages.append(f"The prefix length must be greater than or equal to {self.min_prefix_length}.")
        if self.max_prefix_length is not None and value.prefixlen > self.max_prefix_length:
            messages.append(f"The prefix length must be less than or equal to {self.max_prefix_length}.")
        return messages
