"""XSPF 1, the XML playlist of Xiph.Org (https://www.xspf.org/spec).

Child elements may stand in any order; they are written in that of the specification, as its errata advise.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from synesthete.playlists.playlist import Entry, Playlist, isrc_of, one_line, uri, whole_milliseconds

NAMESPACE = "http://xspf.org/ns/0/"
LICENCE_REL = "http://purl.org/dc/terms/license"
OFFSET_REL = "urn:x-synesthete:offset-seconds"
TRACK_URN = "urn:x-synesthete:track:"


def write_xspf(playlist: Playlist, relative_to: Path | None = None) -> bytes:
    """Write XSPF as UTF-8 XML; ``relative_to`` is the folder for relative locations, None for file: URIs."""
    root = ElementTree.Element("playlist", {"version": "1", "xmlns": NAMESPACE})
    _add(root, "title", one_line(playlist.title))
    _add(root, "creator", "Synesthete")
    tracks = ElementTree.SubElement(root, "trackList")
    for entry in playlist.entries:
        _add_track(tracks, entry, relative_to)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def identifiers(entry: Entry) -> list[str]:
    """Names of the recording that hold anywhere: its ISRC, and the content hash that is its track_id."""
    isrc = isrc_of(entry.track)
    track_id = entry.track.track_id
    names = [f"urn:isrc:{isrc}"] if isrc else []
    return [*names, TRACK_URN + track_id] if track_id.isascii() and track_id.isalnum() else names


def metas(entry: Entry) -> list[tuple[str, str]]:
    """What the format has no element for, as (rel, content)."""
    found = []
    if licence := one_line(entry.track.licence):
        found.append((LICENCE_REL, licence))
    if entry.offset_seconds:
        found.append((OFFSET_REL, f"{entry.offset_seconds:.3f}"))
    return found


def _add_track(tracks: ElementTree.Element, entry: Entry, relative_to: Path | None) -> None:
    element = ElementTree.SubElement(tracks, "track")
    if entry.location is not None:
        _add(element, "location", uri(entry.location, relative_to))
    for identifier in identifiers(entry):
        _add(element, "identifier", identifier)
    _add(element, "title", entry.title)
    _add(element, "creator", one_line(entry.track.artist))
    _add(element, "album", one_line(entry.track.album))
    milliseconds = whole_milliseconds(entry.track.seconds)
    _add(element, "duration", "" if milliseconds is None else str(milliseconds))
    for rel, content in metas(entry):
        _add(element, "meta", content, {"rel": rel})


def _add(parent: ElementTree.Element, name: str, text: str, attributes: dict[str, str] | None = None) -> None:
    if text:
        ElementTree.SubElement(parent, name, attributes or {}).text = text
