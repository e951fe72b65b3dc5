"""What takes the place of identifiers, and where everything is afterwards."""
