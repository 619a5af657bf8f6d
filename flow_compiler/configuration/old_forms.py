"""Older shapes of a configuration: each is read as what it meant, with a warning that shows the form to write now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.diagnostics.diagnostic import Diagnostic, finding
from flow_compiler.language.diagnostics.kinds import Kind
from flow_compiler.language.expressions import Json
from flow_compiler.language.source import Part, Where

FOREIGN_TRANSPORT = "configuration.foreign_transport"
"""Code of what is said about plugins whose workers are reached by a network service that is not spoken here."""
_WILDCARD = re.compile(r"/(\{\*?[A-Za-z_]+\}|\*{1,2})\Z")
_RULE_KEYS = {"component_allow": "componentAllow", "component_deny": "componentDeny", "queue_name": "queueName"}
_TRANSPORT_KEYS = ("stream", "subject", "consumer")
_TOP_KEYS = {"stateStore": "storageConfig", "state_store": "storageConfig", "working_directory": "workingDirectory"}


@dataclass
class OldForms:
    """Rewrites a configuration that was read, and keeps what there is to say about it."""

    top: Where
    found: list[Diagnostic] = field(default_factory=list)
    origins: dict[tuple[Part, ...], tuple[Part, ...]] = field(default_factory=dict)
    """Where rules that have moved stand in the file."""

    def mapped(self, fields: dict[str, Json]) -> dict[str, Json]:
        """The same in the form of today. Raises FlowLoadError for what has no such form."""
        fields = self._renamed(fields, _TOP_KEYS, self.top)
        if isinstance(fields.get("plugins"), dict):
            for name, plugin in fields["plugins"].items():
                if isinstance(plugin, dict):
                    _refuse_foreign_transport(name, plugin, self.top.at("plugins").at(name))
        if "routing" in fields and "routes" not in fields:
            routes = self._routes_of_routing(fields["routing"], self.top.at("routing"))
            fields = {**{key: value for key, value in fields.items() if key != "routing"}, "routes": routes}
        elif isinstance(fields.get("routes"), dict):
            fields = {**fields, "routes": self._routes(fields["routes"], self.top.at("routes"))}
        return fields

    def _routes(self, routes: dict[str, Json], where: Where) -> dict[str, Json]:
        """Rules below the longest path first, as the older longest match did."""
        below: list[tuple[str, int, str, int, Json]] = []
        for key, written in routes.items():
            prefix, under = self._split(key)
            if any(mark in segment for segment in (prefix, *under) for mark in "{}*"):
                raise where.error(f"the route {key!r} has a pattern inside", "Write its first segment only.", key=key)
            rules = self._rules(written, where.at(key), key)
            if not isinstance(rules, list):
                return routes  # the model says what is wrong
            new = [_below(rule, under) for rule in rules]
            below += [(prefix, len(under), key, index, rule) for index, rule in enumerate(new)]
            if key != prefix:
                self._old(where, key, f"the route is written {key!r}", f"`{written_in_yaml({prefix: new})}`")
        mapped: dict[str, Json] = {prefix: [] for prefix in (self._split(key)[0] for key in routes)}
        for prefix, _, key, index, rule in sorted(below, key=lambda each: -each[1]):
            self.origins["routes", prefix, len(mapped[prefix])] = ("routes", key, index)
            mapped[prefix].append(rule)
        return mapped

    @staticmethod
    def _split(key: str) -> tuple[str, list[str]]:
        segments = [part for part in _WILDCARD.sub("", "/" + key.strip("/")).split("/") if part]
        return "/" + "".join(segments[:1]), segments[1:]

    def _rules(self, written: Json, where: Where, key: str) -> Json:
        if isinstance(written, str | dict):
            new = [{"plugin": written} if isinstance(written, str) else written]
            self._old(where, None, "a route is a list of rules", f"`{written_in_yaml({key: new})}`")
            return [self._rule(new[0], where)]
        if not isinstance(written, list):
            return written
        return [self._rule(rule, where.at(index)) for index, rule in enumerate(written)]

    def _rule(self, rule: Json, where: Where) -> Json:
        if isinstance(rule, str):
            self._old(where, None, "a rule is an object", f"`{{plugin: {rule}}}`")
            return {"plugin": rule}
        if not isinstance(rule, dict):
            return rule
        rule = self._renamed(rule, {**_RULE_KEYS, "input": "conditions"}, where)
        for key in _TRANSPORT_KEYS:
            if key in rule:
                self.without_effect(where, key, f"`{key}` belongs to a transport that is not used here", "Remove it.")
                rule = {name: value for name, value in rule.items() if name != key}
        for key in ("componentAllow", "componentDeny"):
            rule = self._with_slashes(rule, key, where)
        return self._without_component(rule, where)

    def _with_slashes(self, rule: dict[str, Json], key: str, where: Where) -> dict[str, Json]:
        """Ids without a leading slash matched nothing, against their documentation."""
        ids = rule.get(key)
        if not isinstance(ids, list) or all(not isinstance(name, str) or name.startswith("/") for name in ids):
            return rule
        new = [f"/{name}" if isinstance(name, str) and not name.startswith("/") else name for name in ids]
        self._old(where, key, "ids of components begin with a slash", f"`{key}: {written_in_yaml(new)}`")
        return {**rule, key: new}

    def _without_component(self, rule: dict[str, Json], where: Where) -> dict[str, Json]:
        """Older rules said under which name a plugin is asked; the name that is left over is what it is asked for now."""
        named = rule.get("component")
        if named is None:
            return rule
        if not isinstance(named, str) or not _WILDCARD.fullmatch("/" + named.lstrip("/")):
            raise where.error(
                f"`component: {named}` gives a component another name", "Call the component by its own name in the flow.",
                key="component",
            )  # fmt: skip
        rule = {key: value for key, value in rule.items() if key != "component"}
        self._old(where, "component", "a plugin is asked for what follows its route", f"`{written_in_yaml(rule)}`")
        return rule

    def _routes_of_routing(self, routing: Json, where: Where) -> Json:
        """The oldest form: a list of ``{match: "/python/*", target: python}``."""
        if not isinstance(routing, list):
            return routing
        routes: dict[str, list[Json]] = {}
        for index, rule in enumerate(routing):
            at = where.at(index)
            if not isinstance(rule, dict) or not isinstance(rule.get("target"), str):
                raise at.error("not a rule", "Write `routes: {/python: [{plugin: python}]}`.")
            matches = rule.get("match", "*")
            for match in matches if isinstance(matches, list) else [matches]:
                pattern = match.get("component") if isinstance(match, dict) else match
                if not isinstance(pattern, str):
                    raise at.error("not a rule", "Write `routes: {/python: [{plugin: python}]}`.")
                new: dict[str, Json] = {"plugin": rule["target"]}
                if isinstance(match, dict) and match.get("input"):
                    new["conditions"] = match["input"]
                prefix, below = self._split(pattern)
                new = _below(new, below)
                routes.setdefault(prefix, []).append(new)
                self._old(at, None, "`routing` is now `routes`", f"`routes: {written_in_yaml({prefix: [new]})}`")
        return routes

    def _renamed(self, fields: dict[str, Json], names: dict[str, str], where: Where) -> dict[str, Json]:
        renamed: dict[str, Json] = {}
        for key, value in fields.items():
            new = names.get(key, key) if names.get(key) not in fields else key
            if new != key:
                self._old(where, key, f"`{key}` is now `{new}`", f"`{new}:`")
            renamed[new] = value
        return renamed

    def _old(self, where: Where, key: str | None, message: str, new: str) -> None:
        pointer = (*where.pointer, key) if key is not None else where.pointer
        self.found.append(
            finding(Kind.OLD_CONFIGURATION, message, where, path=pointer, key=key, instead=f"Write {new}.")
        )

    def without_effect(self, where: Where, key: str, message: str, instead: str) -> None:
        pointer = (*where.pointer, key)
        self.found.append(finding(Kind.SETTING_WITHOUT_EFFECT, message, where, path=pointer, key=key, instead=instead))


def written_in_yaml(value: Json) -> str:
    """On one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000)
    return text.strip()


