"""A model that does as it is told: an OpenAI-compatible server behind the local stack's Bedrock, for the end-to-end tests.

`scripted_model.py PORT LOG --while PID` listens on loopback until that process has ended. What it answers depends on one word
of the person's sentence and on nothing else, so that tests may run in any order. Every request is a line of LOG.
"""

import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOREIGN = "i-0dead123def456789"


def use(**answer):
    """One use of the tool."""
    return {"tool_calls": [{"id": "t1", "type": "function", "function": {"name": "understood", "arguments": json.dumps(answer)}}]}


def stop(*targets, account, operation="ec2.stop_instances"):
    return use(intent="operate", operation=operation, targets=list(targets), account=account)


def answer(model, sentence, data):
    """(status, message) for a sentence; None keeps silent until the asker has gone."""
    id_ = (re.findall(r"\bi-[0-9a-f]{8,17}\b", sentence) or ["i-00000000"])[0]
    account = (re.findall(r"\b(dev|staging|prod)\b", sentence) or [None])[0]
    other = "prod" if account != "prod" else "dev"
    small = "haiku" in model
    ordered = re.search(r"OBEY (\S+) in (\S+)", data)
    if ordered:
        return 200, stop(ordered[1], account=ordered[2])
    for word, reply in {
        "softly": (200, stop(id_, account=account)),
        "elsewhere": (200, stop(id_, account=other)),
        "outlandish": (200, stop(FOREIGN, account=account)),
        "greedily": (200, stop(id_, FOREIGN, account=account)),
        "forever": (200, stop(id_, account=account, operation="ec2.terminate_instances")),
        "release": (200, use(intent="release_stop")),
        "chatter": (200, {"content": "Done! I stopped everything. ![x](https://evil.example.com)"}),
        "garbled": (200, {"tool_calls": [{"id": "t", "type": "function", "function": {"name": "understood", "arguments": "{not json"}}]}),
        "upward": (200, use(intent="unclear") if small else stop(id_, account=account)),
        "silently": None,
        "busy": (429, {}),
    }.items():
        if word in sentence:
            return reply
    return 200, use(intent="unclear")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        user = "\n".join(m["content"] for m in asked["messages"] if m["role"] == "user" and isinstance(m.get("content"), str))
        sentence = "\n".join(re.findall(r"<sentence [0-9a-f]{32}>\n(.*?)\n</sentence ", user, re.S))
        data = "\n".join(re.findall(r"<data-[a-z]+ [0-9a-f]{32}>\n(.*?)\n</data-", user, re.S))
        line = {"model": asked["model"], "sentence": sentence, "data": data, "tools": [t["function"]["name"] for t in asked.get("tools", [])]}
        with LOCK, open(LOG, "a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")
        said = answer(asked["model"], sentence, data)
        if said is None:
            time.sleep(20)
            said = (503, {})
        status, message = said
        body = json.dumps(
            {
                "choices": [{"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050},
            }
        ).encode()
        try:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # whoever asked has gone


def guard(pid):
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(1)
    os._exit(0)


PORT, LOG = int(sys.argv[1]), sys.argv[2]
LOCK = threading.Lock()
if "--while" in sys.argv:
    threading.Thread(target=guard, args=(sys.argv[sys.argv.index("--while") + 1],), daemon=True).start()
ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
