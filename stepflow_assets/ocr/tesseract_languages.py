"""Languages as they are asked for (ISO 639) and as tesseract names its data."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from stepflow_assets.errors import ProviderUnavailable
from stepflow_assets.ocr.scripts import scripts_of

_LANGUAGES = (
    "af:afr am:amh ar:ara as:asm az:aze be:bel bg:bul bn:ben bs:bos ca:cat cs:ces cy:cym da:dan de:deu el:ell en:eng"
    " es:spa et:est eu:eus fa:fas fi:fin fr:fra ga:gle gl:glg he:heb hi:hin hr:hrv hu:hun hy:hye id:ind is:isl it:ita"
    " ja:jpn ka:kat kk:kaz km:khm ko:kor ku:kmr ky:kir la:lat lb:ltz lt:lit lv:lav mi:mri mk:mkd mn:mon mr:mar ms:msa"
    " mt:mlt my:mya nb:nor ne:nep nl:nld nn:nor no:nor oc:oci pl:pol ps:pus pt:por qu:que ro:ron ru:rus sa:san sd:snd"
    " sk:slk sl:slv sq:sqi sr:srp sr-latn:srp_latn sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir tr:tur tt:tat"
    " ug:uig uk:ukr ur:urd uz:uzb vi:vie yi:yid zh:chi_sim zh-hans:chi_sim zh-hant:chi_tra zh-tw:chi_tra zh-hk:chi_tra"
)
_SCRIPTS = (
    "Latn:Latin Hans:HanS Hant:HanT Jpan:Japanese Hang:Hangul Arab:Arabic Hebr:Hebrew Cyrl:Cyrillic Grek:Greek"
    " Deva:Devanagari Beng:Bengali Taml:Tamil Telu:Telugu Thai:Thai Armn:Armenian Geor:Georgian Ethi:Ethiopic"
    " Khmr:Khmer Mymr:Myanmar"
)
_DATA = dict(pair.split(":") for pair in _LANGUAGES.split())
_OF_A_SCRIPT = dict(pair.split(":") for pair in _SCRIPTS.split())  # data for every language of a script


def scripts_read_with(data: Collection[str]) -> frozenset[str]:
    """The scripts (ISO 15924) that are read with this data."""
    return scripts_of(language for language, name in _DATA.items() if name in data) | frozenset(
        script for script, name in _OF_A_SCRIPT.items() if _script_data(name, data)
    )


def data_for(languages: Iterable[str], data: Collection[str]) -> tuple[str, ...]:
    """What to load for these languages, without repeats: a language's own data, that of its script, or that of another
    language of its script. Raises InvalidInput for an unknown language, ProviderUnavailable where there is nothing."""
    names = [name for language in languages if (name := _best(language, data))]
    if not names:
        raise ProviderUnavailable(
            f"tesseract has no data for {', '.join(languages)} (it has {', '.join(sorted(data)) or 'none'})",
            retryable=False,
            next_step="Install it: apt-get install tesseract-ocr-LANGUAGE, with the language as tesseract names it (deu, chi-sim).",
        )
    return tuple(dict.fromkeys(names))


def _best(language: str, data: Collection[str]) -> str | None:
    (script,) = scripts_of([language])
    code = language.strip().lower().replace("_", "-")
    own = _DATA.get(code) or _DATA.get(code.partition("-")[0])
    if own in data:
        return own
    relatives = ("eng", *_DATA.values())
    related = (name for name in relatives if name in data and script in scripts_read_with([name]))
    return _script_data(_OF_A_SCRIPT[script], data) or next(related, None)


def _script_data(name: str, data: Collection[str]) -> str | None:
    return next((known for known in (f"script/{name}", name) if known in data), None)
