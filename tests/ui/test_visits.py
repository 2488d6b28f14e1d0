"""What the server keeps of a visit."""

import itertools

from synesthete.ui import address, visits
from synesthete.ui.state import Sound
from synesthete.ui.visits import Limits, Visits

TRACK = "01a2d0da6cf76c67"


def own_sound(number: int, n_bytes: int = 10) -> Sound:
    return Sound(key=f"{number:064x}", name=f"hum {number}", data=bytes(n_bytes))


def test_a_sound_is_kept_for_its_own_visit_alone():
    kept = Visits()
    name = kept.keep("anna", own_sound(1).of_passage((1, 3)))
    assert name == kept.keep("anna", own_sound(1)) and name.startswith(address.OWN) and "hum" not in name
    assert kept.sound("anna", name) == own_sound(1)
    assert kept.sound("ben", name) is None and kept.sound("anna", "own-guessed") is None
    assert kept.keep("ben", own_sound(1)) != name, "the same bytes of another visit have another name"
    kept.forget("anna", own_sound(1).key)
    assert kept.sound("anna", name) is None


def test_what_is_kept_is_bounded_in_number_size_and_age():
    now = itertools.count(0, 10).__next__
    limits = Limits(n_visits=3, seconds=10_000, n_sounds=4, n_bytes=100, n_bytes_of_all=150)
    kept = Visits(limits, now)
    names = [kept.keep("anna", own_sound(number)) for number in range(6)]
    assert [kept.sound("anna", name) is not None for name in names] == [False, False, True, True, True, True]
    big = kept.keep("anna", own_sound(7, 140))
    assert kept.sound("anna", big) is not None, "the newest stays, whatever its size"
    assert list(kept.of("anna").sounds) == [big]
    bigger = kept.keep("ben", own_sound(8, 120))
    assert kept.sound("ben", bigger) is not None and kept.sound("anna", big) is None
    for number in range(5):
        kept.of(f"visit {number}")
    assert len(kept) == 3
    assert kept.sound("ben", bigger) is not None, "visits that keep nothing push no other out"
    for _ in range(1000):
        now()
    kept.of("late")
    assert len(kept) == 1


def test_likes_are_bounded_and_only_of_tracks():
    kept = Visits()
    kept.like("anna", TRACK)
    kept.like("anna", "f" * 16)
    assert kept.like("anna", TRACK) == ("f" * 16, TRACK), "the newest is the last"
    assert kept.like("anna", TRACK, False) == ("f" * 16,)
    for bad in ("", "../../etc", "F" * 16, "x" * 10_000):
        assert kept.like("anna", bad) == ("f" * 16,)
    for number in range(visits.MOST_LIKED + 5):
        liked = kept.like("anna", f"{number:016x}")
    assert len(liked) == visits.MOST_LIKED and liked[-1] == f"{visits.MOST_LIKED + 4:016x}"
    assert kept.of("ben").liked == {}
