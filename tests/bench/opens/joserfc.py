"""How many payloads Python's joserfc opens in a second: joserfc.py PAYLOADS_FILE SECONDS"""

import json
import sys
import time

# This file is not the package of the same name.
sys.path.pop(0)
from joserfc import jwe
from joserfc.jwk import ECKey

with open(sys.argv[1], encoding="utf-8") as payloads_file:
    given = json.load(payloads_file)
seconds = float(sys.argv[2])
payloads = given["payloads"]
key = ECKey.import_key(given["key"])
algorithms = ["ECDH-ES", "A256GCM"]

start = time.perf_counter()
opens = 0
while time.perf_counter() - start < seconds:
    json.loads(jwe.decrypt_compact(payloads[opens % len(payloads)], key, algorithms=algorithms).plaintext)
    opens += 1
print(opens / (time.perf_counter() - start))
