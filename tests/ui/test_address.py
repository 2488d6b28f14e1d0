"""What an address may say, and what is believed of it."""

import pytest

from synesthete.journey.types import MAX_LENGTH, MIN_LENGTH
from synesthete.ui import address, landscape_data, map3d, state
from synesthete.ui.address import Name

TRACK = "01a2d0da6cf76c67"
PAGES = (address.LISTEN, address.LIVE, address.LANDSCAPE, address.JOURNEY, address.LIBRARY)
VALUES = {
    address.LISTEN: {
        state.SOUND: Name(TRACK, (4.0, 9.25)), state.ENCODER: "timbre", state.WAY_IN: state.PICK, state.MATCH: "abcd",
        state.OPTION_K: 25, state.OPTION_MINIMUM: 0.35, state.OPTION_PER_ARTIST: 2, state.OPTION_MINUTES: 5,
        state.OPTION_HIDE: False, state.OPTION_COMPARE: "passage", state.BLEND: (("timbre", 0.0), ("rhythm", 2.5)),
    },
    address.LIVE: {state.ENCODER: "timbre", state.OPTION_K: 3},
    address.LANDSCAPE: {state.SOUND: Name("own-x_y-z"), state.LANDSCAPE_METHOD: "pca", state.LANDSCAPE_CHOSEN: TRACK,
                        state.LANDSCAPE_COLOURING: "Group"},
    address.JOURNEY: {
        state.JOURNEY_MODE: state.LIKED, state.JOURNEY_FROM: Name(TRACK), state.JOURNEY_TO: Name("own-abc", (1.0, 2.0)),
        state.JOURNEY_VIA: (Name("a" * 16), Name("own-b")), state.JOURNEY_LIKED: (TRACK, "f" * 16),
        state.JOURNEY_STOPS: 5, state.JOURNEY_TRACKS: 50, state.JOURNEY_SMOOTHNESS: 0.95, state.JOURNEY_PER_ARTIST: 0,
        state.JOURNEY_METADATA: True, state.JOURNEY_WHY: 7, state.MIX_MORE: (TRACK, "e" * 16),
        state.MIX_LESS: ("d" * 16,),
    },
    address.LIBRARY: {
        state.LIBRARY_WORDS: "Björk & co = 80s", state.LIBRARY_HEARD: ("jazz", "female vocalists"),
        state.LIBRARY_ORDER: "Newest here", state.LIBRARY_LIKED: True, state.LIBRARY_PAGE: 12,
    },
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_what_is_written_is_read_again(page):
    values = VALUES[page]
    query = address.write(page, values)
    assert {key: address.read(page, query)[key] for key in values} == values
    assert address.write(page, address.read(page, query)) == query
    assert address.write(page, {}) == {} == address.write(page, address.read(page, {}))


@pytest.mark.parametrize("page", PAGES)
def test_names_are_unique_on_a_page_and_numbers_are_those_of_the_widgets(page):
    names = [parameter.name for parameter in address.of_page(page)]
    assert len(names) == len(set(names)) and "catalogue" not in names
    assert address.read(address.JOURNEY, {"stops": str(MIN_LENGTH)})[state.JOURNEY_STOPS] == MIN_LENGTH
    for number in (MIN_LENGTH - 1, MAX_LENGTH + 1):
        assert address.read(address.JOURNEY, {"stops": str(number)})[state.JOURNEY_STOPS] == 12


@pytest.mark.parametrize(("text", "cosine"), [("0.35", 0.35), ("0.37", 0.35), ("-0.2", -1), ("0", -1), ("2", -1)])
def test_a_likeness_of_an_older_link_is_the_nearest_that_can_be_chosen(text, cosine):
    assert address.read(address.LISTEN, {"alike": text})[state.OPTION_MINIMUM] == cosine


def test_back_goes_to_the_sound_or_the_page_before_and_not_through_settings():
    for page, keys in {
        address.LISTEN: {state.SOUND, state.MATCH}, address.LIVE: set(), address.LANDSCAPE: {state.SOUND},
        address.JOURNEY: {state.JOURNEY_MODE, state.JOURNEY_FROM, state.JOURNEY_TO, state.JOURNEY_VIA,
                          state.JOURNEY_WHY, state.MIX_MORE, state.MIX_LESS},
        address.LIBRARY: {state.LIBRARY_WORDS, state.LIBRARY_PAGE},
    }.items():  # fmt: skip
        assert {parameter.key for parameter in address.of_page(page) if parameter.name in address.STEPS} == keys, page
    assert "catalogue" in address.STEPS


def test_every_colouring_of_the_map_has_a_word_in_the_address():
    known = {value for name, value in vars(landscape_data).items() if name.isupper() and isinstance(value, str)}
    assert known | {map3d.LIKENESS} == set(address.COLOURINGS)
    for name in address.COLOURINGS:
        assert (
            address.read(address.LANDSCAPE, address.write(address.LANDSCAPE, {state.LANDSCAPE_COLOURING: name}))[
                state.LANDSCAPE_COLOURING
            ]
            == name
        )


HOSTILE = ["", " ", "0x10", "1e3", "nan", "inf", "-0", "999999999999999999999", "١٢", "[]", "None", "../../etc/passwd",
           "<script>alert(1)</script>", "'; DROP TABLE tracks; --", "a" * 5000, "\x00", "\u202e", "~", "~1-2",
           "x~1-2-3", "x~9-2", "x~1-1.5", "x~-1-3", "x~0-99999999", ",,,,",
           ",".join("ab" * 500), "True", "1.5"]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_not_allowed_counts_as_not_there(page, text):
    values = address.read(page, {parameter.name: text for parameter in address.of_page(page)})
    for parameter in address.of_page(page):
        value, default = values[parameter.key], parameter.default
        assert value is None or default is None or isinstance(value, (type(default), int))
        if isinstance(value, Name):
            assert value.passage is None or 0 <= value.passage[0] < value.passage[1] <= address.MOST_SECONDS
            assert 0 < len(value.whole) <= 80
        if isinstance(value, tuple):
            assert len(value) <= address.MOST_LIKED
        if isinstance(value, str):
            assert len(value) <= 200 and (value.isprintable() or not value)
    for key, low, high in ((state.OPTION_K, 1, 50), (state.OPTION_MINIMUM, -1, 1), (state.JOURNEY_SMOOTHNESS, 0, 1)):
        assert low <= values.get(key, low) <= high


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("timbre:2,rhythm:0.5", {"timbre": 2.0, "rhythm": 0.5}), ("rhythm:4,timbre:0", {"timbre": 0.0, "rhythm": 4.0}),
        ("timbre:1,harmony:0", {}), ("timbre:4.5", {}), ("timbre:5", {}), ("timbre:-1", {}), ("timbre:2.3", {}),
        ("timbre:nan", {}), ("timbre:٢", {}), ("timbre", {}), ("timbre:", {}), (":2", {}), ("voice:2", {}),
        ("voice:2,timbre:2", {"timbre": 2.0}), ("<b>:2,harmony:1.0", {"harmony": 1.0}), ("timbre:2:2", {}),
        (",".join(["voice:1"] * 3 + ["timbre:2"]), {}), ("timbre:2" * 5000, {}),
    ],
)  # fmt: skip
def test_of_what_counts_only_known_names_and_whole_or_half_weights_are_read(text, counts):
    read = address.read(address.LISTEN, {"blend": text})[state.BLEND]
    assert read == tuple((name, counts[name]) for name in state.COUNTS if name in counts)


def test_tracks_of_a_mixture_are_bounded_and_each_once():
    ids = [f"{number:016x}" for number in range(30)]
    read = address.read(address.JOURNEY, {"mode": "mix", "more": ",".join(ids), "less": f"{TRACK},x,{TRACK},"})
    assert read[state.JOURNEY_MODE] == state.MORE_AND_LESS
    assert read[state.MIX_MORE] == tuple(ids[: address.MOST_MIXED]) and read[state.MIX_LESS] == (TRACK,)
