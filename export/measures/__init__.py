"""What can be counted in music: each a pure function of frames.

table        all measures with their goals
tally        counts and shares
passage      what is measured: frames with their bars and key
partwriting  parallels, crossings, spacing
melody       steps and leaps
harmony      chords and dissonances
pacing       how often something happens
function     what chords do in their key
form         phrase ends, cadences, endings
register     whether voices stay
musician     what a musician hears, each row with its interval
copies       passages copied from training pieces
spelling     notes by name
grade        the published grade "Bach or Mock"
"""
