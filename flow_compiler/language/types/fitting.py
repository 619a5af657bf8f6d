"""Does every value of one schema fit another? Said only where the schemas decide it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from jsonschema import Draft202012Validator

from flow_compiler.language.expressions import Json
from flow_compiler.language.source import Part as PathPart
from flow_compiler.language.types.documents import UNKNOWN, Documents
from flow_compiler.language.types.shapes import Shape, alternatives, is_in, required
from flow_compiler.language.types.words import in_words


class Fit(IntEnum):
    """From what cannot fit to what does. PARTLY: some of the kinds of values that are declared do not fit."""

    NO = 0
    PARTLY = 1
    UNKNOWN = 2
    YES = 3


@dataclass(frozen=True)
class Verdict:
    """How well it fits; where it does not, the part that is to blame."""

    fit: Fit
    inside: tuple[PathPart, ...] = ()
    why: str = ""

    def under(self, part: PathPart) -> Verdict:
        return Verdict(self.fit, (part, *self.inside), self.why)


_FITS = Verdict(Fit.YES)
_OPEN = Verdict(Fit.UNKNOWN)
_OF_SCALARS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
)  # fmt: skip
_DEEPEST = 16


def fits(given: Json, wanted: Json, documents: Documents) -> Verdict:
    """Whether values of ``given`` fit ``wanted``."""
    return _fits(given, wanted, documents, 0)


def _fits(given: Json, wanted: Json, documents: Documents, depth: int) -> Verdict:
    accepted = alternatives(wanted, documents)
    if accepted is None:
        return _FITS
    offered = alternatives(given, documents)
    if offered is None or depth > _DEEPEST:
        return _OPEN
    if not offered:
        return _FITS  # there is no such value
    verdicts = [_one(shape, accepted, wanted, documents, depth) for shape in offered]
    worst = min(verdicts, key=lambda verdict: verdict.fit)
    if worst.fit is not Fit.NO:
        return worst
    if all(verdict.fit is Fit.NO for verdict in verdicts):
        kinds = {shape["type"] for shape in offered}
        return (
            worst
            if len(verdicts) == 1 or any(_any_of(kinds, shape) for shape in accepted)
            else _other(given, wanted, documents)
        )
    return Verdict(Fit.PARTLY, worst.inside, worst.why)


def _one(given: Shape, accepted: Iterable[Shape], wanted: Json, documents: Documents, depth: int) -> Verdict:
    of_kind = [shape for shape in accepted if _same_kind(given["type"], shape["type"])]
    if not of_kind:
        return _other(given, wanted, documents)
    return max((_shape(given, shape, documents, depth) for shape in of_kind), key=lambda verdict: verdict.fit)


def _other(given: Json, wanted: Json, documents: Documents) -> Verdict:
    return Verdict(Fit.NO, (), f"{in_words(wanted, documents)} is expected, and this is {in_words(given, documents)}")


def _any_of(kinds: Iterable[str], shape: Shape) -> bool:
    return any(_same_kind(kind, shape["type"]) for kind in kinds)


def _same_kind(given: str, wanted: str) -> bool:
    return given == wanted or {given, wanted} == {"integer", "number"}


def _shape(given: Shape, wanted: Shape, documents: Documents, depth: int) -> Verdict:
    match given["type"]:
        case "object":
            return _worst(_object(given, wanted, documents, depth))
        case "array":
            return _worst(_array(given, wanted, documents, depth))
        case _:
            return _scalar(given, wanted, documents)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    return min(verdicts, key=lambda verdict: verdict.fit, default=_FITS)


def _scalar(given: Shape, wanted: Shape, documents: Documents) -> Verdict:
    values = given.get("enum")
    if values is None:
        wider = given["type"] == "number" and wanted["type"] == "integer"
        return _OPEN if wider or "enum" in wanted or any(key in wanted for key in _OF_SCALARS) else _FITS
    rules = {key: wanted[key] for key in _OF_SCALARS if key in wanted}
    try:
        rule = Draft202012Validator({**rules, "type": wanted["type"]})
        good = [rule.is_valid(value) and ("enum" not in wanted or is_in(value, wanted["enum"])) for value in values]
    except Exception:  # noqa: BLE001  a pattern that is none, a limit that is no number: other rules report it
        return _OPEN
    if all(good):
        return _FITS
    said = "; ".join(f"{key} {value}" for key, value in rules.items())
    why = f"{in_words(wanted, documents)}{f' ({said})' if said else ''} is expected, and this is another value"
    return Verdict(Fit.PARTLY if any(good) else Fit.NO, (), why)


def _object(given: Shape, wanted: Shape, documents: Documents, depth: int) -> Iterator[Verdict]:
    if "enum" in given or "enum" in wanted:
        yield _OPEN
        return
    has, wants = _properties(given), _properties(wanted)
    certain = set(required(given))
    closed = given.get("additionalProperties") is False and not given.get("patternProperties")
    for name in required(wanted):
        if name not in has and closed:
            yield Verdict(Fit.NO, (), f"the field {name!r} is required, and is not given")
        elif name not in certain:
            yield _OPEN
    for name, schema in has.items():
        if name in wants:
            verdict = _fits(schema, wants[name], documents, depth + 1).under(name)
        elif wanted.get("patternProperties"):
            verdict = _OPEN
        elif wanted.get("additionalProperties") is False:
            listed = ", ".join(wants) or "none"
            verdict = Verdict(Fit.NO, (), f"there is no field {name!r}; it has: {listed}")
        else:
            verdict = _fits(schema, wanted.get("additionalProperties", UNKNOWN), documents, depth + 1).under(name)
        if verdict.fit is Fit.NO and name not in certain:
            verdict = Verdict(Fit.PARTLY, verdict.inside, verdict.why)
        yield verdict


def _properties(shape: Shape) -> dict[str, Json]:
    found = shape.get("properties")
    return found if isinstance(found, dict) else {}


def _array(given: Shape, wanted: Shape, documents: Documents, depth: int) -> Iterator[Verdict]:
    if "enum" in given or "enum" in wanted:
        yield _OPEN
        return
    least, most = wanted.get("minItems"), wanted.get("maxItems")
    items = given.get("prefixItems") if isinstance(given.get("prefixItems"), list) else []
    if given.get("items") is False or given.get("maxItems") == 0:  # exactly these
        count = len(items or ())
        if (isinstance(least, int) and count < least) or (isinstance(most, int) and count > most):
            yield Verdict(
                Fit.NO,
                (),
                f"an array of {least or 0} to {most if most is not None else 'any number of'} items is expected",
            )
        for index, item in enumerate(items or ()):
            yield _fits(item, _item(wanted, index), documents, depth + 1).under(index)
        return
    if items or "prefixItems" in wanted or least or most is not None:
        yield _OPEN
        return
    yield _fits(given.get("items", UNKNOWN), _item(wanted, 0), documents, depth + 1).under(0)


def _item(shape: Shape, index: int) -> Json:
    prefix = shape.get("prefixItems")
    if isinstance(prefix, list) and index < len(prefix):
        return prefix[index]
    items = shape.get("items", UNKNOWN)
    return items if isinstance(items, dict | bool) else UNKNOWN
