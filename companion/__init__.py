"""The live side of Chorale Companion: a four-voice Bach chorale partner."""

import os

__version__ = "0.1.0"

# onnxruntime from 1.29 on reports its use over the network, from a thread of its own, unless this is said before it
# is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
