"""How a catalogue lies on disk: its tables, and what brings an older file to the current format."""

from __future__ import annotations

SCHEMA_VERSION = 4

# What an encoder calls the tracks: its tags with their probabilities, and of these the words that searches go by.
_WORDS = """
CREATE TABLE tag_names (fingerprint TEXT PRIMARY KEY REFERENCES encoders, names TEXT NOT NULL);
CREATE TABLE track_tags (
    track_id TEXT PRIMARY KEY REFERENCES tracks ON DELETE CASCADE,
    fingerprint TEXT NOT NULL REFERENCES tag_names, probabilities BLOB NOT NULL);
CREATE TABLE track_words (
    track_id TEXT NOT NULL REFERENCES tracks ON DELETE CASCADE, word TEXT NOT NULL, probability REAL NOT NULL,
    PRIMARY KEY (track_id, word)) WITHOUT ROWID;
CREATE INDEX track_words_by_word ON track_words (word, probability);
"""

# Of whole tracks, features before any fitting, and what an encoder is fitted by.
_MOMENTS = """
CREATE TABLE moments (
    fingerprint TEXT PRIMARY KEY REFERENCES encoders, revision TEXT NOT NULL, n_tracks INTEGER NOT NULL,
    n_sounding INTEGER NOT NULL, mean BLOB NOT NULL, variance BLOB NOT NULL);
"""
_FITTED = (
    """
ALTER TABLE track_vectors RENAME COLUMN vector TO features;
ALTER TABLE encoders ADD COLUMN n_track_features INTEGER NOT NULL DEFAULT 0;
UPDATE encoders SET n_track_features = embedding_size;
"""
    + _MOMENTS
)

# What lists and searches go by: the tags of each track without case and accents, and an index of the words in them.
# A track's row number tells when it came; that of its row in ``tracks`` does not survive a VACUUM.
_LISTED = "title, artist, album, genre, album_artist"
_OLD = ", ".join(f"old.{name}" for name in _LISTED.split(", "))
_NEW = ", ".join(f"new.{name}" for name in _LISTED.split(", "))
_LISTING = f"""
CREATE TABLE listing (
    number INTEGER PRIMARY KEY, track_id TEXT NOT NULL UNIQUE REFERENCES tracks ON DELETE CASCADE,
    title TEXT NOT NULL, artist TEXT NOT NULL, album TEXT NOT NULL, genre TEXT NOT NULL, album_artist TEXT NOT NULL,
    track_number INTEGER NOT NULL, year INTEGER NOT NULL, seconds REAL NOT NULL);
CREATE INDEX listing_by_title ON listing (title, artist);
CREATE INDEX listing_by_artist ON listing (artist, album, track_number, title);
CREATE INDEX listing_by_album ON listing (album, track_number, title);
CREATE INDEX listing_by_genre ON listing (genre, artist, title);
CREATE INDEX listing_by_year ON listing (year);
CREATE INDEX listing_by_length ON listing (seconds);
CREATE VIRTUAL TABLE written USING fts5 (
    {_LISTED}, content = 'listing', content_rowid = 'number', columnsize = 0, prefix = '1 2 3',
    tokenize = 'unicode61 remove_diacritics 2');
CREATE TRIGGER listing_added AFTER INSERT ON listing BEGIN
    INSERT INTO written (rowid, {_LISTED}) VALUES (new.number, {_NEW});
END;
CREATE TRIGGER listing_removed AFTER DELETE ON listing BEGIN
    INSERT INTO written (written, rowid, {_LISTED}) VALUES ('delete', old.number, {_OLD});
END;
CREATE TRIGGER listing_changed AFTER UPDATE OF {_LISTED} ON listing BEGIN
    INSERT INTO written (written, rowid, {_LISTED}) VALUES ('delete', old.number, {_OLD});
    INSERT INTO written (rowid, {_LISTED}) VALUES (new.number, {_NEW});
END;
"""

SCHEMA = (
    """
CREATE TABLE tracks (
    track_id TEXT PRIMARY KEY, title TEXT NOT NULL, artist TEXT NOT NULL, album TEXT NOT NULL,
    genre TEXT NOT NULL, seconds REAL NOT NULL, path TEXT NOT NULL, isrc TEXT NOT NULL, licence TEXT NOT NULL,
    source TEXT NOT NULL, album_artist TEXT NOT NULL DEFAULT '',
    year INTEGER NOT NULL DEFAULT 0, track_number INTEGER NOT NULL DEFAULT 0,
    musicbrainz_recording_id TEXT NOT NULL DEFAULT '', replaygain_db REAL);
CREATE INDEX tracks_by_path ON tracks (path);
CREATE TABLE other_paths (
    path TEXT PRIMARY KEY, track_id TEXT NOT NULL REFERENCES tracks ON DELETE CASCADE);
CREATE INDEX other_paths_by_track ON other_paths (track_id);
CREATE TABLE encoders (
    fingerprint TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, embedding_size INTEGER NOT NULL,
    n_track_features INTEGER NOT NULL);
CREATE TABLE track_vectors (
    track_id TEXT NOT NULL REFERENCES tracks ON DELETE CASCADE, fingerprint TEXT NOT NULL REFERENCES encoders,
    digest TEXT NOT NULL, features BLOB NOT NULL, PRIMARY KEY (track_id, fingerprint));
CREATE UNIQUE INDEX track_vectors_by_encoder ON track_vectors (fingerprint, track_id, digest);
CREATE TABLE segment_vectors (
    track_id TEXT NOT NULL REFERENCES tracks ON DELETE CASCADE, fingerprint TEXT NOT NULL REFERENCES encoders,
    starts BLOB NOT NULL, lengths BLOB NOT NULL, matrix BLOB NOT NULL, PRIMARY KEY (track_id, fingerprint));
CREATE UNIQUE INDEX segment_vectors_by_encoder ON segment_vectors (fingerprint, track_id);
CREATE TABLE files (
    path TEXT PRIMARY KEY, n_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    track_id TEXT REFERENCES tracks ON DELETE CASCADE);
CREATE INDEX files_by_track ON files (track_id);
CREATE TABLE failures (path TEXT PRIMARY KEY, reason TEXT NOT NULL, stage TEXT NOT NULL, time REAL NOT NULL);
CREATE TABLE provenance (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE changes (n INTEGER NOT NULL);
INSERT INTO changes VALUES (0);
"""
    + _MOMENTS
    + _WORDS
    + _LISTING
)

# What brings a catalogue of the format before to this one.
UPGRADES = {
    1: """
ALTER TABLE tracks ADD COLUMN album_artist TEXT NOT NULL DEFAULT '';
ALTER TABLE tracks ADD COLUMN year INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN track_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN musicbrainz_recording_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tracks ADD COLUMN replaygain_db REAL;
CREATE INDEX tracks_by_path ON tracks (path);
CREATE TABLE files (
    path TEXT PRIMARY KEY, n_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    track_id TEXT REFERENCES tracks ON DELETE CASCADE);
CREATE INDEX files_by_track ON files (track_id);
""",
    2: _FITTED + _WORDS,
    3: _LISTING
    + """
INSERT INTO listing (track_id, title, artist, album, genre, album_artist, track_number, year, seconds)
    SELECT track_id, sort_key(title), sort_key(artist), sort_key(album), sort_key(genre), sort_key(album_artist),
    track_number, year, seconds FROM tracks ORDER BY rowid;
ALTER TABLE tracks DROP COLUMN search_text;
""",
}
