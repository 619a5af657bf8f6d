"""The table of all kinds of findings: below 4000 code, name and level are the reference's, from 4000 on our own."""

from __future__ import annotations

from enum import Enum, StrEnum


class Level(StrEnum):
    """Fatal: the flow cannot be used. Error: it will fail where it says. Warning: probably not what was meant."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"


_W, _E, _F = Level.WARNING, Level.ERROR, Level.FATAL


class Kind(Enum):
    """Code, name and level, what it means, and what to do about it."""

    UNREACHABLE_STEP = (
        1000, "unreachableStep", _W,
        "Nothing refers to the step. It runs only with `mustExecute: true`.",
        "Refer to it from the output or from a later step, or remove it.",
    )  # fmt: skip
    MISSING_FLOW_NAME = (1001, "missingFlowName", _W, "The flow has no `name`.", "Add `name: my_flow`.")
    MISSING_FLOW_DESCRIPTION = (
        1002, "missingFlowDescription", _W,
        "The flow has no `description`.",
        "Add `description:` with a sentence on what the flow does.",
    )  # fmt: skip
    UNVALIDATED_FIELD_ACCESS = (
        1003, "unvalidatedFieldAccess", _W,
        "A part of a step's result is taken, or of the input of a flow without an input schema. Shown with `--all`.",
        "Declare the schema under `schemas:`, and check with `--type-check`.",
    )  # fmt: skip
    MISSING_VARIABLE_SCHEMA = (
        1004, "missingVariableSchema", _W,
        "The flow uses variables and declares none.",
        "Declare them under `schemas: {type: object, properties: {variables: …}}`.",
    )  # fmt: skip
    UNTYPED_COMPONENT_OUTPUT = (
        1100, "untypedComponentOutput", _W,
        "With `--type-check`: nobody says what the step gives, so that what is made of it is not checked.",
        "Declare it under `schemas.properties.steps.properties.STEP_ID`, or annotate the component.",
    )  # fmt: skip
    TYPE_CHECK_INDETERMINATE = (
        1101, "typeCheckIndeterminate", _W,
        "With `--type-check`: some of the values that are declared do not fit, or the schemas do not tell.",
        "Choose another value where it may be null (`$coalesce`), or declare a narrower schema.",
    )  # fmt: skip
    NO_PLUGINS_CONFIGURED = (
        1200, "noPluginsConfigured", _W, "The configuration has no `plugins`.", "Add at least `builtin: {type: builtin}`."
    )  # fmt: skip
    NO_ROUTING_RULES_CONFIGURED = (
        1201, "noRoutingRulesConfigured", _W, "The configuration has no `routes`.", "Add `/builtin: [{plugin: builtin}]`."
    )  # fmt: skip
    UNUSED_PLUGIN = (
        1202, "unusedPlugin", _W, "No route leads to the plugin.", "Name it in a route, or remove it."
    )  # fmt: skip
    MOCK_COMPONENT = (
        1500, "mockComponent", _W, "The component is a mock.", "Route it to a real plugin."
    )  # fmt: skip
    INVALID_FIELD_ACCESS = (
        2000, "invalidFieldAccess", _E, "Not reported: 2101 says it with its place.", "See 2101."
    )  # fmt: skip
    EMPTY_COMPONENT_NAME = (
        2001, "emptyComponentName", _E, "Not reported: 2500 says it.", "See 2500."
    )  # fmt: skip
    SCHEMA_VIOLATION = (
        2002, "schemaViolation", _E, "Not reported: 2100 says it with its place.", "See 2100."
    )  # fmt: skip
    INVALID_SUBFLOW_LITERAL = (
        2003, "invalidSubflowLiteral", _E,
        "What `put_blob` stores as a flow, under `$literal:`, cannot be read as one.",
        "Correct the flow inside.",
    )  # fmt: skip
    UNDEFINED_VARIABLE = (
        2004, "undefinedVariable", _E,
        "A variable with an inline default is not among the declared ones.",
        "Declare it under `schemas.properties.variables`, or correct its name.",
    )  # fmt: skip
    UNDEFINED_REQUIRED_VARIABLE = (
        2005, "undefinedRequiredVariable", _E,
        "A variable without a default is not among the declared ones.",
        "Declare it under `schemas.properties.variables`, or correct its name.",
    )  # fmt: skip
    TYPE_MISMATCH = (
        2100, "typeMismatch", _E,
        "With `--type-check`: no value that is declared fits what the component, the flow's output or a schema accepts.",
        "Give what is expected, or correct the schema.",
    )  # fmt: skip
    UNKNOWN_PROPERTY_IN_PATH = (
        2101, "unknownPropertyInPath", _E,
        "With `--type-check`: a path leads to a field that the schema does not have (nor `additionalProperties`).",
        "Write the nearest field, or declare it; `additionalProperties: true` says that there may be more.",
    )  # fmt: skip
    INVALID_ROUTE_REFERENCE = (
        2200, "invalidRouteReference", _E, "A route names a plugin that is not configured.", "Correct the name."
    )  # fmt: skip
    INVALID_COMPONENT = (
        2500, "invalidComponent", _E,
        "The component's path does not start with `/`, or nobody declares it.",
        "Write the full path, for example `/builtin/noop`.",
    )  # fmt: skip
    DUPLICATE_STEP_ID = (
        3000, "duplicateStepId", _F, "Two steps have one id.", "Give one of them another id."
    )  # fmt: skip
    EMPTY_STEP_ID = (3001, "emptyStepId", _F, "The step's id is empty.", "Give the step a name.")
    SELF_REFERENCE = (
        3002, "selfReference", _F, "A step refers to itself.", "Refer to an earlier step; `/builtin/iterate` is a loop."
    )  # fmt: skip
    UNDEFINED_STEP_REFERENCE = (
        3003, "undefinedStepReference", _F,
        "A reference names a step that does not exist or comes later, also in a branch that is not taken.",
        "Correct the id, or move that step before this one.",
    )  # fmt: skip
    INVALID_REFERENCE_EXPRESSION = (
        3004, "invalidReferenceExpression", _F, "Not reported: such a flow cannot be read (4005).", "See 4005."
    )  # fmt: skip
    UNKNOWN_KEY = (
        4000, "unknownKey", _W,
        "A key means nothing where it stands, or no longer. An error with `--strict`.",
        "Correct or replace it as shown; what is yours goes under `metadata:`.",
    )  # fmt: skip
    IGNORED_KEY = (
        4001, "ignoredKey", _W,
        "A key beside a reference is ignored. An error with `--strict`.",
        "Remove it, or put the path into the reference.",
    )  # fmt: skip
    UNKNOWN_DIRECTIVE = (
        4002, "unknownDirective", _W,
        "A key that begins with `$` is no directive: it is taken as data. An error with `--strict`.",
        "Correct it; put data under `$literal:`.",
    )  # fmt: skip
    DOTTED_FIELD_NAME = (
        4003, "dottedFieldName", _W,
        "A path that does not begin with `$` is one field, dots included.",
        "Write `$.a.b` for several parts.",
    )  # fmt: skip
    INVALID_SCHEMA = (
        4004, "invalidSchema", _E,
        "What stands under `schemas:` is no JSON schema (2020-12), or refers to what is not in it.",
        "Correct it at the place named.",
    )  # fmt: skip
    UNREADABLE_FLOW = (
        4005, "unreadableFlow", _F,
        "The file cannot be read as a flow; removed syntax that cannot be ignored is among the causes.",
        "Write what the finding shows.",
    )  # fmt: skip
    FOREIGN_REFERENCE = (
        4006, "foreignReference", _W,
        "A `$ref` leads out of the file. Nothing is fetched: what it stands for is unknown, and cannot be enforced.",
        "Copy the schema under `schemas.$defs`, and refer to `#/$defs/NAME`.",
    )  # fmt: skip
    FLOW_INSIDE_FAILS = (
        4007, "flowInsideFails", _E,
        "A flow inside a step's input, for `map` or `iterate`, cannot be read, or would fail for every item.",
        "Correct the flow inside; put it under `$literal:`.",
    )  # fmt: skip

    OLD_CONFIGURATION = (
        4100, "oldConfiguration", _W,
        "A configuration has a form of earlier versions; it is read as what it meant.",
        "Write the form shown.",
    )  # fmt: skip
    SETTING_WITHOUT_EFFECT = (
        4101, "settingWithoutEffect", _W, "A setting of the configuration has no meaning here.", "Remove it."
    )  # fmt: skip
    UNREADABLE_CONFIGURATION = (
        4102, "unreadableConfiguration", _F, "A configuration cannot be read, or one of its plugins not be found.",
        "Write what the finding shows.",
    )  # fmt: skip

    def __init__(self, code: int, label: str, level: Level, meaning: str, write: str) -> None:
        self.code = code
        self.label = label
        self.level = level
        self.meaning = meaning
        self.write = write
