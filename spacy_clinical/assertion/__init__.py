"""Decide whether a finding holds, for whom and when, by the words around it."""
