"""What this machine can do. Import its files, not this face.

frames       a frame of four notes, the start, memory
first_frame  a process that makes one frame and ends
parts        where the time of a frame goes
processor    what this processor can do
jam          how punctual a jam is
load         what keeps a machine busy meanwhile
keys         from a key to its harmony
report       all of it, as lines or JSON
memory       how much memory is used
"""
