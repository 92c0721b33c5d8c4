"""What is heard and what is answered, in steps alone: no seconds, no ports.

session      what the world says, and what the controls do
plan         what is fixed, what is planned, what was sent
sink         where the music goes
"""
