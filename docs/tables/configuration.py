"""docs/configuration.md: what a ``stepflow-config.yml`` says."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from docs.tables.markdown import code, default, json_type, page, table
from flow_compiler.configuration import model, plugins, storage
from flow_compiler.configuration.behaviors import Behavior

_INTRO = """
A configuration says which programs serve the components of flows, and which routes lead to them. It is the reference's
`stepflow-config.yml`; `pools`, `pool` and `under` on a rule, `validateSchemas`, and the plugin types `python` and `command`
are additions.

**Principle.** A flow names a component by a path, `/ocr/recognize`. The first segment picks a route, the route's rules pick
a plugin, and the plugin is asked for what follows. Plugins are started when a run begins and ended with it; those that no
route names are not started. Nothing in the file is ignored: a key that means nothing is refused with the nearest one that
does, and a setting without effect here is told.

**Which file.** `--config FILE`; else `stepflow-config.yml` or `.yaml` in the flow's folder, then in the working directory.
For tests, `test.configFile` or `test.config` of the flow and `stepflow-config.test.yml` come before these. Without any, a
flow may call the built-in components, at `/builtin`, and those of `--module`. With one, components of `--module` are found
by their own paths, before any route. `serve` takes only the file that `--config` names: what others can do there is never
found by chance.

## An example

```yaml file=stepflow-config.yml
plugins:
  builtin: {type: builtin}
  words: {type: python, module: words}
  fake:
    type: mock
    components:
      /translate:
        behaviors:
          {text: HELLO, to: fr}: {outcome: success, result: {text: BONJOUR}}
          {text: HELLO, to: tlh}: {outcome: failed, error: {code: INVALID_INPUT, message: no such language}}
routes:
  /builtin: [{plugin: builtin}]
  /words:
    - {plugin: fake, componentAllow: [/translate], conditions: [{path: $.to, value: fr}]}
    - {plugin: words, pool: io}
retry:
  backoff: {type: constant, delayMs: 100}
```

```python file=words.py
from typing import Any

from flow_compiler.engine.components import ComponentContext, component


@component("/words/shout", version="1", effect="pure")
async def shout(given: str, context: ComponentContext) -> str:
    \"\"\"The text in capitals.\"\"\"
    return given.upper()


@component("/translate", version="1", effect="pure")
async def translate(given: dict[str, str], context: ComponentContext) -> dict[str, Any]:
    \"\"\"Leaves the text as it is.\"\"\"
    return {"text": given["text"]}
```

```yaml file=greet.yaml
name: greet
description: Says hello in some language.
steps:
  - {id: loud, component: /words/shout, input: {$input: text}}
  - {id: said, component: /words/translate, input: {text: {$step: loud}, to: {$input: to}}}
output: {$step: said, path: text}
```

The rule with a condition serves French, the rule behind it everything else:

```console run
$ flow-compiler run greet.yaml --input '{"text": "hello", "to": "fr"}'
"BONJOUR"
```

```console run
$ flow-compiler run greet.yaml --input '{"text": "hello", "to": "en"}'
"HELLO"
```

`flow-compiler list-components` shows what the routes lead to (`--format markdown` writes reference pages), and
`flow-compiler show --config FILE` the pool of each step. `flow-compiler validate --config FILE` checks the file, and flows
against it:

```console run
$ flow-compiler validate greet.yaml --config stepflow-config.yml --module words
stepflow-config.yml:4:3: warning 1500 mockComponent: $.plugins.fake: the components of the plugin 'fake' answer what was written beforehand
    Use it for tests only.
stepflow-config.yml: can be used (1 warning)
greet.yaml: can be used (3 without a schema to check against, --all lists them)
```

## What happens when

| when | then |
|---|---|
| a path begins with a segment that has a route | its rules decide, in order; the plugin is asked for the rest of the path |
| it begins with any other | the rules of `/` decide; the plugin is asked for the whole path |
| a rule has conditions | all must be equal to the step's resolved input; a part that is missing is equal to nothing, and 1, 1.0 and true differ |
| a rule has `componentAllow` or `componentDeny` | it takes only these, or all but these; ids are what the plugin is asked for, with a leading slash |
| no rule fits, or the plugin has no such component | the step fails with `ORCHESTRATOR_ERROR`, `error routing component`; the next step names the nearest paths. A route that refuses is not got round by `/` |
| a Python component is declared with a full path | it is found by what follows the route, or by that path: `/ocr/recognize` is served by `/ocr: [{plugin: …}]` |
| the same plugin is mounted elsewhere | memo keys stay: they hold the declared path of a Python component, and `/<plugin>/<path>` of any other |
| a rule names a `pool` (or `queueName`) | it is the pool of these steps: op tags in Dagster, and whether code may run. A step's own `metadata.pool` comes first |
| a component is `/udf` of a Python plugin | it is refused unless the rule's pool has `allowCode: true` |
| a plugin cannot start | nothing runs; the error names it, and what was started is ended |
| `${NAME}` stands in `plugins`, `storageConfig`, `retry` or `recovery` | the environment's value is put in; `${NAME:-default}` where it is unset or empty, `$${` for a plain `${`. What is put in is text, except in a number's field. A variable that is not set is an error with its place; values are in no message |
| an input of a mocked component has no behavior | the step fails with `UNREACHABLE` and `step "ID" failed`; the input is in the next step |
| a route is written in an older form | it is read as what it meant, with a warning that shows the form to write |
| a plugin is of type `grpc` or `nats` | it is refused, with the plugin to write instead: `python` with `process: own`, or `command` |

