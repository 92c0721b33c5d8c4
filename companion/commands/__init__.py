"""One file a command. Import its files, not this face: they load what they need.

batch          continue, harmonise and rewrite: one file or many
files          one composition made, written and told of
variations     several of a file in the place of one
again          the words that make a file again
jam            jam
jam_options    from what was typed to the options of a jam
options        options of the command line, made of the tables of controls and of the rig
demo           demo
stage          the stage, as it is asked for
replay         replay
view           view
models         models
doctor         doctor
max_devices    devices
"""
