"""A session wired to the world.

options          what a jam is started with
engine           what comes in, in order
conductor        keeps the session where the clock is
outlets          where the music goes: player, device, log
notices          lines for the player, in one queue
control_changes  obeyed, or learnt
keys             the player's own, and the pedal that holds them
player_side      what the player process reports, and our own keys in it
device           the Max device, and what it is told
picture          a jam at one moment
snapshot         the picture of a session
aside            what takes long, beside the music
recording        the log, the takes that are saved of it, and streams
process          the process in which it all runs
"""
