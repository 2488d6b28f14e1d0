"""Which real recordings parameters are chosen on, and which are only reported on: ``real_split.csv``.

    python benchmarks/real_split.py                            say how many there are in each half
    python benchmarks/real_split.py REAL/tracks.csv            write it anew
    python benchmarks/real_split.py REAL/tracks.csv --check    compare it: exit status 1 if it differs
    python benchmarks/real_split.py REAL/tracks.csv --lessons FOLDER
                                                               link the recordings that a training may learn from
    python benchmarks/real_split.py REAL/tracks.csv --report FOLDER
                                                               link the half that is only reported on

No artist is in both halves. The rule: artists in the order of how many recordings they made, most first (those of one
number by name), each to the half where their genres have fewer artists so far; if that is even, to the one with fewer
recordings. A genre of fewer than ``FEW_ARTISTS`` artists stays together, because with an artist filter a genre by one
artist cannot be asked for (reggae, blues, funk and hip-hop). Those who made a recording together count as one artist.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

SPLIT_FILE = Path(__file__).with_name("real_split.csv")
SPLITS = ("choose", "report")
FEW_ARTISTS = 4


def read_split(file: Path = SPLIT_FILE) -> dict[str, str]:
    """Track id to "choose" or "report"."""
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["track_id"]: row["split"] for row in csv.DictReader(lines)}


def split(tracks: list[dict[str, str]]) -> dict[str, str]:
    """The rule, over the rows of a ``tracks.csv``; an unknown artist counts by the collection the track came from."""
    works: dict[str, list[dict[str, str]]] = defaultdict(list)
    for track in tracks:
        works[track["artist"] or track["source"].partition(":")[0]].append(track)
    artists_of: dict[str, set[str]] = defaultdict(set)
    for artist, made in works.items():
        for track in made:
            artists_of[track["genre"]].add(artist)
    few = {genre for genre, artists in artists_of.items() if genre and len(artists) < FEW_ARTISTS}
    chosen: dict[str, str] = {}
    for artist in sorted(works, key=lambda artist: (-len(works[artist]), artist)):
        genres = {track["genre"] for track in works[artist]} - {""}
        beside = [chosen[other] for genre in sorted(genres & few) for other in artists_of[genre] if other in chosen]
        n_artists = {half: sum(chosen.get(a) == half for g in genres for a in artists_of[g]) for half in SPLITS}
        n_tracks = {half: sum(len(works[a]) for a in chosen if chosen[a] == half) for half in SPLITS}
        fewest = min(SPLITS, key=lambda half: (n_artists[half], n_tracks[half]))
        chosen[artist] = beside[0] if beside else fewest
    return {track["track_id"]: chosen[artist] for artist, made in works.items() for track in made}


def write_half(tracks: Path, folder: Path, half: str = "choose") -> int:
    """A folder of links to the recordings of a half that are free of doubt, with their ``tracks.csv``; how many."""
    halves = read_split()
    with tracks.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if halves[row["track_id"]] == half and not row["doubt"]]
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        link = folder / row["file"]
        link.unlink(missing_ok=True)
        link.symlink_to((tracks.parent / row["file"]).absolute())
    names = ("track_id", "file", "title", "artist", "album", "genre", "seconds", "licence", "source")
    with (folder / "tracks.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row | {"album": "real recordings"} for row in rows)
    return len(rows)


def main() -> int:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tracks", nargs="?", type=Path, help="tracks.csv of the real recordings")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--lessons", type=Path, metavar="FOLDER", help="gets links and a tracks.csv")
    parser.add_argument("--report", type=Path, metavar="FOLDER", help="the same of the half that is reported on")
    options = parser.parse_args()
    if options.tracks is None:
        halves = list(read_split().values())
        print(", ".join(f"{half}: {halves.count(half)} recordings" for half in SPLITS))
        return 0
    if options.lessons or options.report:
        for half, folder in (("choose", options.lessons), ("report", options.report)):
            if folder:
                print(f"{folder}: {write_half(options.tracks, folder, half)} recordings")
        return 0
    with options.tracks.open(encoding="utf-8", newline="") as lines:
        made = split(list(csv.DictReader(lines)))
    if options.check:
        return int(made != read_split())
    with SPLIT_FILE.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["track_id", "split"])
        writer.writerows(sorted(made.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
