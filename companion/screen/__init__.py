"""A jam on a terminal.

score        four voices as a score of characters
keyboard     the terminal's keys
terminal     progress bars
"""
