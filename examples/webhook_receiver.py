"""Takes what http.deliver sends: checks the signature (Standard Webhooks), then handles the event
once. Python 3.9 or newer, no packages.

    WEBHOOK_SECRETS="whsec_…" PORT=3000 python3 examples/webhook_receiver.py

WEBHOOK_SECRETS may hold several, separated by blanks, while a secret is being changed.
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import time

TOLERANCE_SECONDS = 5 * 60
MAX_BODY_BYTES = 2 * 1024 * 1024


def verify(headers, body, secrets, now=None):
    """The event in `body` (bytes, as they came); ValueError when it isn't from who knows a secret."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").split(" ")
    if not message_id or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise ValueError("a webhook header is missing")
    # Who records a message can't send it again next week.
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE_SECONDS:
        raise ValueError("the timestamp is too far from now")
    content = f"{message_id}.{timestamp}.".encode() + body
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        for signature in signatures:
            if hmac.compare_digest(signature.encode(), f"v1,{mac}".encode()):
                return json.loads(body)
    raise ValueError("no signature fits")


class Receiver(http.server.BaseHTTPRequestHandler):
    secrets = os.environ.get("WEBHOOK_SECRETS", "").split()
    # A job may be delivered twice (the answer was lost, a worker died): its id is the same each
    # time. A shop keeps these in a table with a unique key, in the transaction of what it does.
    done = set()

    def do_POST(self):
        size = int(self.headers.get("content-length", 0))
        if size > MAX_BODY_BYTES:
            return self.answer(413, "the body is too large")
        try:
            event = verify(self.headers, self.rfile.read(size), self.secrets)
        except ValueError as error:
            return self.answer(401, str(error))  # http.deliver tries again
        if self.headers["webhook-id"] not in self.done:
            print("EVENT " + json.dumps(event, ensure_ascii=False, separators=(",", ":")), flush=True)
            self.done.add(self.headers["webhook-id"])
        return self.answer(200, "thank you")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Receiver)
    print(f"READY {server.server_address[1]}", flush=True)
    server.serve_forever()
