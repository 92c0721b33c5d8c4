"""What is heard and what is answered, in steps alone: no seconds, no ports.

session        what the world says, and what is shown of it
player_notes   what a key begins, joins or changes
actions        what the player can tell it to do
changes        what follows when settings change
turns          when a phrase is over, and the answer that follows it
modes/         one file a mode
plan           what is made, sent and taken back
music          what is fixed
hearing        the keys that are down, the key of the music, its loudness
tonality       the key that the plan is kept in
delivery       what the sink is told of the plan
sink           where the music goes
"""
