"""Files made to make a reader slow, large or wrong: name → text. Each is as large as a flow may be, where size is the
attack."""

from __future__ import annotations

from collections.abc import Callable

from flow_compiler.language.loader import MAX_BYTES

_ROOM = MAX_BYTES - 200
_DEEP = 100_000


def _bomb(width: int) -> str:
    lines = ["metadata:", "  l0: &l0 [x]"]
    lines += [f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * width)}]" for n in range(1, 40)]
    return "\n".join(lines)


def _joined(count: int, item: str, before: str, after: str) -> str:
    """``item`` as often as asked, ``@`` in it replaced by its number."""
    return before + ",".join(item.replace("@", str(n)) for n in range(count)) + after


def _filled(item: str, before: str = "", after: str = "") -> str:
    """``item`` as often as a file may hold it."""
    return before + item * ((_ROOM - len(before) - len(after)) // len(item)) + after


def _nested_flows(levels: int, wrapped: str) -> str:
    flow = '{"output":{"$step":"nowhere"}}'
    for _ in range(levels):
        inner = wrapped.replace("@", flow)
        flow = f'{{"steps":[{{"id":"a","component":"/builtin/map","input":{{"items":[],"workflow":{inner}}}}}]}}'
    return flow


REFUSED: dict[str, Callable[[], str]] = {
    "open lists": lambda: "output: " + "[" * _DEEP,
    "lists in lists": lambda: "output: " + "[" * _DEEP + "]" * _DEEP,
    "open mappings": lambda: "output: " + "{a: " * _DEEP,
    "mappings in mappings": lambda: "output: " + "{a: " * _DEEP + "}" * _DEEP,
    "open lists, JSON": lambda: '{"output": ' + "[" * _DEEP,
    "lists in lists, JSON": lambda: '{"output": ' + "[" * _DEEP + "]" * _DEEP + "}",
    "open objects, JSON": lambda: '{"output": ' + '{"a":' * _DEEP,
    "objects in objects, JSON": lambda: '{"output": ' + '{"a":' * _DEEP + "1" + "}" * _DEEP + "}",
    "only brackets": lambda: _filled("["),
    "only braces": lambda: _filled("{"),
    "dashes": lambda: _filled("- "),
    "question marks": lambda: _filled("? "),
    "indentation": lambda: "".join(" " * n + "a:\n" for n in range(2500)),
    "alias bomb, nine each": lambda: _bomb(9),
    "alias bomb, 200 each": lambda: _bomb(200),
    "aliases of a large object": lambda: _joined(
        100, "k@: 1", "metadata:\n  a: &a {", "}\n  b: [" + "*a," * 9000 + "]"
    ),
    "an alias inside itself": lambda: "output: &a [*a]",
    "numbers in one list": lambda: _filled("1,", "output: [", "]"),
    "numbers in one list, JSON": lambda: _filled("1,", '{"output": [', "1]}"),
    "empty objects, JSON": lambda: _filled("{},", '{"output": [', "{}]}"),
    "lines of a list": lambda: _filled("- 1\n", "output:\n"),
    "keys": lambda: _joined(250_000, "k@: 1", "output: {", "}"),
    "keys, JSON": lambda: _joined(250_000, '"k@":1', '{"output": {', "}}"),
    "the same key": lambda: _filled("a: 1,", "output: {", "}"),
    "the same key, JSON": lambda: _filled('"a":1,', '{"output": {', '"a":1}}'),
    "the first key again at the end, JSON": lambda: _joined(250_000, '"k@":1', '{"output": {', ',"k0":2}}'),
    "the same key, then brackets, JSON": lambda: '{"output": {"a":1,"a":2}' + "}" * _DEEP,
    "anchors": lambda: _joined(250_000, "&a@ 1", "output: [", "]"),
    "steps of one name": lambda: _filled("- {id: a, component: /b}\n", "steps:\n"),
    "a digit": lambda: _filled("9", "output: "),
    "a digit, JSON": lambda: _filled("9", '{"output": ', "}"),
    "an exponent": lambda: _filled("9", "output: 1e"),
    "an exponent, JSON": lambda: _filled("9", '{"output": 1e', "}"),
    "a tag": lambda: _filled("!"),
    "an anchor": lambda: _filled("&"),
    "an alias": lambda: _filled("*"),
    "documents": lambda: _filled("---\n"),
    "directives": lambda: _filled("%TAG !a! b\n"),
    "an open text": lambda: _filled("x", 'name: "'),
    "an open text, JSON": lambda: _filled("\\", '{"name": "'),
    "a path of brackets": lambda: _filled("[", '{"output":{"$input":"$', '"}}'),
    "a path of indexes": lambda: _filled("[0]", '{"output":{"$input":"$', '"}}'),
    "a path of names": lambda: _filled(".a", '{"output":{"$input":"$', '"}}'),
    "half a character at the end, JSON": lambda: _joined(150_000, '"é"', '{"output":[', ',"\\ud800"]}'),
    "a control character at the end": lambda: _filled("é", "# ", "\x07"),
    "a key of one letter, very long": lambda: _filled("x", "", ": 1"),
    "NUL": lambda: _filled("\x00"),
    "byte order marks": lambda: _filled("\ufeff"),
}
"""Refused, with a sentence."""

READ: dict[str, Callable[[], str]] = {
    "a long name": lambda: _filled("x", "name: "),
    "a long key, JSON": lambda: _filled("x", '{"', '": 1}'),
    "a name of escapes": lambda: _filled("\\n", 'name: "', '"'),
    "a name of escapes, JSON": lambda: _filled("\\u0041", '{"name": "', '"}'),
    "one long text, repeated": lambda: f"metadata:\n  a: &a {'x' * 1_000_000}\n  b: [{'*a,' * 150_000}]",
    "decimals": lambda: _filled("9", "output: 0."),
    "a number in base 16": lambda: _filled("f", "output: 0x"),
    "empty lines": lambda: _filled("\n"),
    "empty lines, JSON": lambda: _filled("\n", "{", "}"),
    "a comment": lambda: _filled("#"),
    "a block of lines": lambda: _filled(" x\n", "output: |\n"),
    "lines of one plain text": lambda: _filled("x\n  ", "output: "),
    "unknown keys": lambda: _joined(20_000, '"nam@":1', "{", "}"),
    "directives that are none": lambda: _joined(20_000, '"$stp@":1', '{"output":{', "}}"),
    "references to no step": lambda: _joined(
        10_000, '{"id":"s@","component":"/b","input":{"$step":"x@"}}', '{"steps":[', "]}"
    ),
    "references to the next step": lambda: _joined(
        10_000, '{"id":"s@","component":"/b","input":{"$step":"s@0"}}', '{"steps":[', "]}"
    ),
    "flows in flows": lambda: _nested_flows(22, "@"),
    "protected flows in flows": lambda: _nested_flows(18, '{"$literal":@}'),
    "choices in choices": lambda: '{"output":' + '{"$if":1,"then":' * 90 + "1" + "}" * 90 + "}",
}
"""Read, and diagnosed."""
