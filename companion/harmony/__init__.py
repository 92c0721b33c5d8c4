"""Harmony as the chorales have it: phrases are planned, and a chord is chosen for every beat before its notes are.

chords        what a beat is heard as
symbols       chord symbols, and the tones that they stand for
voicings      how four voices can sound a chord that is asked for
cadences      closes that are asked for by name
progressions  which chord follows which, and what the voices sing in each, as counted in the chorales
doubling      how the upper voices share a chord between them
keys          the key, by what tells it
leading       the chord of a beat, as it is drawn
keeping       the rules by which its notes keep to it
form          phrases: how long they are, what they close on, which of them come back
tunes         where the phrases of a given tune end
way           the way through a form: what each beat is asked to be
whereabouts   where in its phrase a tune is that is heard for the first time
"""
