"""One file a source: bytes in, records out, no graph code."""
