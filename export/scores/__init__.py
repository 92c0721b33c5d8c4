"""Nats a note, by two written protocols; nats an event, of tunes.

scoring      the protocols
comparison   models side by side
tunes        those of melody models
evaluation   one model's scores, and the table of all
"""
