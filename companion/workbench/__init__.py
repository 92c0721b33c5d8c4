"""What a composer does with a file: read, made anew or added to, written.

source    a file of music, of whatever kind, as a song
kinds     which kinds of files are read and written, by their endings
jobs      a composition about to be made of a file, as it is asked for
phrases   the phrases of new bars, as they are asked for
outputs   the files that are written, and what is in them
sheets    the score of a job
trace     what a model thought, as JSON
"""
