"""The model card says what the weights learned from, and what those did that they began with."""

from synesthete.training.card import write_card
from synesthete.training.track_list import write_track_list


def test_the_card_names_both_trainings(tmp_path):
    write_track_list(tmp_path, [{"track_id": "a", "file": "a.opus", "artist": "", "album": "choirs", "licence": "CC0"}])
    about = {
        "version": "1.4000.1100",
        "weights_sha256": "ab" * 32,
        "embedding_size": 256,
        "architecture": {"depth": 18, "width": 32},
        "training": {"config": {"likeness_size": 128, "batch_size": 96}, "n_steps_done": 1100, "seconds": 720},
        "held_out": ["sounds"],
        "n_chunks": 30,
        "chunks_by_collection": {"choirs": 30},
        "start": {"version": "1.4000", "n_chunks": 12, "chunks_by_collection": {"composer-dub": 5, "composer-jazz": 7}},
    }
    text = write_card(tmp_path, about, [tmp_path]).read_text(encoding="utf-8")
    assert "| choirs | 30 |" in text and "| choirs | CC0 | 1 |" in text
    assert "It went on from version 1.4000, which had learned from 12 chunks: our composer 12." in text
    assert "aisfx 0.1.2" in text and "1100 steps of 96 segments in 12 minutes" in text
