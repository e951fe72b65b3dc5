"""Identifiers of people in a text: what they are, and what takes their place."""
