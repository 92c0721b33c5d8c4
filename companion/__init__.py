"""The live side of Chorale Companion: a four-voice Bach chorale partner."""

__version__ = "0.1.0"
