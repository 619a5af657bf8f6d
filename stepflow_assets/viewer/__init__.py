"""The viewer: documents, pages with their blocks, chunks and their places, as pages of HTML. Reads, and writes nothing."""
