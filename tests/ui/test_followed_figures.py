"""The figures that a page shows of a catalogue while it changes."""

from synesthete.catalogue import Catalogue, kept_figures
from synesthete.tracks import Track
from synesthete.ui import followed_figures
from synesthete.ui.followed_figures import FollowedFigures


def counted(catalogue):
    return catalogue.overview(), catalogue.word_counts()


def told(figures):
    return figures.overview, figures.word_counts


def test_a_small_catalogue_is_followed_at_once(tmp_path):
    with Catalogue.open(tmp_path / "x.sqlite") as catalogue:
        followed = FollowedFigures(catalogue)
        assert followed.now().overview.n_tracks == 0
        catalogue.add_track(Track("1", "One"))
        assert followed.now().overview.n_tracks == 1


def test_a_large_catalogue_is_followed_in_the_background(tmp_path, monkeypatch):
    for module in (kept_figures, followed_figures):
        monkeypatch.setattr(module, "SMALL_UP_TO", 2)
    monkeypatch.setattr(followed_figures, "index_folder", lambda _: tmp_path)
    with Catalogue.open(tmp_path / "x.sqlite") as catalogue:
        for number in range(4):
            catalogue.add_track(Track(str(number), f"Title {number}", "Somebody"))
        followed = FollowedFigures(catalogue)
        before = followed.now()
        catalogue.remove("3")
        assert followed.now() == before, "nobody waits until it is counted"
        followed.wait()
        assert told(followed.now()) == counted(catalogue) != told(before)
