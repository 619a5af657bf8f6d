"""Older shapes mean what they meant; a warning shows the form to write, and that form means the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from flow_compiler.configuration.reading import ConfigurationFile, parse_configuration
from flow_compiler.errors import ConfigurationError

PLUGINS = "plugins: {b: {type: builtin}, p: {type: python, module: m}}\n"


def read(text: str) -> ConfigurationFile:
    return parse_configuration(PLUGINS + text, Path("c.yml"), {})


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("routes: {'/{*component}': [{plugin: b}]}", "routes: {/: [{plugin: b}]}", "`{/: [{plugin: b}]}`"),
        ("routes: {'/python/{component}': [{plugin: p}]}", "routes: {/python: [{plugin: p}]}", "`{/python: [{plugin: p}]}`"),
        ("routes: {'/python/{*component}': [{plugin: p}]}", "routes: {/python: [{plugin: p}]}", "`{/python: [{plugin: p}]}`"),
        ("routes: {'/python/*': [{plugin: p}]}", "routes: {/python: [{plugin: p}]}", "`{/python: [{plugin: p}]}`"),
        ("routes: {python/: [{plugin: p}]}", "routes: {/python: [{plugin: p}]}", "`{/python: [{plugin: p}]}`"),
        (
            "routes: {/my/tools: [{plugin: p, componentAllow: [/a]}]}",
            "routes: {/my: [{plugin: p, componentAllow: [/a], under: /tools}]}",
            "`{/my: [{plugin: p, componentAllow: [/a], under: /tools}]}`",
        ),
        (
            "routes: {/my: [{plugin: b}], '/my/tools/{*component}': [{plugin: p}]}",
            "routes: {/my: [{plugin: p, under: /tools}, {plugin: b}]}",
            "`{/my: [{plugin: p, under: /tools}]}`",
        ),
        ("routes: {/x: p}", "routes: {/x: [{plugin: p}]}", "`{/x: [{plugin: p}]}`"),
        ("routes: {/x: {plugin: p, pool: g}}", "routes: {/x: [{plugin: p, pool: g}]}", "`{/x: [{plugin: p, pool: g}]}`"),
        ("routes: {/x: [p]}", "routes: {/x: [{plugin: p}]}", "`{plugin: p}`"),
        ("routes: {/x: [{plugin: p, component_allow: [/a]}]}", "routes: {/x: [{plugin: p, componentAllow: [/a]}]}", "`componentAllow:`"),
        ("routes: {/x: [{plugin: p, componentDeny: [a, /b]}]}", "routes: {/x: [{plugin: p, componentDeny: [/a, /b]}]}", "`componentDeny: [/a, /b]`"),
        ("routes: {/x: [{plugin: p, component: '{component}'}]}", "routes: {/x: [{plugin: p}]}", "`{plugin: p}`"),
        (
            "routing: [{match: '/python/*', target: p}, {match: '*', target: b}]",
            "routes: {/python: [{plugin: p}], /: [{plugin: b}]}",
            "`routes: {/python: [{plugin: p}]}`",
        ),
        (
            "routing: [{match: [{component: '/python/*', input: [{path: $.a, value: 1}]}], target: p}]",
            "routes: {/python: [{plugin: p, conditions: [{path: $.a, value: 1}]}]}",
            "conditions: [{path: $.a, value: 1}]",
        ),
        ("stateStore: {type: inMemory}", "storageConfig: {type: inMemory}", "`storageConfig:`"),
        ("working_directory: w", "workingDirectory: w", "`workingDirectory:`"),
    ],
)  # fmt: skip
def test_an_old_shape_is_read_as_the_new_form_that_its_warning_shows(old: str, new: str, shown: str) -> None:
    found = read(old)
    assert found.configuration == read(new).configuration
    assert read(new).found == ()
    warning = found.found[0]
    assert (warning.code, str(warning.level), warning.line) == (4100, "warning", 2)
    assert shown in warning.instead


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("routes: {'/a/{x}/b': [{plugin: p}]}", "has a pattern inside"),
        ("routes: {/a: [{plugin: p, component: other}]}", "gives a component another name"),
        ("routing: [{target: 1}]", "not a rule"),
    ],
)
def test_an_old_shape_without_a_form_of_today_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        read(text)
    assert caught.value.line == 2


def test_an_error_in_a_rule_that_moved_is_shown_where_it_is_written() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read("routes:\n  /my: [{plugin: b}]\n  /my/tools:\n    - {plugin: p, pol: x}\n")
    assert (caught.value.line, caught.value.column) == (5, 19)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("routes: {/x: [{plugin: p, stream: s}]}", "stream"),
        ("blobApi: {enabled: true, blobThreshold: 1}", "blobApi"),
        ("leaseManager: {type: etcd, endpoints: [h]}", "leaseManager"),
        ("recovery: {checkIntervalSecs: 1}", "checkIntervalSecs"),
        ("storageConfig: {type: sqlite, databaseUrl: 'sqlite:a.db', maxConnections: 3}", "maxConnections"),
        ("storageConfig: {type: sqlite, databaseUrl: 'sqlite:a.db', autoMigrate: false}", "autoMigrate"),
    ],
)
def test_settings_that_change_nothing_here_are_told(text: str, key: str) -> None:
    (warning,) = read(text).found
    assert (warning.code, str(warning.level)) == (4101, "warning")
    assert f"`{key}" in warning.message
    assert warning.line == 2


def test_leases_that_need_no_server_and_their_time_are_told_nothing_about() -> None:
    assert read("leaseManager: {type: noOp}\nrecovery: {leaseTtlSecs: 9}").found == ()
