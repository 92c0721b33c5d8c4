"""Harmony as the chorales have it: a chord for every beat, chosen before the notes are.

chords       what a beat is heard as
progressions which chord follows which, and what the voices sing in each, as learned from the chorales
form         phrases: how long they are, on what they close, what comes back
tunes        where the phrases of a given tune end
way          what each beat of some music is asked to be
leading      the chord of a beat, and the rule by which notes keep to it
"""
