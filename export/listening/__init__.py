"""A page to hear, and melodies.

exhibit      which piece for which seed
make         the music of the page
pianoroll    its pictures
page         its text
singing      what melody models sing alone
sung         what can be counted of it
beside       one opening, continued by many models
brief        many models, a row each, by what they play
"""
