"""A process that reads one picture with a vision model, over stores that others use too."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from reading_bench import RECOGNIZE, bench

from flow_compiler.engine.storage import open_stores
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.registry import OcrProviders


async def main() -> None:
    order = json.loads(sys.stdin.readline())
    options = {"base_url": order["url"], "model": "m", "dialect": "surya2"}
    providers = OcrProviders.from_settings("vision", {"vision": ProviderOptions(options=options, deadline=30)})
    database, artifacts = f"sqlite:///{order['folder']}/stepflow.db", f"{order['folder']}/artifacts"
    async with open_stores(database, artifacts) as stores, bench(providers, stores=stores) as at:
        picture = await at.put(bytes.fromhex(order["picture"]))
        print("asks", flush=True)
        item = await at.run(RECOGNIZE, {"picture": picture}, str(os.getpid()))
        print(json.dumps({"result": item.result.result, "reuse": item.records["s"].reuse}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
