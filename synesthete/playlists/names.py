"""Titles and names of music as catalogues write them, made comparable: without accents, guests and edition words.

Where that leaves no word, as in "÷", "!!!" or an emoji, the signs are compared as written. Words of two scripts, as in
"椎名林檎" and "Sheena Ringo", cannot be compared; :func:`is_in_another_script` says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

# Words that name another recording of the same song: they must stand on both sides or on neither.
VERSION_WORDS = {"live", "acoustic", "unplugged", "instrumental", "karaoke", "acapella", "orchestral"}
VERSION_WORDS |= {"cover", "tribute", "demo", "rehearsal", "session", "sessions", "reprise"}
VERSION_WORDS |= {"remix", "mix", "dub", "edit", "extended", "nightcore", "slowed", "reverb", "sped"}
# Words that name another edition of the same recording: they say nothing.
EDITION = re.compile(
    r"\b(\d{4} )?(digital(ly)? )?remaster(ed)?( version| edition)?( \d{4})?\b"
    r"|\b(deluxe|expanded|anniversary|bonus track|album version|single version|original mix|original version"
    r"|mono|stereo|explicit|clean)( version| edition)?\b"
)
GUESTS = re.compile(r"[(\[]?\b(feat|ft|featuring)\b\.?[^()\[\]]*[)\]]?|[(\[]with\b[^()\[\]]*[)\]]", re.IGNORECASE)
_CREDITS = re.compile(r"\s*(?:[,;/&×]|\b(?:feat|ft|featuring|and|with|vs|x)\b\.?)\s*", re.IGNORECASE)
_ADDITION = re.compile(r"[(\[]|\s[-\u2013\u2014]\s")  # what follows the title proper: (Live), - Remastered 2011
_BRACKETED = re.compile(r"(.+?)\s*[(\[](.+)[)\]]\s*")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "&": " and "})
_APOSTROPHES = str.maketrans({"\u2019": "'"})
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # emoji or text style of a sign
_TATWEEL = "\u0640"  # stretches an Arabic word, says nothing
_ZWNJ = "\u200c"  # zero-width non-joiner: parts the words of a Persian compound; other format characters part nothing
_INVISIBLE = ("Cc", "Cf", "Cs")  # control and format characters, lone surrogates


def normalised(text: str) -> str:
    """A title or name as compared: what differs between catalogues is taken out.

    Case, accents, punctuation, guests (``feat. …``) and edition words (``Remastered 2011``) go; words that name another
    recording (live, remix, …) stay. A title without any word stays as its signs, in Unicode's compatibility form.
    """
    return _reduced(text, is_folded=True)


def query_words(text: str) -> str:
    """A title or name to search for: as :func:`normalised`, but its words and signs are spelt as they were."""
    return _reduced(text, is_folded=False)


def certain_words(text: str) -> tuple[str, ...]:
    """The words of a title or name that are written as :func:`normalised` has them, but for case and accents.

    What a full-text index is asked for; others may spell those left out otherwise ("don't", "Røyksopp", "and").
    """
    words = normalised(text).split()
    return tuple(word for word in words if word != "and" and word.isalnum() and word in _plain_words(text))


def _plain_words(text: str) -> set[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return set(re.findall(r"[^\W_]+", re.sub(r"\w*['\u2019]\w*", " ", bare)))


def _reduced(text: str, is_folded: bool) -> str:
    without_guests = GUESTS.sub(" ", text)
    at = _ADDITION.search(without_guests)
    proper = without_guests[: at.start()] if at else without_guests
    addition = without_guests[at.end() :] if at else ""
    if not _words(proper, is_folded) and _signs(proper, is_folded):  # "÷ (Deluxe)", "!!! - Live"
        if not _words(addition, is_folded):
            return _signs(without_guests, is_folded)
        return f"{_signs(proper, is_folded)} {_without_edition(addition, is_folded)}".strip()
    return _without_edition(without_guests, is_folded) or _words(text, is_folded) or _signs(text, is_folded)


def _without_edition(text: str, is_folded: bool) -> str:
    return _words(EDITION.sub(" ", _words(text, is_folded)), is_folded)


def _words(text: str, is_folded: bool) -> str:
    """Letters, digits and the marks on them, in lower case, with one blank between words."""
    text = _fold(text) if is_folded else unicodedata.normalize("NFC", text.casefold()).translate(_APOSTROPHES)
    characters: list[str] = []
    is_inside = False  # a word
    for character in _VARIATION_SELECTORS.sub("", text):
        category = unicodedata.category(character)
        if category == "Cf" and character != _ZWNJ:
            continue
        is_mark = category in ("Mn", "Mc")  # vowel signs of Indic and other scripts
        is_inside = character.isalnum() or (is_inside and (is_mark or character == "'"))
        characters.append(character if is_inside else " ")
    return " ".join(word.strip("'") for word in "".join(characters).split())


def _fold(text: str) -> str:
    """Compatibility form in lower case, without accents, Arabic and Hebrew vowel points and apostrophes."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    bare = "".join(character for character in decomposed if not _is_accent(character))
    composed = unicodedata.normalize("NFC", bare).translate(_LETTERS)
    return composed.replace("'", "").replace("\u2019", "")


