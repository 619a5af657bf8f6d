"""Dagster names for flow and step ids, which may be any text (notes/stepflow 1.2: ``a-b.c d/é`` is a step id).

Dagster allows ``[A-Za-z0-9_]``. A clean id keeps its name; any other loses what is not allowed and, only where two
ids would then share a name, gets a short digest of itself.
"""

from __future__ import annotations

import hashlib
import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

FLOW_TAG = "stepflow/flow"
"""On each run of a compiled flow's job: the flow's name."""

# dagster._core.definitions.utils.DISALLOWED_NAMES without Python's keywords.
_RESERVED = frozenset(
    [
        "context",
        "conf",
        "config",
        "meta",
        "arg_dict",
        "dict",
        "input_arg_dict",
        "output_arg_dict",
        "int",
        "str",
        "float",
        "bool",
        "input",
        "output",
        "type",
    ]
)
_LONGEST = 100
_DIGEST = 6


def dagster_name(text: str, fallback: str = "unnamed") -> str:
    """``text`` as one Dagster name: accents dropped, other characters ``_``; never empty, never starting with ``_``."""
    if _is_clean(text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")
    return name[:_LONGEST] or fallback


def is_reserved(name: str) -> bool:
    """Whether Dagster refuses the name for an op, output or job (asset key parts may have it)."""
    return name in _RESERVED or keyword.iskeyword(name)


def _is_clean(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_]*", text) is not None and len(text) <= _LONGEST


@dataclass(frozen=True)
class Names:
    """Ids of one flow and their Dagster names, one to one."""

    by_id: Mapping[str, str]

    def __post_init__(self) -> None:
        if len(set(self.by_id.values())) != len(self.by_id):
            raise ValueError("two ids share a Dagster name")

    @classmethod
    def of(cls, ids: Iterable[str]) -> Names:
        """Names for ids in their order. Clean ids keep theirs whatever else is there; so a new step renames no other clean one."""
        wanted = list(dict.fromkeys(ids))
        taken = {text: text for text in wanted if _is_clean(text)}
        names = set(taken.values())
        for text in wanted:
            if text in taken:
                continue
            taken[text] = next(name for name in _candidates(text) if name not in names)
            names.add(taken[text])
        return cls({text: taken[text] for text in wanted})

    def __getitem__(self, given: str) -> str:
        return self.by_id[given]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_id)


def _candidates(text: str) -> Iterator[str]:
    name = dagster_name(text)
    yield name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    for length in range(_DIGEST, len(digest) + 1):
        yield f"{name[: _LONGEST - length - 1]}_{digest[:length]}"
