"""Is it right: cases, protocols, metrics, and runs that others can repeat."""
