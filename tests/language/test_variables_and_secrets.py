"""Where values of variables come from, and which values are never shown."""

from __future__ import annotations

from typing import Any

import pytest

from flow_compiler.language.environment import environment_names, with_environment
from flow_compiler.language.loader import parse_flow
from flow_compiler.language.secrets import REDACTED, Secrets, scrubbed, secret_variables

DECLARED = (
    "schemas: {type: object, properties: {variables: {type: object, properties: {"
    "host: {type: string, env_var: OS_HOST}, size: {type: integer}, name: {type: [string, 'null']}, any: {},"
    " list: {type: array}, both: {type: [string, integer]}, flag: {type: boolean, default: true}}}}}"
)


def test_a_variable_has_the_environment_name_it_declares_or_one_made_of_its_own() -> None:
    names = environment_names(parse_flow(DECLARED))
    assert (names["host"], names["size"]) == ("OS_HOST", "STEPFLOW_VAR_SIZE")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"OS_HOST": "h"}, {"host": "h"}),
        ({"OS_HOST": "12"}, {"host": "12"}),
        ({"STEPFLOW_VAR_HOST": "h"}, {}),
        ({"STEPFLOW_VAR_SIZE": "12"}, {"size": 12}),
        ({"STEPFLOW_VAR_SIZE": "many"}, {"size": "many"}),
        ({"STEPFLOW_VAR_NAME": "null"}, {"name": "null"}),
        ({"STEPFLOW_VAR_ANY": '{"a": [1]}'}, {"any": {"a": [1]}}),
        ({"STEPFLOW_VAR_ANY": "plain"}, {"any": "plain"}),
        ({"STEPFLOW_VAR_LIST": "[1, 2]"}, {"list": [1, 2]}),
        ({"STEPFLOW_VAR_BOTH": "7"}, {"both": 7}),
        ({"STEPFLOW_VAR_FLAG": "false"}, {"flag": False}),
        ({"STEPFLOW_VAR_ANY": ""}, {"any": ""}),
        ({"STEPFLOW_VAR_UNDECLARED": "1"}, {}),
    ],
)
def test_what_is_not_given_comes_from_the_environment(environment: dict[str, str], expected: dict[str, Any]) -> None:
    assert with_environment(parse_flow(DECLARED), {}, environment) == expected


def test_what_is_given_wins_null_too() -> None:
    environment = {"OS_HOST": "h", "STEPFLOW_VAR_SIZE": "1"}
    assert with_environment(parse_flow(DECLARED), {"host": None, "x": 1}, environment) == {
        "host": None,
        "x": 1,
        "size": 1,
    }


SECRET = parse_flow(
    "schemas: {type: object, $defs: {key: {type: string, is_secret: true}}, properties: {"
    "variables: {properties: {key: {$ref: '#/$defs/key'}, auth: {properties: {token: {is_secret: true}, user: {}}}}},"
    "input: {properties: {users: {type: array, items: {properties: {password: {anyOf: [{type: 'null'}, {is_secret: true}]}}}}}},"
    "steps: {properties: {login: {properties: {session: {is_secret: true}}}}},"
    "output: {additionalProperties: {is_secret: true}}}}"
)


def test_secrets_are_redacted_wherever_a_schema_marks_them() -> None:
    secrets = Secrets.of(SECRET)
    assert secrets.in_variables({"key": "k", "auth": {"token": 1, "user": "u"}, "other": "o"}) == {
        "key": REDACTED,
        "auth": {"token": REDACTED, "user": "u"},
        "other": "o",
    }
    assert secrets.in_input({"users": [{"password": "p", "n": 1}, {"password": None}]}) == {
        "users": [{"password": REDACTED, "n": 1}, {"password": None}]
    }
    assert secrets.in_result("login", {"session": "s", "n": 1}) == {"session": REDACTED, "n": 1}
    assert secrets.in_result("other", {"session": "s"}) == {"session": "s"}
    assert secrets.in_output({"a": "x"}) == {"a": REDACTED}


def test_a_flow_without_marks_has_no_secrets() -> None:
    assert not Secrets.of(parse_flow(DECLARED))
    assert Secrets.of(SECRET)


def test_texts_lose_the_secrets_they_quote() -> None:
    secret = Secrets.of(SECRET).values(
        {"key": "hunter2", "auth": {"token": "hunter2-long"}}, {"users": [{"password": "pass"}]}
    )
    assert (
        scrubbed("401 for hunter2-long, hunter2 and pass", secret) == f"401 for {REDACTED}, {REDACTED} and {REDACTED}"
    )


def test_marks_behind_references_that_go_in_a_circle_end() -> None:
    flow = parse_flow("schemas: {$defs: {a: {$ref: '#/$defs/a'}}, properties: {input: {$ref: '#/$defs/a'}}}")
    assert Secrets.of(flow).in_input({"x": [1]}) == {"x": [1]}


def test_variables_that_hold_a_secret_anywhere_are_kept_apart_as_a_whole() -> None:
    assert secret_variables(SECRET) == {"key", "auth"}
    assert (
        secret_variables(parse_flow("schemas: {properties: {variables: {properties: {a: {type: string}}}}}")) == set()
    )
