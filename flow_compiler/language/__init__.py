"""What a flow says: model, loader, expressions, paths, diagnostics. Pure: nothing here runs anything."""
