"""What attackers, bad disks and odd programs would do to the companion, from generators: ``python -m tests.stress``.

mutations    intact things, damaged at random
files        damaged MIDI files, logs, presets, models and OSC packets, each read in a process that is measured
"""
