"""A page to hear, and melodies.

exhibit      which piece for which seed
make         the music of the page
pianoroll    its pictures
page         its text
singing      what melody models sing alone
beside       one opening, continued by many models
"""
