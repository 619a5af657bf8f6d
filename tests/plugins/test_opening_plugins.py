"""Plugins are opened for the routes that lead to them, and closed whatever happens."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flow_compiler.configuration.reading import ConfigurationFile, read_configuration
from flow_compiler.engine.components import component
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import ConfigurationError, FlowCompilerError, ResourceUnavailable
from flow_compiler.plugins.opening import known_components, open_plugins

MODULE = """
from flow_compiler.engine.components import component

@component("{path}", effect="pure", pool="gpu")
async def answer(given: int, context) -> str:
    return "{said}"
"""


@component("/say")
async def say(given: Any, context: Any) -> str:
    """Says its input."""
    return str(given)


class Programs:
    """Stands where programs are started: keeps what was started and what was ended."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.failing: dict[str, Exception] = {}

    @asynccontextmanager
    async def open(self, name: str, settings: Any, *, base: Path) -> AsyncIterator[ComponentRegistry]:
        if name in self.failing:
            raise self.failing[name]
        self.events.append(f"start {name} in {base.name}")
        try:
            yield ComponentRegistry.of(say)
        finally:
            self.events.append(f"end {name}")


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    started = Programs()
    module = ModuleType("flow_compiler.plugins.command")
    module.open_command = started.open  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "flow_compiler.plugins.command", module)
    return started


def configuration(folder: Path, text: str) -> ConfigurationFile:
    file = folder / "stepflow-config.yml"
    file.write_text(text)
    return read_configuration(file, {})


TWO = """
plugins:
  one: {type: command, command: x}
  two: {type: command, command: x}
  idle: {type: command, command: x}
routes: {/one: [{plugin: one}], /two: [{plugin: two}, {plugin: one}]}
workingDirectory: work
"""


async def use(file: ConfigurationFile, inside: BaseException | None = None) -> list[str]:
    async with open_plugins(file) as components:
        if inside is not None:
            raise inside
        return [each.path for each in components]


def test_what_routes_name_is_started_once_in_the_working_directory_and_ended(
    tmp_path: Path, programs: Programs
) -> None:
    assert asyncio.run(use(configuration(tmp_path, TWO))) == ["/one/say", "/two/say"]
    assert programs.events == ["start one in work", "start two in work", "end two", "end one"]


@pytest.mark.parametrize("inside", [RuntimeError("broken"), KeyboardInterrupt(), asyncio.CancelledError()])
def test_what_was_started_is_ended_when_the_work_breaks(
    tmp_path: Path, programs: Programs, inside: BaseException
) -> None:
    with pytest.raises(type(inside)):
        asyncio.run(use(configuration(tmp_path, TWO), inside))
    assert programs.events[-2:] == ["end two", "end one"]


@pytest.mark.parametrize(
    ("failure", "kind", "said"),
    [
        (FileNotFoundError(2, "No such file or directory", "x"), ResourceUnavailable, "plugin 'two' cannot start: No such file"),
        (ResourceUnavailable("it did not answer", next_step="Look."), ResourceUnavailable, "plugin 'two': it did not answer"),
        (ConfigurationError("no such option", next_step="Look."), ConfigurationError, "plugin 'two': no such option"),
    ],
)  # fmt: skip
def test_a_plugin_that_cannot_start_is_named_and_the_others_are_ended(
    tmp_path: Path, programs: Programs, failure: Exception, kind: type[FlowCompilerError], said: str
) -> None:
    programs.failing["two"] = failure
    with pytest.raises(kind) as caught:
        asyncio.run(use(configuration(tmp_path, TWO)))
    assert said in caught.value.message
    assert programs.events == ["start one in work", "end one"]
    if isinstance(caught.value, ConfigurationError):
        assert (caught.value.line, caught.value.column) == (4, 3)


def test_a_route_to_no_plugin_starts_nothing(tmp_path: Path, programs: Programs) -> None:
    text = "plugins: {one: {type: command, command: x}}\nroutes: {/a: [{plugin: one}], /b: [{plugin: non}]}"
    with pytest.raises(ConfigurationError, match="the route /b names the plugin 'non'"):
        asyncio.run(use(configuration(tmp_path, text)))
    assert programs.events == []


def test_what_is_known_without_starting_anything(tmp_path: Path, programs: Programs) -> None:
    text = """
plugins: {builtin: {type: builtin}, m: {type: mock, components: {/x: {}}}, c: {type: command, command: x}}
routes: {/builtin: [{plugin: builtin}], /m: [{plugin: m}], /c: [{plugin: c, pool: far}]}
"""
    known = known_components(configuration(tmp_path, text))
    assert "/builtin/map" in known and "/m/x" in known and "/c/say" not in known
    assert [known.is_known(path) for path in ("/m/x", "/m/y", "/c/say", "/nowhere/x")] == [True, True, False, True]
    assert known.pool_of("/c/say") == "far"
    assert programs.events == []


@pytest.fixture
def clean_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))


@pytest.mark.usefixtures("clean_imports")
def test_python_modules_are_looked_up_beside_the_file_and_in_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "beside_file.py").write_text(MODULE.format(path="/ocr/recognize", said="beside"))
    package = tmp_path / "work" / "in_work"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text(MODULE.format(path="/part", said="part"))
    text = """
plugins: {p: {type: python, modules: [beside_file, in_work]}}
routes: {/ocr: [{plugin: p}], /p: [{plugin: p, pool: io}]}
workingDirectory: work
"""
    components = known_components(configuration(tmp_path, text))
    assert {"/ocr/recognize", "/ocr/part", "/p/part"} <= set(components.paths)
    assert (components.get("/ocr/recognize").pool, components.get("/p/part").pool) == ("gpu", "io")
    assert components.get("/p/ocr/recognize").path == "/ocr/recognize"


@pytest.mark.usefixtures("clean_imports")
@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("no_such_module_here", "plugin 'p': cannot import no_such_module_here: ModuleNotFoundError"),
        ("broken_module", "plugin 'p': cannot import broken_module: ZeroDivisionError"),
        ("leaving_module", "plugin 'p': cannot import leaving_module: SystemExit"),
        ("empty_module", "plugin 'p': module empty_module has no function under @component"),
    ],
)
def test_a_module_without_components_is_named_with_its_place(tmp_path: Path, module: str, said: str) -> None:
    (tmp_path / "broken_module.py").write_text("1 / 0")
    (tmp_path / "leaving_module.py").write_text("raise SystemExit(3)")
    (tmp_path / "empty_module.py").write_text("")
    file = configuration(
        tmp_path, f"plugins:\n  p: {{type: python, module: {module}}}\nroutes: {{/p: [{{plugin: p}}]}}"
    )
    with pytest.raises(ConfigurationError) as caught:
        known_components(file)
    assert said in caught.value.message
    assert (caught.value.line, caught.value.column) == (2, 3)
