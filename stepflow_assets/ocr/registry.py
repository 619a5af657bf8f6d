"""Which providers there are, and which of them are asked for a page, in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from stepflow_assets.errors import ProviderUnavailable, SettingsError
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Feature, OcrProvider
from stepflow_assets.ocr.quality import QualityRules
from stepflow_assets.ocr.scripts import scripts_of

Maker = Callable[[str, ProviderOptions], OcrProvider]
"""Makes a provider from its option (``name:OPTION`` in the chain) and what is configured for it. Raises SettingsError."""


def _rapidocr(option: str, configured: ProviderOptions) -> OcrProvider:  # noqa: ARG001
    from stepflow_assets.ocr.rapidocr_provider import RapidOcrProvider

    if option:
        raise SettingsError(f"OCR provider rapidocr takes no option, not {option!r}")
    return RapidOcrProvider()


def _fault(option: str, configured: ProviderOptions) -> OcrProvider:  # noqa: ARG001
    from stepflow_assets.ocr.fault_provider import FaultProvider

    return FaultProvider.from_option(option)


def _vision(option: str, configured: ProviderOptions) -> OcrProvider:
    from stepflow_assets.ocr.vision.provider import make_vision

    return make_vision(option, configured)


def _surya(option: str, configured: ProviderOptions) -> OcrProvider:
    from stepflow_assets.ocr.surya.provider import make_surya

    return make_surya(option, configured)


_MAKERS: dict[str, Maker] = {"rapidocr": _rapidocr, "surya": _surya, "vision": _vision, "fault": _fault}
_DEFAULT = ("rapidocr",)  # the fault provider is only ever there when it is asked for by name


@dataclass(frozen=True)
class Candidate:
    """A provider to ask. ``degraded``: its answer is kept, but one from a preferred provider would be better."""

    provider: OcrProvider
    degraded: bool


@dataclass(frozen=True)
class OcrProviders:
    """Resource: the configured providers in the order of preference, and what counts as a usable answer."""

    providers: tuple[OcrProvider, ...]
    rules: QualityRules = QualityRules()

    @classmethod
    def from_settings(
        cls, chain: str | None = None, configured: Mapping[str, ProviderOptions] | None = None
    ) -> OcrProviders:
        """``chain`` names providers in the order they are asked: ``rapidocr``, or ``first,second:option``. ``configured`` holds
        options by the name in the chain, with its option or without.

        None: all that read documents, the cheapest first. Raises SettingsError.
        """
        if chain is None:
            made = [_make(name, configured or {}) for name in _DEFAULT]
            return cls(tuple(sorted(made, key=lambda provider: provider.capabilities.seconds_per_page)))
        made = [_make(part.strip(), configured or {}) for part in chain.split(",") if part.strip()]
        if not made:
            raise SettingsError(f"no OCR provider is named in {chain!r}")
        return cls(tuple(made))

    def candidates(
        self, languages: Sequence[str], only: str | None = None, features: Collection[Feature] = ()
    ) -> list[Candidate]:
        """Whom to ask for a page in these languages that needs these features, in order; never empty.

        Providers that read all its scripts and have all features come first, then those that read some (their answers
        are degraded). ``only`` keeps the provider of that name. Raises InvalidInput for an unknown language,
        ProviderUnavailable when no provider is left.
        """
        wanted = scripts_of(languages)
        known = [provider for provider in self.providers if only is None or provider.name == only]
        readers = [provider for provider in known if wanted & provider.capabilities.scripts]
        full = [
            provider
            for provider in readers
            if wanted <= provider.capabilities.scripts and provider.capabilities.features.issuperset(features)
        ]
        partly = [provider for provider in readers if provider not in full]
        if not readers:
            raise self._nobody(wanted, only)
        return [
            Candidate(provider, degraded=index > 0 or provider in partly)
            for index, provider in enumerate((*full, *partly))
        ]

    def profile(self, languages: Sequence[str], only: str | None = None, features: Collection[Feature] = ()) -> str:
        """Everything besides picture and options that decides the result: the profiles of the chain, in order."""
        chain = self.candidates(languages, only, features)
        return " > ".join(candidate.provider.profile for candidate in chain) + f" | {self.rules}"

    def _nobody(self, wanted: frozenset[str], only: str | None) -> ProviderUnavailable:
        names = ", ".join(provider.name for provider in self.providers) or "none"
        what = f"OCR provider {only!r} is not configured or does not read" if only else "no OCR provider reads"
        return ProviderUnavailable(
            f"{what} the scripts {', '.join(sorted(wanted))} (configured: {names})",
            retryable=False,
            next_step="Configure an OCR provider for these scripts, or correct ocr.languages and ocr.provider.",
        )


def _make(part: str, configured: Mapping[str, ProviderOptions]) -> OcrProvider:
    name, _, option = part.partition(":")
    maker = _MAKERS.get(name)
    if maker is None:
        raise SettingsError(f"unknown OCR provider {name!r}; known: {', '.join(sorted(_MAKERS))}")
    return maker(option, configured.get(part) or configured.get(name) or ProviderOptions())
