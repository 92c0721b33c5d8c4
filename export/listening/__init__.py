"""A page to hear.

exhibit      which piece for which seed
make         the music of the page
pianoroll    its pictures
page         its text
"""
