"""Nats a note, by two written protocols.

scoring      the protocols
evaluation   one model's scores, and the table of all
"""
