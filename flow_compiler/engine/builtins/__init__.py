"""The components of the language itself, ``/builtin/…`` (notes/stepflow 1.9). One module each."""

from __future__ import annotations

from flow_compiler.engine.builtins.blobs import get_blob, put_blob
from flow_compiler.engine.builtins.create_messages import create_messages
from flow_compiler.engine.builtins.eval import evaluate
from flow_compiler.engine.builtins.iterate import iterate
from flow_compiler.engine.builtins.load_file import load_file
from flow_compiler.engine.builtins.map import map_items
from flow_compiler.engine.builtins.noop import noop
from flow_compiler.engine.builtins.openai import openai
from flow_compiler.engine.builtins.sleep import sleep
from flow_compiler.engine.registry import ComponentRegistry

BUILTINS = ComponentRegistry.of(
    noop, sleep, create_messages, put_blob, get_blob, load_file, evaluate, map_items, iterate, openai
)
