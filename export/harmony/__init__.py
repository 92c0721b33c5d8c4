"""What the companion knows of harmony and phrases, counted in the training chorales.

counting     chords, voices and phrases of one mode
learning     the file that ships
"""
