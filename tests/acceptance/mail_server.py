"""A real SMTP server in a process of its own, so that a killed sender cannot take its memory along.

`python mail_server.py PORT FILE` appends a line with the Message-ID of every mail it has accepted to FILE.
"""

import asyncio
import os
import re
import sys

from aiosmtpd.smtp import SMTP, Envelope, Session


class Handler:
    def __init__(self, file: str) -> None:
        self.handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        found = re.search(rb"^Message-ID: (<\S+>)\r?$", envelope.content or b"", re.MULTILINE | re.IGNORECASE)
        os.write(self.handle, (found[1] if found else b"none") + b"\n")
        await asyncio.sleep(0.003)  # a moment between taking a mail and saying so, as any server has
        return "250 taken"


async def serve(port: int, file: str) -> None:
    handler = Handler(file)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler), "127.0.0.1", port)
    print("listening", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
