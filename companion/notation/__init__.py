"""Notation: scores read from MusicXML and ABC, laid out in four voices, written and drawn.

A score is what stands on paper; what a model hears of it is a song (``companion.music.song``).

score       what a score is: parts, bars, notes as they are written
values      note values, dots and triplets of lengths
spelling    how pitches are spelled
chords      chord symbols and their text
bars        the bars of a score, and those to come
assembling  the bars of single parts put together
songs       a score as a song
signs       accidentals, beams and brackets
laying      four voices on two staves
engraving   drawn by Verovio, and Typst
pianoroll   drawn without them
pictures    a score drawn, by what there is

``musicxml/`` reads and writes MusicXML, ``abc/`` reads ABC.
"""
