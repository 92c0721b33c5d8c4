"""Notation: scores read from MusicXML and ABC, laid out in four voices, written and drawn.

A score is what stands on paper; what a model hears of it is a song (``companion.music.song``).

score     what a score is: parts, bars, notes as they are written
values    note values, dots and triplets of lengths
spelling  how pitches are spelled
chords    chord symbols and their text
bars      the bars of a score, and those to come
xmltree   XML and compressed files from strangers
elements  single elements of MusicXML
reading   MusicXML as a score
files     files of notation, read
abc       ABC as a score
songs     a score as a song
signs     accidentals, beams and brackets
laying    four voices on two staves
writing   a score as MusicXML
engraving by Verovio, and Typst
pianoroll without any of them
pictures  a score drawn: by Verovio where it is, else as a piano roll
"""
