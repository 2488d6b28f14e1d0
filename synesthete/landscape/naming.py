"""What a cluster of tracks is called: by the words and styles that stand out in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

_LEAST_SHARE = 0.25  # of a group's tracks must have a word for it to be called so
_MOST_WORDS = 2


def name_groups(groups: np.ndarray, words: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """A name for each group, no two alike: its one or two most telling words, or its number where none tells.

    A word tells the more, the more of the group have it and the fewer of the others: its share of the group times the
    logarithm of that share over the share of all, as in class-based TF-IDF.

    Parameters
    ----------
    groups : np.ndarray [shape=(n,)], int in [0, n_groups)
    words : sequence [n] of sequence of str
        Of each track; may be empty.

    Returns
    -------
    tuple of str [n_groups]
    """
    n_groups = int(groups.max(initial=-1)) + 1
    everywhere = Counter(word for those in words for word in set(those))
    names: list[str] = []
    for number in range(n_groups):
        rows = np.flatnonzero(groups == number).tolist()
        shares = {word: n / len(rows) for word, n in Counter(w for row in rows for w in set(words[row])).items()}
        told = {word: share * np.log(share * len(words) / everywhere[word]) for word, share in shares.items()}
        best = [word for word, score in sorted(told.items(), key=lambda each: (-each[1], each[0])) if score > 0]
        best = [word for word in best if shares[word] >= _LEAST_SHARE][:_MOST_WORDS]
        name = ", ".join(best)
        names.append(name[:1].upper() + name[1:] or f"Group {number + 1}")
    return tuple(f"{name} ({names[:n].count(name) + 1})" if name in names[:n] else name for n, name in enumerate(names))
