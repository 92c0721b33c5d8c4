"""A jam on a terminal.

chooser      which view a stream gets
full         the whole terminal, drawn again as the music moves
lines        a line when something changes, for logs and pipes
score        four voices as a score of characters
text         what a stream's encoding can carry
keyboard     the terminal's keys
terminal     progress bars
"""
