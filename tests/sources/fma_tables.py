"""A small ``tracks.csv`` and ``genres.csv`` with the heads of FMA's, and archives like its own."""

import csv
import hashlib
import io
import zipfile

from synesthete.sources.datasets import Archive

HEADS = (
    ("", "album", "album", "album", "artist", "set", "track", "track", "track", "track", "track"),
    (
        "",
        "date_released",
        "information",
        "title",
        "name",
        "subset",
        "genre_top",
        "genres",
        "license",
        "number",
        "title",
    ),
    ("track_id", *[""] * 10),
)
ROWS = (
    ("2", "2009-01-05 00:00:00", "<p>two\nlines, \"quoted\"</p>", "AWOL - A Way Of Life", "AWOL", "small", "Hip-Hop",
     "[21]", "CC BY-NC-SA 3.0", "3", "Food"),
    ("5", "", "", "AWOL - A Way Of Life", "AWOL", "small", "", "[21, 7]", "CC BY 4.0", "", "This\x1b[31m World"),
    ("155320", "", "", "", "", "large", "", "[]", "", "", "Last"),
)  # fmt: skip


def as_csv(*rows):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


TRACKS = as_csv(*HEADS, *ROWS)
GENRES = as_csv(
    ("genre_id", "#tracks", "parent", "title", "top_level"), (21, 9, 0, "Hip-Hop", 21), (7, 1, 0, "Jazz", 7)
)


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_BZIP2) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def archive_of(site, name, files, only=()):
    site.files[name] = zipped(files)
    n_unpacked = sum(map(len, files.values()))
    return Archive(name, hashlib.sha1(site.files[name]).hexdigest(), len(site.files[name]), n_unpacked, only)
