"""What a configuration file may say; every other file is refused with a place and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from flow_compiler.configuration.model import ExponentialBackoff
from flow_compiler.configuration.plugins import CommandPlugin, McpPlugin, PythonPlugin
from flow_compiler.configuration.reading import ConfigurationFile, parse_configuration, read_configuration
from flow_compiler.errors import ConfigurationError

SECRET = "hunter2-5d1f"


def read(text: str, environment: dict[str, str] | None = None) -> ConfigurationFile:
    return parse_configuration(text, Path("stepflow-config.yml"), environment or {})


def refused(text: str, environment: dict[str, str] | None = None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read(text, environment)
    return caught.value


def test_every_key_of_a_full_file_is_read() -> None:
    file = read(
        """
plugins:
  builtin: {type: builtin}
  ours: {type: python, modules: [a.b, c], process: own}
  other: {type: python, module: d, python: /envs/other/bin/python}
  tool: {type: command, command: node, args: [worker.js], env: {LEVEL: info}, workingDirectory: tools}
  files: {type: mcp, command: npx, args: [-y, server], env: {ROOT: /data}}
  remote: {type: mcp, url: "https://tools.example/mcp", headers: {Authorization: Bearer x}}
routes:
  /builtin: [{plugin: builtin}]
  /ours: [{plugin: ours, pool: gpu, conditions: [{path: $.model, value: large}], componentAllow: [/a], componentDeny: [/b]}, {plugin: other, queueName: slow}]
