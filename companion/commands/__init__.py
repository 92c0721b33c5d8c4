"""One file a command. Import its files, not this face: they load what they need.

files          continue and harmonise
jam            jam
jam_options    from what was typed to the options of a jam
play_options   the options that say how the companion plays
demo           demo
replay         replay
trace          what a model thought, as JSON
doctor         doctor
max_devices    devices
"""
