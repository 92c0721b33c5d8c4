"""From played notes to four voices on the step grid.

seed         a song as the phrase that a model hears
hands        a player's keys as they come, given to voices
grid         where steps lie in time: four to each beat
quantise     onsets to steps
voicing      notes to voices
tune         which tracks are heard
names        what the names of tracks say
pedals       notes as long as pedals hold them
numbering    bars as musicians count them
character    what a phrase is like: its pace, height, loudness, touch and motif
ends         whether a phrase is over, by what was sung
"""
