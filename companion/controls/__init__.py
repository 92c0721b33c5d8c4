"""What can be set and told: one table of controls for every way in.

kinds        what a value may be: numbers, names, switches, keys, voices
table        the controls and actions, and what each is in every way in
settings     what controls change, and commands
knobs        control changes
keymap       the computer's keys
rig          ports, clock and OSC of a jam
presets      all of it in a file
"""
