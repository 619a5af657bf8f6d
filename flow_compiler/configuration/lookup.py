"""Which configuration a command uses when it is not told one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flow_compiler.configuration.reading import ConfigurationFile, parse_configuration, read_configuration
from flow_compiler.errors import ConfigurationError
from flow_compiler.language.canonical import ordered_json
from flow_compiler.language.model import Flow

NAMES = ("stepflow-config.yml", "stepflow-config.yaml")
TEST_NAMES = ("stepflow-config.test.yml", "stepflow-config.test.yaml")


def configuration_of(
    flow: Flow, flow_file: Path, given: Path | None = None, *, testing: bool = False
) -> ConfigurationFile | None:
    """The file that was given; for tests, ``test.configFile`` or ``test.config`` of the flow and
    ``stepflow-config.test.yml``; ``stepflow-config.yml`` in the flow's folder, then in the working directory. None
    where there is none. Raises ConfigurationError."""
    if given is not None:
        return read_configuration(given)
    if testing:
        named = flow.test.get("configFile")
        if isinstance(named, str):
            return read_configuration(flow_file.parent / named)
        if named is not None:
            raise ConfigurationError(
                "test.configFile must be a file name", file=str(flow_file), next_step="Write `configFile: FILE`."
            )
        if flow.test.get("config") is not None:
            return parse_configuration(ordered_json(flow.test["config"]).decode(), flow_file)
    for folder in (flow_file.absolute().parent, Path.cwd()):
        for name in _names(testing=testing):
            if (folder / name).is_file():
                return read_configuration(folder / name)
    return None


def _names(*, testing: bool) -> Iterator[str]:
    if testing:
        yield from TEST_NAMES
    yield from NAMES
