"""A stored page in the types of docling-core, which is loaded only here: ``DoclingDocument`` and ``SegmentedPage``."""
