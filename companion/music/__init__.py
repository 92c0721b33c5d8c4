"""The words of music, pure: no input or output, no clock.

vocabulary   voices, steps, tokens; frames of tokens ↔ notes
pitch        names of pitches
key          keys, their names, and the key that is heard
key_names    keys as musicians of many tongues write them
chords       names of chords
partwriting  how voices move and stand to each other, counted
beats        the beats of a metre, of two parts or three
pulse        the beats of a jam as a model hears them
bars         where beats and bars lie on the steps
timebase     steps ↔ seconds, at one tempo
messages     what the bytes of MIDI messages say
song         a MIDI file's music in ticks
sounding     what is to sound in each step, and what becomes of it in time
"""