## In a code location

`config:` of a [StepflowComponent](stepflow-component.md) names the file. While definitions are built nothing is started and
the environment is not asked: built-in, mocked and in-process Python components are known, and what they declare decides code
versions; pools are known for all. Where rules of one route differ in conditions only, a step runs in the pool of the first.
Each op opens the plugins in its own process.

## Stores

`run` keeps its steps, and `serve` all it has, in `storageConfig` where neither `--home` nor `--journal` is given; with
`inMemory` `run` keeps nothing, and `serve` what it has in `.flow-server`. The journal's store decides; artifacts
are files, in the `directory` of a `filesystem` store for blobs (a folder or an object store's URL), else in a folder beside the
SQLite file, or `stepflow-artifacts`. Relative paths start from `workingDirectory`. In Dagster the stores are those of the
StepflowComponent.

## Older forms

| written | read as |
|---|---|
| `/python/{*component}: …`, `/python/{component}: …`, `/python/*: …` | `/python: …` |
| `/{*component}: …` | `/: …` |
| `/my/tools: [{plugin: p}]` | `/my: [{plugin: p, under: /tools}]`, before the other rules of `/my` |
| `/x: p`, `/x: {plugin: p}`, `/x: [p]` | `/x: [{plugin: p}]` |
| `component_allow`, `component_deny`, `input` in a rule | `componentAllow`, `componentDeny`, `conditions` |
| `component: "{component}"` in a rule | left out |
| `routing: [{match: "/python/*", target: p}]` | `routes: {/python: [{plugin: p}]}` |
| ids of `componentAllow` and `componentDeny` without a slash | with one |
| `stateStore` | `storageConfig` |

Read and of no effect, with a warning: `blobApi`, `leaseManager`, `recovery` but for `leaseTtlSecs`, `maxConnections` and
`autoMigrate` of a store, `stream` in a rule.
"""


def configuration_page() -> str:
    return page(
        "Configuration",
        _INTRO,
        "## All keys",
        "### The file",
        _fields(model.Configuration),
        "### Plugins",
        *_each(
            "type",
            plugins.BuiltinPlugin,
            plugins.PythonPlugin,
            plugins.CommandPlugin,
            plugins.McpPlugin,
            plugins.MockPlugin,
        ),
        *_each("", plugins.MockComponent, Behavior),
        "### Routes and pools",
        *_each("", model.Rule, model.Condition, model.Pool),
        "### Retries",
        _fields(model.Retry),
        *_each("type", model.FibonacciBackoff, model.ExponentialBackoff, model.ConstantBackoff),
        "### What is kept",
        *_each("", storage.StorageConfig, storage.SqliteStore, storage.PostgresStore, storage.FilesystemStore),
        *_each("", model.Recovery, model.LeaseManager, model.BlobApi),
    )


def _each(tag: str, *models: type[BaseModel]) -> Sequence[str]:
    parts: list[str] = []
    for each in models:
        kind = each.model_json_schema()["properties"].get(tag, {}) if tag else {}
        name = f"`{tag}: {kind.get('const', kind.get('default'))}`" if tag else each.__name__
        parts += [f"#### {name}", each.__doc__ or "", _fields(each)]
    return parts


def _fields(described: type[BaseModel]) -> str:
    schema = described.model_json_schema()
    required = set(schema.get("required", ()))
    rows = [
        [
            code(name),
            json_type(field),
            "required" if name in required else code(_short(default(field))),
            field.get("description", ""),
        ]
        for name, field in schema["properties"].items()
        if not (described is Behavior and name == "input")  # the key, not a field
    ]
    return table(["key", "type", "default", "meaning"], rows)


def _short(written: str) -> str:
    """Defaults of whole tables are shown where their keys are."""
    return written if len(written) <= 40 else ""
