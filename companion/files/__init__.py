"""Files that are read and written whole.

midi         standard MIDI files ↔ songs
chunks       the tracks of any MIDI file, mended
tracks       what the events of a track say
opening      what a user names to be read
streams      standard input and output as files
locking      locks that end with their process
folders      the system's folders for what programs keep for a user
writing      outputs that replace nothing unasked, and are whole or not there
"""