def _below(rule: Json, below: list[str]) -> Json:
    return {**rule, "under": "/" + "/".join(below)} if below and isinstance(rule, dict) else rule


def _refuse_foreign_transport(name: str, plugin: dict[str, Json], where: Where) -> None:
    """Workers that pull tasks from a queue: their components are served otherwise here."""
    kind = plugin.get("type")
    if kind not in ("grpc", "nats", "stepflow"):
        return
    module = next(_modules_in(plugin.get("args")), "MODULE_WITH_YOUR_COMPONENTS")
    pool = plugin.get("queueName")
    route = f", pool: {pool}" if isinstance(pool, str) else ""
    raise _refusal(name, str(kind), module, route, where)


def _refusal(name: str, kind: str, module: str, route: str, where: Where) -> FlowLoadError:
    refused = where.error(
        f"plugins of type {kind} are served by workers of a queue, which there are none of here",
        f"Write `{name}: {{type: python, module: {module}, process: own}}` for Python components (those of stepflow_py "
        f"too), or `{{type: command, command: PROGRAM}}` for any other program; routes stay: `[{{plugin: {name}{route}}}]`.",
        key="type",
    )
    refused.code = FOREIGN_TRANSPORT
    return refused


def _modules_in(arguments: Json) -> Iterator[str]:
    words = [word for word in arguments if isinstance(word, str)] if isinstance(arguments, list) else []
    for before, word in zip(["", *words], words, strict=False):
        if before == "-m":
            yield word
        elif word.endswith(".py"):
            yield word.rsplit("/", 1)[-1].removesuffix(".py")
