"""Four voices of a few notes, by Python alone: python harmonise.py chorale.mid"""

import json
import sys
from pathlib import Path
from urllib.request import Request, urlopen

token = (Path.home() / ".config/chorale/serve.token").read_text().strip()  # where chorale serve says
notes = [{"pitch": pitch, "start": start, "duration": 1} for start, pitch in enumerate([67, 69, 71, 72, 71, 69, 67])]
headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "audio/midi"}
answer = urlopen(Request("http://127.0.0.1:8730/v1/harmonise?seed=7", json.dumps({"notes": notes}).encode(), headers))
Path(sys.argv[1]).write_bytes(answer.read())
