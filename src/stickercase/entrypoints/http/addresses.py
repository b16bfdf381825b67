"""Where a request comes from: the peer, or whom a proxy that is trusted names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from stickercase.entrypoints.settings import Subnet

FORWARDED = b"x-forwarded-for"
SUBNET_BITS = 64
"""Whoever has one address of IPv6 has the 2^64 beside it: they count as one."""
UNKNOWN = "unknown"
REMEMBERED = 50_000

Address = IPv4Address | IPv6Address


class Addresses:
    """Tells the address that a request is counted under."""

    def __init__(self, trusted: Sequence[Subnet]) -> None:
        self._trusted = trusted
        # Peers whose word on others counts for nothing, by the text that the server gives.
        self._known: dict[str, str] = {}

    def of(self, peer: str | None, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The address, IPv6 as its subnet; ``headers`` are looked at only when the peer is a trusted proxy."""
        if peer is None:
            return UNKNOWN
        known = self._known.get(peer)
        return self._found(peer, headers) if known is None else known

    def _found(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        address = _read(peer)
        if address is None:
            return UNKNOWN
        if self._is_trusted(address):
            return _counted_under(self._behind(address, headers))
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[peer] = _counted_under(address)
        return self._known[peer]

    def _behind(self, proxy: Address, headers: Iterable[tuple[bytes, bytes]]) -> Address:
        """Each proxy adds whom it heard from on the right: the first from there that is no proxy of ours, is it.

        What stands left of that anybody can have written.
        """
        lines = b",".join(value for name, value in headers if name == FORWARDED)
        found = proxy
        for word in reversed(lines.decode("latin-1").split(",")):
            address = _read(word.strip())
            if address is None:
                break
            found = address
            if not self._is_trusted(address):
                break
        return found

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _read(text: str) -> Address | None:
    """The address, also with a port or in brackets, as some proxies write it."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _counted_under(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), SUBNET_BITS), strict=False))
