"""The components that flows from outside may call: those the server was started with. What the built-in ones reach of this
machine and of its network is what was given for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from flow_compiler.engine.builtins import BUILTINS
from flow_compiler.engine.builtins.load_file import LoadedFile, LoadFile, load_file
from flow_compiler.engine.builtins.openai import OpenAIInput, OpenAIOutput, openai
from flow_compiler.engine.components import Component, ComponentContext
from flow_compiler.engine.outcomes import Json
from flow_compiler.engine.registry import ComponentRegistry, Components
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.errors import InvalidInput, UnknownComponent


@dataclass(frozen=True)
class Reach:
    """``files``: the folder that can be loaded from; None: nothing can. ``openai_urls``: the servers that a flow may name;
    None: any."""

    files: Path | None = None
    openai_urls: frozenset[str] | None = None


EVERYTHING_BUT_FILES = Reach()


class ServedComponents:
    """``Components`` of an engine. The limits hold wherever the built-in components are routed to."""

    def __init__(self, components: Components, reach: Reach = EVERYTHING_BUT_FILES) -> None:
        if isinstance(components, ComponentRegistry):
            components = ComponentRegistry([*(part for part in BUILTINS if part.path not in components), *components])
        self._inner = components
        self._files = None if reach.files is None else reach.files.resolve()
        self._openai = None if reach.openai_urls is None else _NamedServers(reach.openai_urls)

    def find(self, path: str, given: Json) -> Component:
        return self._served(self._inner.find(path, given))

    def get(self, path: str) -> Component:
        return self._served(self._inner.get(path))

    def __contains__(self, path: object) -> bool:
        if path not in self._inner:
            return False
        return self._files is not None or not _loads_files(self._inner.get(str(path)))

    def __iter__(self) -> Iterator[Component]:
        for component in self._inner:
            if self._files is not None or not _loads_files(component):
                yield self._served(component)

    def _served(self, component: Component) -> Component:
        if self._openai is not None and component.call is openai:
            return replace(component, call=self._openai)
        if not _loads_files(component):
            return component
        if self._files is None:
            raise UnknownComponent(
                f"{component.path} is not served: this server was given no folder to load files from",
                next_step="Start the server with --files FOLDER, or send the data as a blob.",
            )
        return replace(component, call=_Confined(self._files))


def _loads_files(component: Component) -> bool:
    return component.call is load_file


class _Confined:
    """/builtin/load_file inside one folder: links that lead out of it lead nowhere."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, given: LoadFile, context: ComponentContext) -> LoadedFile:
        try:
            file = (self._folder / given.path).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise InvalidInput(f"{given.path!r} is no path of a file", next_step="Correct the path.") from error
        if not file.is_relative_to(self._folder):
            raise InvalidInput(
                f"{given.path} is outside the folder that this server loads files from",
                next_step="Give a path inside that folder, relative to it.",
            )
        inside = str(file.relative_to(self._folder))  # where the folder is, is nobody's business
        settings = replace(context.resource(EngineSettings), working_directory=self._folder)
        here = replace(context, resources=context.resources.plus(settings))
        loaded = load_file(given.model_copy(update={"path": inside}), here)
        return loaded.model_copy(update={"metadata": loaded.metadata.model_copy(update={"resolved_path": inside})})


class _NamedServers:
    """/builtin/openai with these servers and the configured one: whoever may ask this server does not reach what this
    machine reaches."""

    def __init__(self, urls: frozenset[str]) -> None:
        self._urls = {url.rstrip("/") for url in urls}

    async def __call__(self, given: OpenAIInput, context: ComponentContext) -> OpenAIOutput:
        if given.base_url is not None and given.base_url.rstrip("/") not in self._urls:
            raise InvalidInput(
                "this server sends nothing to the base URL",
                next_step="Leave `base_url` out, or start the server with --openai-url URL.",
            )
        return await openai(given, context)
