"""Models of one voice.

melody_basic      its events, by two LSTMs
melody_lookback   the same, told of one and two bars ago
melody_attention  the same, looking back at its last steps
"""
