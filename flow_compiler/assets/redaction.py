"""What Dagster keeps as text, with forgotten partition keys replaced by pseudonyms.

Bodies of runs, events, backfills and ticks are JSON: a key is an item of a list, a tag's value, an end of a range, or part
of a sentence. Whole values are compared; in sentences a name counts only where no longer name contains it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

_RANGES = (("dagster/asset_partition_range_start", "dagster/asset_partition_range_end"), ("start", "end"))
_BEFORE = r"(?<![\w/%:~@.+-])"
_AFTER = r"(?![\w/]|[.:~%@+-][\w/])"
_PLAIN_WORD = re.compile(r"\w+")
_NAMES_OF_DAGSTER = {
    "__class__",
    "__enum__",
    "step_key",
    "pipeline_name",
    "event_type_value",
    "logging_tags",
    "check_name",
}
_KEYS_OF_DAGSTER = {"AssetKey", "AssetCheckKey", "SolidHandle", "StepHandle"}


@dataclass(frozen=True)
class ForgottenKey:
    """``also_called``: names a sentence may use instead of the key, such as a path. One that a key which stays ends in may
    be that key's, and is left."""

    key: str
    pseudonym: str
    also_called: tuple[str, ...] = ()


class Redaction:
    """Replaces names in values and texts. ``orders`` are Dagster's sets of dynamic partitions, forgotten keys included: a
    range that begins or ends with a forgotten key becomes one of those that remain, and a longer key is not taken for a
    shorter one."""

    def __init__(self, forgotten: Sequence[ForgottenKey], orders: Sequence[Sequence[str]]) -> None:
        self.keys = {one.key: one.pseudonym for one in forgotten}
        self._orders = [{key: place for place, key in enumerate(order)} for order in orders]
        of_key = {form: one.pseudonym for one in forgotten for form in _spellings(one.key)}
        other_names = {name: one.pseudonym for one in forgotten for name in one.also_called}
        inside = re.compile(_any_of({*of_key, *other_names}))
        longer = {key for order in orders for key in order if key not in self.keys and inside.search(key)}
        shared = {name for name in other_names for key in longer if key.endswith((f":{name}", f"/{name}"))}
        of_others = {form: other_names[name] for name in other_names.keys() - shared for form in _quoted(name)}
        self._longer = longer
        self._spelled = of_others | of_key
        self._in_sentence = _pattern(self._spelled, longer)
        self._in_value = _pattern(of_key, longer)
        self._trace = re.compile(_any_of(trace for one in forgotten for trace in _traces({one.key, *one.also_called})))
        self._about = re.compile(f"({_any_of({*self.keys, *longer})}): ")

    def may_be_in(self, stored: str) -> bool:
        """False only where no name is, escaped or not: most texts need no closer look."""
        return self._trace.search(stored) is not None

    def is_about(self, message: str) -> bool:
        """A log message ``<key>: …``."""
        named = self._about.match(message)
        return named is not None and named.group(1) in self.keys

    def stored(self, text: str) -> str:
        """A JSON text, or one that is none, with every name replaced; the same object where there is none."""
        if not self.may_be_in(text):
            return text
        try:
            value = json.loads(text)
        except ValueError:
            return self._plain(text)
        replaced = self.value(value)
        return text if replaced == value else json.dumps(replaced)

    def value(self, value: Any) -> Any:
        """A JSON value with every name replaced."""
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict) and value.get("__class__") not in _KEYS_OF_DAGSTER:
            return {
                self.keys.get(name, name): item if name in _NAMES_OF_DAGSTER else self.value(item)
                for name, item in self._with_kept_ranges(value).items()
            }
        return value

    def sentence(self, text: str) -> str:
        return self._in_sentence.sub(lambda match: self._spelled.get(match.group(), match.group()), text)

    def _string(self, text: str) -> str:
        return self.stored(text) if text[:1] in ("{", "[") else self._plain(text)

    def _plain(self, text: str) -> str:
        if text in self.keys or text in self._longer:
            return self.keys.get(text, text)
        pattern = self._in_sentence if any(map(str.isspace, text)) else self._in_value
        return pattern.sub(lambda match: self._spelled.get(match.group(), match.group()), text)

    def _with_kept_ranges(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        for first, last in _RANGES:
            start, end = value.get(first), value.get(last)
            if isinstance(start, str) and isinstance(end, str) and (start in self.keys or end in self.keys):
                start, end = self._range(start, end)
                value = {**value, first: start, last: end}
        return value

    def _range(self, start: str, end: str) -> tuple[str, str]:
        for places in self._orders:
            if start in places and end in places:
                within = list(places)[places[start] : places[end] + 1]
                kept = [key for key in within if key not in self.keys]
                return (kept[0], kept[-1]) if kept else (start, end)
        return start, end


def _spellings(name: str) -> set[str]:
    """As it is, as ``repr`` and JSON write it, and as a URL."""
    return {name, repr(name)[1:-1], json.dumps(name)[1:-1], quote(name, errors="surrogateescape")}


def _quoted(name: str) -> set[str]:
    """A name of one word could be any word, so it is one only in quotes."""
    return {repr(name)} if _PLAIN_WORD.fullmatch(name) else _spellings(name)


def _any_of(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))


def _pattern(names: Iterable[str], longer: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"{_BEFORE}(?:{_any_of({*names, *longer})}){_AFTER}")


def _traces(names: Iterable[str]) -> set[str]:
    """Of each way to write a name the longest piece that no escaping, however often repeated, changes; of two pieces of
    which one holds the other, the shorter."""
    spelled = {form for name in names for form in _spellings(name)}
    written = spelled | {json.dumps(form)[1:-1] for form in spelled}
    pieces = {max(re.split(r"[\\\"']+", form), key=len) for form in written}
    return {piece for piece in pieces if not any(other in piece for other in pieces - {piece})}
