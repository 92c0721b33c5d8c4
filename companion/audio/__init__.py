"""Sound without a DAW. Nothing is loaded before it is needed.

organ        a small pipe organ
browser      the same in a page, by organ.js
wav          WAV files, by FluidSynth or the organ
speaker      the sound card
"""
