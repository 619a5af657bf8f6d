"""What a ``stepflow-config.yml`` says: which plugins there are, which routes lead to them, how steps are retried.

Nothing is started here; :mod:`flow_compiler.plugins` opens what a configuration names.
"""
