"""One file a command. Import its files, not this face: they load what they need.

batch          continue, harmonise and rewrite: one file or many, once or in variations
files          one composition made, written and told of
again          the words that make a file again
jam            jam
jam_options    from what was typed to the options of a jam
options        options of the command line, made of the tables of controls and of the rig
demo           demo
replay         replay
models         models
doctor         doctor
max_devices    devices
"""
