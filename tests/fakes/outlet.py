"""Where a socket's messages go in tests: nowhere, but it is known which."""

from dashboard.live.message import Message


class FakeOutlet:
    """An outlet that remembers."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.codes: list[int] = []
        self.backlog = 0

    def write(self, message: Message) -> None:
        """Remember a message."""
        self.messages.append(message)

    def close(self, code: int) -> None:
        """Remember a close code."""
        self.codes.append(code)

    @property
    def steps(self) -> list[Message]:
        """The steps among the messages."""
        return [message for message in self.messages if b'data-frame="step"' in message.payload]

    @property
    def seqs(self) -> list[int]:
        """The places of what was written."""
        return [message.seq for message in self.messages]

    @property
    def payloads(self) -> list[bytes]:
        """What was written."""
        return [message.payload for message in self.messages]
