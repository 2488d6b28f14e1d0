"""A small ``tracks.csv`` and ``genres.csv`` with the heads of FMA's."""

import csv
import io

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
