"""Notes with planted identifiers."""
