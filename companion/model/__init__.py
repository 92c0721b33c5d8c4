"""What a model reads, promises and remembers.

features     ids computed from the music so far, one row of them for each note
told         what else may be known of a frame beforehand
codes        the classes that they stand for
echoes       where the music was like this before
known_tunes  how tunes go on that a model knows by heart
contract     what a model file says of itself
state        what a model remembers, as a value
binding      a graph, its inputs and outputs bound once
runtime      loading a file with suspicion, and running it
trial        a file that nobody knows, tried in a process of its own
ending       runs that a signal ends
leading      a melody model that leads another
library      the models that ship, by name
"""
