"""docs/stepflow-component.md: attributes of ``type: flow_compiler.assets.StepflowComponent``."""

from __future__ import annotations

from docs.tables.markdown import fields, page
from flow_compiler.assets import StepflowComponent

_INTRO = """
A flow as a Dagster component: write this into the `defs.yaml` of a folder of your `dg` project, beside the flow.

```yaml
type: flow_compiler.assets.StepflowComponent
attributes:
  flow: flow.yaml
```

How a flow becomes assets, and a whole example: [flows](flows.md#as-a-dagster-component).
"""


def stepflow_component_page() -> str:
    schema = StepflowComponent.model_json_schema()
    return page(
        "StepflowComponent",
        _INTRO,
        "## Attributes",
        fields(schema),
        "## PoolAttributes",
        schema["$defs"]["PoolAttributes"]["description"],
        fields(schema["$defs"]["PoolAttributes"]),
    )
