"""A name server of a few names, for pods of the tests. Not a resolver.

Thread: its own.
"""
import socket
import struct
import threading

A, NO_SUCH_NAME = 1, 3


class NameServer:
    """Answers on port 53 of `address` from `names`: name -> IPv4 address."""

    def __init__(self, address, names):
        self._names = names
        self.asked = set()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(512)
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query):
        # Source: RFC 1035, 4.1. One question; anything after it is dropped.
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name = ".".join(labels).lower()
        kind, = struct.unpack(">H", query[at + 1:at + 3])
        question = query[12:at + 5]
        self.asked.add(name)
        address = self._names.get(name)
        record = b""
        if address and kind == A:
            # The name again (a pointer to the question), A, IN, 5 s, 4 bytes.
            record = struct.pack(">HHHIH", 0xC00C, A, 1, 5, 4)
            record += socket.inet_aton(address)
        flags = 0x8580 if address else 0x8580 | NO_SUCH_NAME
        return query[:2] + struct.pack(">HHHHH", flags, 1, bool(record), 0,
                                       0) + question + record
