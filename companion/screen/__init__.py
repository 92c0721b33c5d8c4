"""A jam on a terminal, and every line that is said to people.

chooser      which view a stream gets
full         the whole terminal, drawn again as the music moves
rows         what stands on it, whatever its size
lines        a line when something changes, for logs and pipes
score        four voices as a score of characters
welcome      what to do next, for someone who has only double-clicked
say          lines for people, on any stream
keyboard     the terminal's keys
terminal     progress bars
"""
