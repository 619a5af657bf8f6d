"""The names that one that is unknown may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection

_MOST_LISTED = 12
_MOST_COMPARED = 50_000
_LONGEST = 200


class NearestNames:
    """Guesses for one flow. Comparing is slow and a guess only a courtesy: a flow with very many wrong names gets none
    for the last of them."""

    def __init__(self) -> None:
        self._left = _MOST_COMPARED

    def sentence(self, name: str, known: Collection[str], what: str, write: str = "") -> str:
        """What to write for ``name``: the nearest of the ``known``, else ``write``, else what there is."""
        near = self._near(name, known)
        if near:
            return f"Did you mean {' or '.join(repr(each) for each in near)}?"
        if write:
            return write
        if not known:
            return f"There are no {what}."
        listed = [each for each, _ in zip(known, range(_MOST_LISTED), strict=False)]
        more = f", and {len(known) - len(listed)} more" if len(known) > len(listed) else ""
        return f"There are these {what}: {', '.join(listed)}{more}."

    def _near(self, name: str, known: Collection[str]) -> list[str]:
        self._left -= len(known)
        if self._left < 0 or len(name) > _LONGEST:
            return []
        return difflib.get_close_matches(name, [each for each in known if len(each) <= _LONGEST], n=3, cutoff=0.5)
