"""What the companion knows of harmony and phrases, counted in the training chorales.

hearing      the chords of a chorale as a model may be told them
counting     chords, voices and phrases of one mode
learning     the file that ships
"""
