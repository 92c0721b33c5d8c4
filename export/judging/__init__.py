"""The musical report.

targets      what is judged
recital      what models play for it
jamming      keys played to a jam
judge        all that is played and measured
judgement    as it is printed, drawn and kept
report       what is counted, as a table
musician     what a musician hears, as a table
following    whether an answer listens to its phrase
rewriting    whether bars that are made anew join what is around them
metre        whether added voices keep a dotted beat
listener     one that learns to tell music from Bach's
features     what it hears
distributions  as pictures
keeping      as MIDI files
"""
