"""What can be said about a flow without running it: one module per family of rules, codes as in the reference."""

from flow_compiler.language.diagnostics.diagnose import diagnose, reject_if_fatal
from flow_compiler.language.diagnostics.diagnostic import Diagnostic, unreadable
from flow_compiler.language.diagnostics.kinds import Kind, Level
from flow_compiler.language.diagnostics.strict import strictly

__all__ = ["Diagnostic", "Kind", "Level", "diagnose", "reject_if_fatal", "strictly", "unreadable"]
