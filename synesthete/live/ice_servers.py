"""By which servers a browser and this server find a way to each other (STUN, TURN), read from the configuration."""

from __future__ import annotations

import json
from typing import Any

from synesthete.errors import OptionError

VARIABLE = "SYNESTHETE_ICE_SERVERS"
_SCHEMES = ("stun:", "stuns:", "turn:", "turns:")


def ice_servers(configured: object) -> list[dict[str, Any]]:
    """Read the servers as WebRTC names them; nothing configured is no server.

    Parameters
    ----------
    configured : str or list
        Addresses, separated by spaces (``stun:stun.example.org:3478``); or a list, as JSON or not, of what WebRTC calls
        ``RTCIceServer``: ``{"urls": "turn:turn.example.org:3478", "username": "…", "credential": "…"}``.

    Raises
    ------
    OptionError
        It is neither.
    """
    if isinstance(configured, str):
        text = configured.strip()
        configured = _parsed(text) if text.startswith(("[", "{")) else [{"urls": address} for address in text.split()]
    if not isinstance(configured, list):
        raise OptionError(_remedy(f"a list of servers was expected, not {type(configured).__name__}"))
    return [_checked(server) for server in configured]


def _parsed(text: str) -> object:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise OptionError(_remedy(f"it is not JSON ({error})")) from error
    return [parsed] if isinstance(parsed, dict) else parsed


def _checked(server: object) -> dict[str, Any]:
    urls = server.get("urls") if isinstance(server, dict) else None
    addresses = [urls] if isinstance(urls, str) else urls
    if not isinstance(server, dict) or not isinstance(addresses, list) or not addresses:
        raise OptionError(_remedy('each server needs "urls"'))
    for address in addresses:
        if not isinstance(address, str) or not address.startswith(_SCHEMES):
            raise OptionError(_remedy(f"{address!r} does not begin with one of {', '.join(_SCHEMES)}"))
        if address.startswith("turn") and not (server.get("username") and server.get("credential")):
            raise OptionError(_remedy(f"{address!r} needs a username and a credential"))
    known = {"urls": addresses if len(addresses) > 1 else addresses[0]}
    return known | {key: str(server[key]) for key in ("username", "credential") if server.get(key)}


def _remedy(why: str) -> str:
    return (
        f"{VARIABLE} cannot be read: {why}. Give addresses, as in stun:stun.example.org:3478, or JSON: "
        '[{"urls": "turn:turn.example.org:3478", "username": "…", "credential": "…"}].'
    )
