"""Nats a note, by two written protocols.

scoring      the protocols
comparison   models side by side
evaluation   one model's scores, and the table of all
"""
