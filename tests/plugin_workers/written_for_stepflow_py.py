"""Components as their authors wrote them for stepflow_py. Nothing here knows of this project."""

import os
import threading
from typing import Any

import msgspec
from langchain_core.runnables import RunnableLambda, RunnableParallel
from stepflow_py.worker import StepflowContext, StepflowServer
from stepflow_py.worker.exceptions import (
    StepflowComponentError,
    StepflowExecutionError,
    StepflowRuntimeError,
    StepflowValidationError,
)

server = StepflowServer()


class IterateInput(msgspec.Struct):
    flow_id: str
    initial_input: dict
    max_iterations: int = 1000


class IterateOutput(msgspec.Struct):
    result: Any
    iterations: int
    terminated: bool


@server.component
async def iterate(input: IterateInput, context: StepflowContext) -> IterateOutput:
    """Runs a flow over its own output."""
    current = input.initial_input
    for turn in range(input.max_iterations):
        output = await context.evaluate_flow_by_id(input.flow_id, current)
        if "result" in output:
            return IterateOutput(result=output["result"], iterations=turn + 1, terminated=False)
        current = output["next"]
    return IterateOutput(result=current, iterations=input.max_iterations, terminated=True)


class CounterInput(msgspec.Struct):
    current: int
    target: int


@server.component
def counter_step(input: CounterInput) -> dict:
    if input.current >= input.target:
        return {"result": f"Reached target {input.target}"}
    return {"next": {"current": input.current + 1, "target": input.target}}


@server.component(subpath="told/where", id="where")
async def where(input: dict, context: StepflowContext) -> dict:
    return {
        "run": context.run_id,
        "step": context.step_id,
        "attempt": context.attempt,
        "pid": os.getpid(),
    }


@server.component
def in_thread(input: dict) -> bool:
    return threading.current_thread() is not threading.main_thread()


@server.component
async def blobs(input: dict, context: StepflowContext) -> dict:
    blob_id = await context.put_blob({"z": 1.0, "a": [input]})
    return {"blob_id": blob_id, "data": await context.get_blob(blob_id)}


@server.component
async def many(input: dict, context: StepflowContext) -> dict:
    flow_id = await context.put_blob(input["flow"], "flow")
    started = await context.submit_run_by_id(flow_id, input["inputs"])
    status = await context.get_run(started["run_id"], wait=True, include_results=True)
    return {"status": status["status"], "outputs": [item.get("output") for item in status["results"]]}


ERRORS: dict[str, Exception] = {
    "runtime": StepflowRuntimeError("no"),
    "validation": StepflowValidationError("no"),
    "component": StepflowComponentError("no"),
    "execution": StepflowExecutionError("no"),
    "value": ValueError("no"),
    "os": ConnectionError("no"),
}


@server.component
def fail(input: dict) -> None:
    raise ERRORS[input["kind"]]


@server.langchain_component
def text_analyzer() -> Any:
    """Figures of a text."""

    def analyze(data: dict) -> dict:
        text = data["text"]
        return {
            "word_count": len(text.split()),
            "char_count": len(text),
            "char_count_no_spaces": len(text.replace(" ", "")),
            "sentence_count": sum(text.count(mark) for mark in ".!?"),
            "uppercase_ratio": sum(letter.isupper() for letter in text) / len(text),
        }

    return RunnableLambda(analyze)


@server.langchain_component
def sentiment_classifier() -> Any:
    return RunnableLambda(
        lambda data: {
            "sentiment": "positive" if "fantastic" in data["text"] else "neutral",
            "confidence": 0.5,
        }
    )


@server.langchain_component
def math_operations() -> Any:
    return RunnableParallel(
        sum=lambda data: data["a"] + data["b"],
        product=lambda data: data["a"] * data["b"],
        power=lambda data: data["a"] ** data["b"],
    )
