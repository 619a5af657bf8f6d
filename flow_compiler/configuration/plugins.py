"""What serves components: the settings of each type of plugin, told apart by ``type``."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from flow_compiler.configuration.behaviors import Behavior, behaviors_of
from flow_compiler.configuration.strictness import Strict
from flow_compiler.language.expressions import Json


class BuiltinPlugin(Strict):
    """The components of the language itself."""

    what: ClassVar[str] = "a plugin of type builtin"
    type: Literal["builtin"]


class MockComponent(Strict):
    """What a mocked component answers to which input."""

    what: ClassVar[str] = "a mocked component"
    input_schema: Annotated[Json, Field(alias="input_schema", description="JSON schema of its input.")] = None
    output_schema: Annotated[Json, Field(alias="output_schema", description="JSON schema of its result.")] = None
    behaviors: Annotated[
        list[Behavior],
        BeforeValidator(behaviors_of),
        Field(description="Input (a YAML key of any shape) to answer; any other input fails the step."),
    ] = []


class MockPlugin(Strict):
    """Components with answers written beforehand, for tests."""

    what: ClassVar[str] = "a plugin of type mock"
    type: Literal["mock"]
    components: Annotated[dict[str, MockComponent], Field(description="Path to answers.")] = {}


class PythonPlugin(Strict):
    """``@component`` functions of Python modules, in this process or in one of their own."""

    what: ClassVar[str] = "a plugin of type python"
    type: Literal["python"]
    module: Annotated[
        str | None, Field(description="Module or package with `@component` functions, or of `stepflow_py`.")
    ] = None
    modules: Annotated[list[str], Field(description="Several of them.")] = []
    process: Annotated[
        Literal["same", "own"],
        Field(description="`own`: a process of its own, started with the run and ended with it."),
    ] = "same"
    python: Annotated[str | None, Field(description="Interpreter of another environment; implies `process: own`.")] = (
        None
    )
    env: Annotated[
        dict[str, str], Field(repr=False, description="More environment variables for a process of its own.")
    ] = {}

    @model_validator(mode="after")
    def _named_once(self) -> PythonPlugin:
        if bool(self.module) == bool(self.modules):
            raise ValueError("write either `module: NAME` or `modules: [NAME, …]`")
        if self.env and self.in_process:
            raise ValueError("`env` belongs to a process: write `process: own` beside it")
        return self

    @property
    def names(self) -> list[str]:
        """The modules, however they are given."""
        return [self.module] if self.module else self.modules

    @property
    def in_process(self) -> bool:
        return self.process == "same" and self.python is None


class CommandPlugin(Strict):
    """Any program that speaks the line protocol on its standard streams."""

    what: ClassVar[str] = "a plugin of type command"
    type: Literal["command"]
    command: Annotated[str, Field(description="Program to start.")]
    args: Annotated[list[str], Field(description="Its arguments.")] = []
    env: Annotated[dict[str, str], Field(repr=False, description="More environment variables for it.")] = {}
    working_directory: Annotated[
        str | None, Field(description="Folder it starts in (default: the configuration's `workingDirectory`).")
    ] = None


class McpPlugin(Strict):
    """A server of the Model Context Protocol; each of its tools is a component."""

    what: ClassVar[str] = "a plugin of type mcp"
    type: Literal["mcp"]
    command: Annotated[str | None, Field(description="Server to start and to speak to on its standard streams.")] = None
    args: Annotated[list[str], Field(description="Its arguments.")] = []
    env: Annotated[dict[str, str], Field(repr=False, description="More environment variables for it.")] = {}
    working_directory: Annotated[
        str | None, Field(description="Folder it starts in (default: the configuration's `workingDirectory`).")
    ] = None
    url: Annotated[str | None, Field(repr=False, description="Or: address of a server that speaks HTTP.")] = None
    headers: Annotated[dict[str, str], Field(repr=False, description="Headers for it, such as a token.")] = {}

    @model_validator(mode="after")
    def _one_transport(self) -> McpPlugin:
        if (self.command is None) == (self.url is None):
            raise ValueError("write either `command:` (a server to start) or `url:` (one that runs)")
        if self.url is not None and (self.args or self.env or self.working_directory):
            raise ValueError(
                "`args`, `env` and `workingDirectory` belong to `command:`; a server at a `url:` has `headers`"
            )
        if self.command is not None and self.headers:
            raise ValueError("`headers` belong to `url:`; a server that is started has `env`")
        return self


Plugin = Annotated[BuiltinPlugin | MockPlugin | PythonPlugin | CommandPlugin | McpPlugin, Field(discriminator="type")]
PLUGIN_TYPES = ("builtin", "mock", "python", "command", "mcp")
