"""Which providers there are, and which of them are asked for a page, in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from stepflow_assets.errors import ProviderUnavailable, SettingsError
from stepflow_assets.ocr.asking import ProviderCalls
from stepflow_assets.ocr.clock import Clock, SystemClock
from stepflow_assets.ocr.costs import expected_cost
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Feature, Geometry, OcrProvider
from stepflow_assets.ocr.quality import TAKEN_AS_IT_IS, QualityRules
from stepflow_assets.ocr.recognition import may_lack_boxes
from stepflow_assets.ocr.scripts import scripts_of
from stepflow_assets.workers.pool import WorkerPool

Maker = Callable[[str, ProviderOptions], OcrProvider]
"""Makes a provider from its option (``name:OPTION`` in the chain) and what is configured for it. Raises SettingsError."""


def _in(module: str, name: str) -> Maker:
    """The maker of that name, imported when it is used: engines are heavy."""

    def make(option: str, configured: ProviderOptions) -> OcrProvider:
        maker: Maker = getattr(import_module(f"stepflow_assets.ocr.{module}"), name)
        return maker(option, configured)

    return make


_MAKERS: dict[str, Maker] = {
    "rapidocr": _in("rapidocr_provider", "make_rapidocr"),
    "tesseract": _in("tesseract_provider", "make_tesseract"),
    "docling": _in("docling_provider", "make_docling"),
    "vision": _in("vision.provider", "make_vision"),
    "surya": _in("surya.provider", "make_surya"),
    "recorded": _in("recorded_provider", "make_recorded"),
    "fault": _in("fault_provider", "make_fault"),
}
_DEFAULT = ("rapidocr",)  # any other is there when it is asked for by name, or configured


@dataclass(frozen=True)
class Candidate:
    """A provider to ask. ``degraded``: its answer is kept, but one from a preferred provider would be better."""

    provider: OcrProvider
    degraded: bool
    options: ProviderOptions = ProviderOptions()


@dataclass(frozen=True)
class OcrProviders:
    """Resource: the configured providers in the order of preference, each with its options (none: the defaults), what counts as a
    usable answer, and the calls of each under way in this process."""

    providers: tuple[OcrProvider, ...]
    rules: QualityRules = QualityRules()
    options: tuple[ProviderOptions, ...] = ()
    clock: Clock = field(default_factory=SystemClock, repr=False, compare=False)
    _calls: dict[int, ProviderCalls] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def from_settings(
        cls, chain: str | None = None, configured: Mapping[str, ProviderOptions] | None = None
    ) -> OcrProviders:
        """``chain`` names providers in the order they are asked: ``rapidocr``, or ``first,second:option``. ``configured`` holds
        options by the name in the chain, with its option or without.

        None: the default ones and those that are configured, the cheapest first. Raises SettingsError.
        """
        known = configured or {}
        if chain is None:
            made = [_made(name, known) for name in dict.fromkeys([*_DEFAULT, *known])]
            made.sort(key=lambda pair: expected_cost(*pair))
        else:
            made = [_made(part.strip(), known) for part in chain.split(",") if part.strip()]
        if not made:
            raise SettingsError(f"no OCR provider is named in {chain!r}")
        return cls(tuple(provider for provider, _ in made), options=tuple(options for _, options in made))

    def candidates(
        self, languages: Sequence[str], only: str | None = None, features: Collection[Feature] = ()
    ) -> list[Candidate]:
        """Whom to ask for a page in these languages that needs these features, in order; never empty.

        First come those that read all its scripts and have all features, then those that lack a feature, then those that read
        only some of its scripts; answers of the latter two are degraded. ``only`` keeps the provider of that name. Raises
        InvalidInput for an unknown language, ProviderUnavailable when no provider is left.
        """
        wanted = scripts_of(languages)
        options = self.options or (ProviderOptions(),) * len(self.providers)
        lacking = [
            ((not wanted <= can.scripts, not can.features.issuperset(features)), provider, configured)
            for provider, configured in zip(self.providers, options, strict=True)
            if (only is None or provider.name == only) and wanted & (can := provider.capabilities).scripts
        ]
        if not lacking:
            raise self._nobody(wanted, only)
        lacking.sort(key=lambda found: found[0])
        return [
            Candidate(provider, index > 0 or any(lacks), configured)
            for index, (lacks, provider, configured) in enumerate(lacking)
        ]

    def for_tables(
        self, languages: Sequence[str], only: str | None = None, features: Collection[Feature] = ()
    ) -> list[Candidate]:
        """Whom to ask instead where the page is full of tables: those that know them come first. Empty where that is no other."""
        usual = self.candidates(languages, only, features)
        first = self.candidates(languages, only, {*features, Feature.TABLES})
        return first if first[0].provider is not usual[0].provider and not first[0].degraded else []

    def detector(self, languages: Sequence[str]) -> OcrProvider:
        """Whose lines place the text of engines without geometry: they are found by what they say, so one that reads all of the
        page's scripts comes first, then one that reads some."""
        wanted = scripts_of(languages)
        drawing = [each for each in self.providers if each.capabilities.geometry in (Geometry.LINE, Geometry.WORD)]
        return max(
            drawing or [_made("rapidocr", {})[0]], key=lambda provider: len(wanted & provider.capabilities.scripts)
        )

    def calls(self, candidate: Candidate, pool: WorkerPool) -> ProviderCalls:
        """The calls of this provider, in this process."""
        key = id(candidate.provider)
        if key not in self._calls:
            self._calls[key] = ProviderCalls(candidate.provider, candidate.options, self.rules, pool, self.clock)
        return self._calls[key]

    def line_calls(self, languages: Sequence[str], pool: WorkerPool) -> ProviderCalls:
        """Calls of the detector, whose answers are taken as they are."""
        return ProviderCalls(self.detector(languages), ProviderOptions(), TAKEN_AS_IT_IS, pool, self.clock)

    def profile(self, languages: Sequence[str], only: str | None = None, features: Collection[Feature] = ()) -> str:
        """Everything besides picture and options that decides the result: the profiles of the chain, in order."""
        chain = self.candidates(languages, only, features)
        boxless = any(may_lack_boxes(candidate.provider) for candidate in chain)
        return " | ".join(
            [
                " > ".join(candidate.provider.profile for candidate in chain),
                *(["tables first"] if self.for_tables(languages, only, features) else []),
                *([f"placed by {self.detector(languages).profile}"] if boxless else []),
                str(self.rules),
            ]
        )

    def _nobody(self, wanted: frozenset[str], only: str | None) -> ProviderUnavailable:
        names = ", ".join(provider.name for provider in self.providers) or "none"
        what = f"OCR provider {only!r} is not configured or does not read" if only else "no OCR provider reads"
        return ProviderUnavailable(
            f"{what} the scripts {', '.join(sorted(wanted))} (configured: {names})",
            retryable=False,
            next_step="Configure an OCR provider for these scripts, or correct ocr.languages and ocr.provider.",
        )


def _made(part: str, configured: Mapping[str, ProviderOptions]) -> tuple[OcrProvider, ProviderOptions]:
    name, _, option = part.partition(":")
    maker = _MAKERS.get(name)
    if maker is None:
        raise SettingsError(f"unknown OCR provider {name!r}; known: {', '.join(sorted(_MAKERS))}")
    options = configured.get(part) or configured.get(name) or ProviderOptions()
    return maker(option, options), options
