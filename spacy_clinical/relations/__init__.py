"""Find which mentions of a note belong together, and make records of them."""
