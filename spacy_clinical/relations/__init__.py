"""Which mentions of a note belong together, and the records that follow from it."""
