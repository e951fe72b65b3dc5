"""Files of annotation tools: written to be corrected, and read back.

`annotated` has what all of them hold, as plain values. Each format is one file that writes
and reads it; `read` finds out which one a file has, and `merge` keeps what a format can't
hold. Places count code points of the text, half open, as in records.
"""
