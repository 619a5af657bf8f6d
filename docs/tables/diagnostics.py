"""docs/diagnostics.md: every finding that `flow-compiler validate` can make."""

from __future__ import annotations

from docs.tables.markdown import code, page, table
from flow_compiler.language.diagnostics.kinds import Kind

_INTRO = """
What `flow-compiler validate` says about a flow, with file, line, column and what to write instead. *Fatal*: the flow cannot
be used. *Error*: it will fail where it says. *Warning*: probably not what was meant. Below 4000 code, name, level and path
are those of Stepflow, from 4000 on our own.

| option | |
|---|---|
| `--type-check` | follows schemas through the flow: 1100, 1101, 2100, 2101 |
| `--strict` | what Stepflow reads over is an error: 4000, 4001, 4002 |
| `--all` | also shows what could not be checked for want of a schema (`experimental`) |
| `--format json` | one document: `{flows: [{file, valid, name, digest, steps, diagnostics}]}` |

Each of `diagnostics` has Stepflow's fields `kind` (the name), `code`, `level`, `formatted` (a sentence), `data`, `path` and
`experimental`, and ours: `message` (the same sentence), `line`, `column` and `instead`. Fields without a value are left out.
"""

_TYPES = """
## Type check

The schema of a step's result is what `schemas.properties.steps` declares for it, else what its component promises; of a map
or an iteration with a flow written out, it follows from that flow, which is checked too. The schema of an expression follows
from its parts. Each input is held against what its component takes, and the output against `schemas.properties.output`.

- Unknown stays unknown: a component without annotations, a part of `{}`, a `$ref` that leads out of the file. Nothing is
  said against it.
- 2100 is said where no declared value fits; 1101 where some do (text or null for text).
- 2101 is said where no declared value has the field. A schema that lists properties and is silent about others has those it
  lists; `additionalProperties: true` says that there may be more.

`flow-compiler infer FLOW` writes the flow with the schemas that follow: the fields of the input that are used, what steps
give, the output. What is declared stays; `--check` writes nothing, and fails when something could be added.

## Enforcement

Stepflow never checks a value against `schemas`. Here a flow can ask for it with `metadata: {enforce_schemas: true}`, or
whoever runs it for all flows. Schemas are JSON schema 2020-12 with formats; a reference out of the file is refused, and
never fetched.

| what does not fit | what happens | code |
|---|---|---|
| input, variables | the item is refused before any step is called | `INVALID_INPUT`, `flow.input_refused` |
| the result of a step | the step fails; `onError: {action: useDefault}` takes its default | `COMPONENT_FAILED`, `component.broken_output` |
| the output | the flow fails | `EXPRESSION_FAILURE`, `flow.output_refused` |

Messages name fields and rules, never values.

## Editors

`flow-compiler schema --output flow.schema.json` writes the JSON schema of a flow file. An editor with the YAML language server
reads it from a flow's first line:

```yaml
# yaml-language-server: $schema=flow.schema.json
```
"""


def diagnostics_page() -> str:
    return page(
        "Diagnostics",
        _INTRO,
        "## All findings",
        table(
            ["code", "name", "level", "meaning", "what to write"],
            [[str(kind.code), code(kind.label), str(kind.level), kind.meaning, kind.write] for kind in Kind],
        ),
        _TYPES,
    )
