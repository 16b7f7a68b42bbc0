"""Reads a message on standard input with Python's own parser and prints it as one JSON line."""
import email
import email.policy
import json
import sys

message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
text = message.get_body(("plain",))
html = message.get_body(("html",))
defects = [str(d) for part in message.walk() for d in part.defects]
defects += [f"{name}: {d}" for name, value in message.items() for d in value.defects]
print(json.dumps({
    "headers": {name.lower(): str(value) for name, value in message.items()},
    "names": [name.lower() for name in message.keys()],
    "from_name": message["from"].addresses[0].display_name,
    "from": message["from"].addresses[0].addr_spec,
    "to": [a.addr_spec for a in message["to"].addresses],
    "type": message.get_content_type(),
    "text": text.get_content().replace("\r\n", "\n") if text else None,
    "html": html.get_content().replace("\r\n", "\n") if html else None,
    "parts": len(list(message.walk())),
    "defects": defects,
}))
