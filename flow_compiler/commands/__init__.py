"""The commands of ``flow-compiler``, one module each."""
