"""Sound without a DAW. Nothing is loaded before it is needed.

organ        a small pipe organ
wav          WAV files, by FluidSynth or the organ
speaker      the sound card
"""
