"""Titles, names and paths that break careless writers."""

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from hypothesis import strategies as st

from synesthete.playlists import Entry, Playlist
from synesthete.tracks import Track

TEXTS = [
    "",
    " ",
    "Plain",
    "two\nlines\r\nand\rthree",
    "#EXTINF:1,forged\n/etc/passwd",
    "]]>",
    "<b>&amp;</b> \"'",
    "<!DOCTYPE x [<!ENTITY e 'boom'>]>&e;",
    "nul\0bell\a tab\tesc\x1b[31m delete\x7f next\x85line",
    "separators \u2028 and \u2029",
    "surrogate \ud800 and \udcff",
    "noncharacters \ufffe \uffff \ufdd0 \U0010ffff",
    "emoji 🎧👩‍🎤 and combining e\u0301",
    "עברית \u200f\u202eRTL\u202c",
    "=HYPERLINK(\"http://evil\")",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r\n@x",
    "＝1+1",
    "comma, semicolon; \"quotes\" 'single'",
    "100% %0A #fragment ?query",
    "ﾊﾝｶｸ　全角",
]  # fmt: skip
NAMES = [
    "plain.mp3",
    " blank at both ends ",
    "#comment.mp3",
    "-dash.mp3",
    "=formula.mp3",
    "@at.mp3",
    "http:colon.mp3",
    "C:drive.mp3",
    "100% & #1?.mp3",
    "new\nline.mp3",
    "\ufeffmark.mp3",
    "separator\u2028.mp3",
    "latin-1 \udce9.mp3",
    "emoji 🎧.mp3",
    "ünïcödé.mp3",
    "quote\"'<>.mp3",
    "..hidden.mp3",
    "]]>.mp3",
]  # fmt: skip


def file_of(uri: str) -> Path:
    """The file that a file: URI stands for, byte by byte (RFC 8089)."""
    parts = urlsplit(uri)
    assert parts.scheme == "file" and not parts.netloc and not parts.query and not parts.fragment
    return Path(os.fsdecode(unquote_to_bytes(parts.path)))


texts = st.one_of(st.sampled_from(TEXTS), st.text(st.characters(exclude_categories=()), max_size=30))
names = st.one_of(
    st.sampled_from(NAMES),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1, max_size=20).filter(
        lambda name: name not in (".", "..") and len(name.encode()) < 250
    ),
)
seconds = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 1e4)
paths = st.lists(names, min_size=1, max_size=3).map(lambda parts: Path("/music", *parts))
tracks = st.builds(
    Track,
    st.sampled_from(["0123456789abcdef", "", "x y"]),
    title=texts,
    artist=texts,
    album=texts,
    genre=texts,
    seconds=seconds,
    isrc=texts | st.sampled_from(["GB-AYE-69-00522", "gbaye6900522"]),
    licence=texts,
    source=texts,
)
entries = st.builds(Entry, tracks, paths, st.none() | st.floats(0, 1e4))
playlists = st.builds(Playlist, texts, st.lists(entries, max_size=4).map(tuple))
