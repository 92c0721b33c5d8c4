"""ABC (standard 2.1, https://abcnotation.com/wiki/abc:standard:v2.1).

book      files of one tune or of many, and the lines of a tune
fields    keys, metres, lengths and tempos
voice     a voice as far as it has been read, and its bars
music     a line of music
words     a line of words
"""
