"""The shipped document flow as Dagster definitions: the one place where flow, runtime and checks meet."""

from __future__ import annotations

from functools import partial

import dagster as dg

from flow_compiler.assets.code_versions import Setting
from flow_compiler.assets.compile import CompiledFlow, compile_flow
from flow_compiler.assets.options import CompileOptions
from flow_compiler.assets.pools import PoolSettings
from flow_compiler.assets.runtime import Progress
from stepflow_assets.assets.checks import checks_of
from stepflow_assets.assets.runtime import document_components, document_flow, engine_profiles, open_runtime
from stepflow_assets.documents.links import at_viewer, document_link
from stepflow_assets.settings import Settings

_LINKED = {"ocr_blocks": "pages", "chunks": "chunks"}  # asset → part of a document's page in the viewer


def compile_documents(settings: Settings, progress: Progress | None = None) -> CompiledFlow:
    """The document flow of these settings, compiled. Opens nothing."""
    flow = document_flow(settings.flow_file)
    return compile_flow(
        flow,
        CompileOptions(
            runtime=lambda: open_runtime(settings, progress),
            registry=document_components(),
            checks=checks_of(flow),
            pools={name: PoolSettings(**dict(pool)) for name, pool in settings.pools.items()},
            routes=settings.routes,
            documents_at_once=settings.documents_at_once,
            setting=Setting(settings.variables, engine_profiles(settings)),
            log_passed_checks=settings.log_passed_checks,
            links={asset: partial(_viewed, settings.viewer_url, part) for asset, part in _LINKED.items()},
            run_locks=settings.run_locks,
            partitioned_checks=True,
            executor_def=dg.in_process_executor,
        ),
    )


def _viewed(viewer_url: str, part: str, document_id: str) -> str:
    return f"{at_viewer(viewer_url, document_link(document_id))}#{part}"
