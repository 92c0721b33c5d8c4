"""The musical report.

targets      what is judged
recital      what models play for it
judge        the report of all
report       as a table
distributions  as pictures
keeping      as MIDI files
"""