pools: {gpu: {allowCode: true, kubernetes: {container_config: {}}, limit: gpu, tags: {team: ml}}}
retry: {transportMaxRetries: 1, backoff: {type: exponential, minDelayMs: 10, maxDelayMs: 100, factor: 3}}
storageConfig: {metadata: {type: sqlite, databaseUrl: "sqlite:state.db"}, blobs: {type: filesystem, directory: blobs}}
recovery: {leaseTtlSecs: 5}
workingDirectory: work
validateSchemas: true
"""
    )
    configuration = file.configuration
    assert isinstance(ours := configuration.plugins["ours"], PythonPlugin)
    assert (ours.names, ours.in_process) == (["a.b", "c"], False)
    assert isinstance(other := configuration.plugins["other"], PythonPlugin)
    assert (other.names, other.in_process) == (["d"], False)
    assert isinstance(tool := configuration.plugins["tool"], CommandPlugin)
    assert (tool.command, tool.args, tool.env, tool.working_directory) == (
        "node",
        ["worker.js"],
        {"LEVEL": "info"},
        "tools",
    )
    assert isinstance(remote := configuration.plugins["remote"], McpPlugin)
    assert remote.headers == {"Authorization": "Bearer x"}
    assert [rule.pool_name for rule in configuration.routes["/ours"]] == ["gpu", "slow"]
    assert configuration.routes["/ours"][0].conditions[0].value == "large"
    assert configuration.pools["gpu"].allow_code
    assert configuration.retry.backoff == ExponentialBackoff(
        type="exponential", min_delay_ms=10, max_delay_ms=100, factor=3
    )
    assert configuration.validate_schemas
    assert configuration.used_plugins == ["builtin", "ours", "other"]
    assert file.base == Path.cwd() / "work"
    assert file.found == ()


@pytest.mark.parametrize("text", ["", "{}", "plugins:\nroutes:\n", "# nothing\n"])
def test_a_file_that_says_nothing_is_a_configuration(text: str) -> None:
    assert read(text).configuration.plugins == {}


def test_json_is_read_too() -> None:
    assert list(read('{"plugins": {"b": {"type": "builtin"}}}').configuration.plugins) == ["b"]


@pytest.mark.parametrize(
    ("text", "place", "message", "instead"),
    [
        ("pluginz: {}", (1, 1), "`pluginz` means nothing", "Did you mean `plugins`?"),
        ("plugins: {a: {type: builtin, pool: x}}", (1, 30), "`pool` means nothing in a plugin of type builtin", "Remove it"),
        ("plugins: {a: {type: python, modul: x}}", (1, 29), "`modul` means nothing", "Did you mean `module`?"),
        ("routes: {/a: [{plugin: p, componentAlow: [/x]}]}", (1, 27), "`componentAlow`", "Did you mean `componentAllow`?"),
        ("retry: {transportMaxRetrys: 1}", (1, 9), "`transportMaxRetrys`", "Did you mean `transportMaxRetries`?"),
        ("pools: {gpu: {allow_cod: true}}", (1, 15), "`allow_cod`", "Did you mean `allowCode`?"),
        ("plugins: {a: {type: pithon}}", (1, 15), "not a known type", "builtin, mock, python, command, mcp"),
        ("plugins: {a: {}}", (1, 14), "missing field `type`", "Add `type:` with one of builtin"),
        ("plugins: {a: {type: command}}", (1, 14), "missing field `command`", "Add `command:`"),
        ("plugins: {a: {type: command, command: [x]}}", (1, 39), "must be text, not an array", "Correct"),
        ("plugins: {a: {type: command, command: x, args: [80]}}", (1, 49), "must be text, not", "Put it in quotes."),
        ("plugins: {a: {type: command, command: x, env: {A: 1}}}", (1, 51), "must be text, not", "Put it in quotes."),
        ("plugins: {a: {type: python}}", (1, 14), "either `module: NAME` or `modules:", "message"),
        ("plugins: {a: {type: python, module: x, process: other}}", (1, 49), "not a known value", "'same' or 'own'"),
        ("plugins: {a: {type: python, module: x, env: {A: b}}}", (1, 14), "`env` belongs to a process", "message"),
        ("plugins: {a: {type: mcp}}", (1, 14), "either `command:`", "message"),
        ("plugins: {a: {type: mcp, url: u, workingDirectory: x}}", (1, 14), "belong to `command:`", "message"),
        ("plugins: {a: {type: mcp, url: u, args: [x]}}", (1, 14), "belong to `command:`", "message"),
        ("routes: {/a: [{plugin: p, conditions: [{path: 'a[', value: 1}]}]}", None, "", ""),
        ("routes: {/a: [{plugin: p, conditions: [{path: '$a', value: 1}]}]}", (1, 47), "Invalid character", "message"),
        ("routes: {/a: [{plugin: p, under: tools}]}", (1, 34), "as in `under: /tools`", "message"),
        ("routes: {/a: [{pool: p}]}", (1, 15), "missing field `plugin`", "Add `plugin:`"),
        ("retry: {transportMaxRetries: -1}", (1, 30), "greater than or equal to 0", "Correct"),
        ("retry: {transportMaxRetries: '1'}", (1, 30), "must be a whole number, not", "Correct"),
        ("retry: {backoff: {type: linear}}", (1, 18), "not a known type", "constant"),
        ("storageConfig: {type: filesystem}", (1, 16), "not a known type", "inMemory, sqlite, postgres"),
        ("storageConfig: {type: sqlite}", (1, 16), "missing field `databaseUrl`", "Add"),
        ("validateSchemas: 3", (1, 18), "true or false", "Correct"),
        ("- a", (1, 1), "a configuration must be an object", "key: value"),
        ("plugins: {a: {type: builtin}, a: {type: builtin}}", (1, 31), "already given", "Keep one"),
        ("plugins: [", (2, 1), "not YAML", "indentation"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_with_its_place_and_the_form_to_write(
    text: str, place: tuple[int, int] | None, message: str, instead: str
) -> None:
    if place is None:
        assert read(text).configuration.routes["/a"][0].conditions[0].path == "a["  # text without `$` is one field name
        return
    error = refused(text)
    assert message in error.message
    assert instead in error.next_step
    assert (error.file, error.line) == ("stepflow-config.yml", place[0])
    assert error.column is not None and abs(error.column - place[1]) <= 1


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read the file"):
        read_configuration(tmp_path / "none.yml")


@pytest.mark.parametrize("kind", ["grpc", "nats", "stepflow"])
def test_plugins_that_wait_for_workers_are_refused_with_the_plugin_to_write(kind: str) -> None:
    error = refused(
        f"plugins: {{py: {{type: {kind}, command: uv, args: [run, python, workers/my_worker.py], queueName: q}}}}"
    )
    assert f"plugins of type {kind}" in error.message
    assert "`py: {type: python, module: my_worker, process: own}`" in error.next_step
    assert "[{plugin: py, pool: q}]" in error.next_step
    read("plugins: {py: {type: python, module: my_worker, process: own}}\nroutes: {/py: [{plugin: py, pool: q}]}")


def test_values_of_the_environment_are_put_in_and_stay_text() -> None:
    file = read(
        "plugins: {t: {type: command, command: '${TOOL:-node}', args: ['--port=${PORT}', '${FLAG}'], env: {K: '$${KEPT}'}}}",
        {"PORT": "80", "FLAG": "true"},
    )
    tool = file.configuration.plugins["t"]
    assert isinstance(tool, CommandPlugin)
    assert (tool.command, tool.args, tool.env) == ("node", ["--port=80", "true"], {"K": "${KEPT}"})


def test_a_number_may_be_put_in_from_the_environment_but_not_written_as_text() -> None:
    assert read("retry: {transportMaxRetries: '${N}'}", {"N": "7"}).configuration.retry.transport_max_retries == 7
    assert "not a number" in refused("retry: {transportMaxRetries: '${N}'}", {"N": "seven"}).message


def test_a_variable_that_is_not_set_is_named_with_its_place() -> None:
    error = refused("plugins:\n  t: {type: command, command: x, env: {KEY: '${API_KEY}'}}")
    assert "the environment variable API_KEY is not set" in error.message
    assert error.message.startswith("$.plugins.t.env.KEY")
    assert (error.line, error.column) == (2, 45)
    assert "${API_KEY:-DEFAULT}" in error.next_step


def test_without_an_environment_texts_stay_as_they_are_written() -> None:
    file = parse_configuration(
        "plugins: {t: {type: command, command: x, env: {K: '${KEY}'}}}", Path("c.yml"), environment=None
    )
    assert isinstance(tool := file.configuration.plugins["t"], CommandPlugin)
    assert tool.env == {"K": "${KEY}"}


@pytest.mark.parametrize(
    "text",
    [
        "plugins: {t: {type: '${SECRET}'}}",
        "plugins: {t: {type: command, command: x, env: {A: '${SECRET}', B: 1}}}",
        "plugins: {t: {type: mcp, url: '${SECRET}', headers: {A: '${SECRET}'}, args: [x]}}",
        "storageConfig: {type: postgres, databaseUrl: '${SECRET}', maxConnections: '${SECRET}'}",
        "retry: {transportMaxRetries: '${SECRET}'}",
    ],
)
def test_no_message_shows_a_value_of_the_environment(text: str) -> None:
    error = refused(text, {"SECRET": SECRET})
    assert SECRET not in f"{error} {error.next_step} {error!r} {error.__cause__!r}"


def test_settings_with_secrets_do_not_show_them() -> None:
    file = read(
        "plugins: {t: {type: command, command: x, env: {A: '${SECRET}'}}, m: {type: mcp, url: 'https://x/?k=${SECRET}',"
        " headers: {A: '${SECRET}'}}}\nstorageConfig: {type: postgres, databaseUrl: 'postgresql://u:${SECRET}@h/d'}",
        {"SECRET": SECRET},
    )
    assert SECRET not in repr(file)


def test_a_file_full_of_aliases_or_too_deep_is_refused() -> None:
    bomb = "a: &a [x]\n" + "".join(f"k{i}: &b{i} [{', '.join([f'*b{i - 1}' if i else '*a'] * 30)}]\n" for i in range(6))
    assert "values" in refused(bomb).message
    assert "nested deeper" in refused("plugins: " + "[" * 200 + "]" * 200).message