def _is_accent(character: str) -> bool:
    if "\u0300" <= character <= "\u036f" or character == _TATWEEL:  # kana and Indic marks, elsewhere, change the word
        return True
    is_mark = unicodedata.category(character) == "Mn"
    return is_mark and unicodedata.name(character, "").startswith(("ARABIC", "HEBREW"))


def _signs(text: str, is_folded: bool) -> str:
    """Text as written, in lower case; folded, in compatibility form and without blanks. Empty if nothing is visible."""
    written = unicodedata.normalize("NFKC" if is_folded else "NFC", _VARIATION_SELECTORS.sub("", text.casefold()))
    visible = "".join(c for c in written if not c.isspace() and unicodedata.category(c) not in _INVISIBLE)
    return " ".join(written.split()) if visible and not is_folded else visible


def likeness(one: str, other: str) -> float:
    """How alike two titles or names are once normalised, in [0, 1]; the order of words counts little."""
    a, b = normalised(one), normalised(other)
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    in_order = SequenceMatcher(None, a, b, autojunk=False).ratio()
    sorted_words = (" ".join(sorted(a.split())), " ".join(sorted(b.split())))
    any_order = SequenceMatcher(None, *sorted_words, autojunk=False).ratio()
    return max(in_order, 0.95 * any_order)


def artist_likeness(artist: str, artists: Iterable[str]) -> float:
    """How well one credit (``A feat. B``, ``A & B``) fits a list of artists, in [0, 1]."""
    names = tuple(artists)
    joined = likeness(artist, " and ".join(names))
    credited = [alias for part in _CREDITS.split(artist) if part.strip() for alias in _aliases(part)]
    alike = [likeness(one, other) for one in credited for name in names for other in _aliases(name)]
    # One shared name of several is good evidence, not proof.
    return max([joined, *(0.95 * value if value > 0.9 else 0.7 * value for value in alike)])


def _aliases(name: str) -> tuple[str, ...]:
    """A name in two scripts, ``椎名林檎 (Sheena Ringo)``, as two; any other as it is."""
    match = _BRACKETED.fullmatch(name)
    if match and scripts(match[2]) and not scripts(match[1]) & scripts(match[2]):
        return match[1], match[2]
    return (name,)


def versions(title: str) -> frozenset[str]:
    """The words of a title that tell apart what is spelt nearly alike: live, remix, …, 2, II."""
    words = normalised(title).split()
    return frozenset(
        word
        for position, word in enumerate(words)
        if re.fullmatch(r"\d+|[ivx]+", word) or (position > 0 and word in VERSION_WORDS)
    )


def scripts(text: str) -> frozenset[str]:
    """The scripts that a title or name is written in, such as LATIN, CYRILLIC or CJK; none where it has no letters.

    By the first word of each letter's Unicode name. Edition and version words do not count.
    """
    words = [word for word in normalised(text).split() if word not in VERSION_WORDS]
    letters = [
        c for c in unicodedata.normalize("NFKD", "".join(words)) if unicodedata.category(c) in ("Ll", "Lu", "Lo")
    ]
    return frozenset(unicodedata.name(letter, "").partition(" ")[0] for letter in letters)


def is_in_another_script(one: str, other: str) -> bool:
    """Whether both have letters, and no script in common: then their spelling says nothing about likeness."""
    of_one, of_other = scripts(one), scripts(other)
    return bool(of_one and of_other) and not of_one & of_other
