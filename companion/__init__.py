"""The live side of Chorale Companion: a four-voice Bach chorale partner."""

import os

__version__ = "0.1.0"

# onnxruntime from 1.29 on reports its use over the network, from a thread of its own, unless this is said before it
# is imported. Who wants that can set it to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
