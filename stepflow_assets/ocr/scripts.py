"""Scripts (ISO 15924) in which languages (ISO 639) are written: what capability matching compares."""

from __future__ import annotations

from collections.abc import Iterable

from flow_compiler.errors import InvalidInput

_BY_SCRIPT = {
    "Latn": (
        "af az bs ca cs cy da de en es et eu fi fo fr ga gl hr hu id is it ku la lb lt lv mi ms mt nb nl nn no oc pl"
        " pt qu ro sk sl sq sr-latn sv sw tl tr uz vi"
    ),
    "Hans": "zh zh-hans zh-cn ch",
    "Hant": "zh-hant zh-tw zh-hk",
    "Jpan": "ja japan",
    "Hang": "ko korean",
    "Arab": "ar fa ur ps ug sd",
    "Hebr": "he yi iw",
    "Cyrl": "ru uk be bg mk sr kk ky mn tg tt",
    "Grek": "el",
    "Deva": "hi mr ne sa",
    "Beng": "bn as",
    "Taml": "ta",
    "Telu": "te",
    "Thai": "th",
    "Armn": "hy",
    "Geor": "ka",
    "Ethi": "am ti",
    "Khmr": "km",
    "Mymr": "my",
}
ALL_SCRIPTS = frozenset(_BY_SCRIPT)
_SCRIPTS = {language: script for script, languages in _BY_SCRIPT.items() for language in languages.split()}


def scripts_of(languages: Iterable[str]) -> frozenset[str]:
    """The scripts of these languages; a regional code (``pt-BR``) counts as its language. Raises InvalidInput."""
    return frozenset(_script(language) for language in languages)


def _script(language: str) -> str:
    code = language.strip().lower().replace("_", "-")
    script = _SCRIPTS.get(code) or _SCRIPTS.get(code.partition("-")[0])
    if script is None:
        raise InvalidInput(
            f"unknown language {language!r}",
            next_step=f"Use ISO 639 codes in ocr.languages, such as {', '.join(sorted(_SCRIPTS)[:8])}, …",
        )
    return script
