"""Replace identifiers, and keep track of where everything is afterwards."""
