"""What belongs to what: relations, and the records that they make."""
