"""What a server's reply means: for this mail, or for the whole run.

Codes and enhanced codes follow RFC 5321, 4.2 and RFC 3463; the policy codes are those of the large providers.
"""

import re
from enum import StrEnum

from hame_match.deliver.outbox import (
    Accepted,
    Failure,
    LostAfterDot,
    LostBeforeDot,
    Outcome,
    PermanentFailure,
    RunFault,
    TemporaryFailure,
)

ANSWER_CHARS = 200


class Phase(StrEnum):
    """What was said to the server before its reply."""

    CONNECT = "connect"
    MAIL = "mail"
    RECIPIENT = "recipient"
    DATA = "data"
    END = "end"


_GOOD: dict[Phase, range | tuple[int, ...]] = {
    Phase.CONNECT: range(200, 300),
    Phase.MAIL: range(200, 300),
    Phase.RECIPIENT: range(200, 300),
    Phase.DATA: (354,),
    Phase.END: range(200, 300),
}

_OURS = (
    # 5xx that no recipient is to blame for: login, sender, size for everybody, sender policy.
    (re.compile(r"53[0458]\b"), frozenset(Phase)),
    (re.compile(r"550[ -]5\.7\."), frozenset(Phase)),
    (re.compile(r"552[ -]5\.3\.4"), frozenset(Phase)),
    # Relaying denied, or our own host on a block list; after the mail's end a 554 speaks of its content.
    (re.compile(r"554[ -]5\.7\."), frozenset({Phase.CONNECT, Phase.MAIL, Phase.RECIPIENT, Phase.DATA})),
    # The sender is the same for every mail.
    (re.compile(r"5"), frozenset({Phase.CONNECT, Phase.MAIL})),
)
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+[^\s<>@.,;:]>?")


def answer_of(code: int, text: bytes | str) -> str:
    """Return a reply as it is kept: one line, no mail addresses, at most `ANSWER_CHARS` characters.

    >>> answer_of(550, b"5.1.1 <maija@example.org>: no such user")
    '550 5.1.1 <…>: no such user'
    """
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in words)).strip()
    return f"{code} {_ADDRESS.sub('<…>', line)}"[:ANSWER_CHARS].strip()


def refusal(phase: Phase, code: int, text: bytes) -> Failure | None:
    """Return what a reply before the end of the mail means, None when the server goes along.

    | reply | meaning |
    |---|---|
    | 2xx, to DATA 354 | go on |
    | 421 | the server hangs up: this mail waits |
    | 4xx | this mail waits |
    | 5xx of `_OURS` | the run stops |
    | other 5xx | this mail fails |
    | anything else | the server cannot be understood: this mail waits, the connection is given up |
    """
    if code in _GOOD[phase]:
        return None
    answer = answer_of(code, text)
    if code == 421 or not 400 <= code <= 599:
        return LostBeforeDot(answer)
    if code < 500:
        return TemporaryFailure(answer)
    if any(phase in phases and pattern.match(answer) for pattern, phases in _OURS):
        return RunFault(answer, lasting=True)
    return PermanentFailure(answer)


def verdict(code: int, text: bytes) -> Outcome:
    """Return what the reply after the end of the mail means; one that cannot be understood leaves it in doubt."""
    answer = answer_of(code, text)
    if code in _GOOD[Phase.END]:
        return Accepted(answer)
    if not 400 <= code <= 599:
        return LostAfterDot(answer)
    if code == 421:
        return TemporaryFailure(answer)
    return refusal(Phase.END, code, text) or Accepted(answer)
