"""Collects what witnesses (witness.cc) report, and judges it.

All times are nanoseconds of one kernel's boot clock and compare exactly. A pod
that was told "you lead until d" counts as leading from the receipt of that
answer to d, unless its main container ended before. Nothing is forgiven.
"""
import collections
import socket
import threading
import time

import kube


# A witness reports every 5 ms, or after a second without an answer: one that
# has been silent for so long was killed.
DEAD_NS = 3_000_000_000


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Term:
    """What one main container process was told under one fencing token."""

    def __init__(self, pod, process, token, told):
        self.pod, self.process, self.token = pod, process, token
        self.first_yes = self.last_yes = told
        self.promised_until = 0
        self.process_ended = None

    def end(self):
        if self.process_ended is None:
            return self.promised_until
        return min(self.promised_until, self.process_ended)


class Process:
    """One run of one main container."""

    def __init__(self):
        self.started = None
        self.first_status = None
        self.asked_to_stop = None
        self.ended = None
        self.last_sign = None
        self.last_status = None
        self.changes = []  # (received, status), when the status is another.
        self.reports = 0


class Witnesses:
    """Listens from the moment it is made. Threads: its own, and the test's."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind((kube.NODE_ADDRESS, 0))
        self._lock = threading.Lock()
        self._processes = collections.defaultdict(Process)
        self._terms = []
        self._lost = []
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def port(self):
        return self._socket.getsockname()[1]

    def _listen(self):
        while True:
            report = self._socket.recv(512).decode().split()
            with self._lock:
                self._hear(*report)

    def _hear(self, pod, process, sequence, kind, *rest):
        one = self._processes[pod, process]
        if int(sequence) != one.reports:
            self._lost.append("%s: report %s came as number %d" % (
                pod, sequence, one.reports))
        one.reports = int(sequence) + 1
        values = [int(value) for value in rest]
        if kind == "started":
            one.started = values[0]
        elif kind == "asked-to-stop":
            one.asked_to_stop = values[0]
        elif kind == "ended":
            one.ended = values[0]
        elif kind == "told":
            self._hear_told(pod, process, one, *values)

    def _hear_told(self, pod, process, one, _sent, received, status, token,
                   deadline):
        if one.first_status is None:
            one.first_status = status
        if status != one.last_status:
            one.changes.append((received, status))
        one.last_sign, one.last_status = received, status
        if status != 200:
            return
        term = next((t for t in reversed(self._terms)
                     if (t.pod, t.process, t.token) == (pod, process, token)),
                    None)
        if term is None:
            term = Term(pod, process, token, received)
            self._terms.append(term)
        term.last_yes = received
        term.promised_until = max(term.promised_until, deadline)

    def processes(self):
        """(pod, process) -> Process, as heard so far."""
        with self._lock:
            return dict(self._processes)

    def process_of(self, pod):
        """The newest process of that pod's main container."""
        found = [p for (name, _), p in self.processes().items() if name == pod]
        return max(found, key=lambda p: p.started) if found else None

    def first_change(self, pod, after):
        """(received, status) of its main's first other answer after that."""
        found = [change for (name, _), one in self.processes().items()
                 if name == pod for change in one.changes
                 if change[0] > after]
        return min(found) if found else None

    def settled(self, since):
        """Every process was heard after that, or has ended for certain."""
        with self._lock:
            signs = [one.last_sign for one in self._processes.values()
                     if one.ended is None and one.last_sign]
        return all(sign > since or now() - sign > DEAD_NS for sign in signs)

    def terms(self):
        """By their beginning, with the ends of their processes filled in.

        A process that was killed says nothing; it has certainly ended no
        earlier than its last report.
        """
        with self._lock:
            for term in self._terms:
                one = self._processes[term.pod, term.process]
                silent = now() - one.last_sign > DEAD_NS
                term.process_ended = (
                    one.ended or (one.last_sign if silent else None))
            return sorted(self._terms, key=lambda t: t.first_yes)

    def leader(self):
        """The pod whose newest answer is a yes that still holds, if one."""
        leading = set()
        with self._lock:
            for term in self._terms:
                one = self._processes[term.pod, term.process]
                if (one.ended is None and one.last_status == 200 and
                        term.last_yes == one.last_sign and
                        term.promised_until > now()):
                    leading.add(term.pod)
        return leading.pop() if len(leading) == 1 else None

    def term_after(self, instant, but=None):
        """The first term that began after it, not of the pod `but`."""
        for term in self.terms():
            if term.first_yes > instant and term.pod != but:
                return term
        return None

    def violations(self):
        found = list(self._lost)
        terms = self.terms()
        for i, a in enumerate(terms):
            for b in terms[i + 1:]:
                if a.pod == b.pod:
                    continue
                overlap = min(a.end(), b.end()) - b.first_yes
                if overlap > 0:
                    found.append("two leaders for %d ns: %s (token %d) and %s "
                                 "(token %d)" % (overlap, a.pod, a.token,
                                                 b.pod, b.token))
            if i == 0:
                continue
            before = terms[i - 1]
            if a.token < before.token or (a.token == before.token and
                                          a.pod != before.pod):
                found.append("the token did not grow: %d, then %d" % (
                    before.token, a.token))
        for (pod, _), one in self.processes().items():
            if one.first_status == 0:
                found.append(pod + ": main met no sidecar at its start")
        return found
