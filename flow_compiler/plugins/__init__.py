"""What serves components: built-ins, mocks, Python modules, programs, MCP servers; and the routes that lead to them."""
