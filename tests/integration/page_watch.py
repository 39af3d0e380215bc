"""Looks at a program's page without a pause: whatever happens, it must be there, and sound."""

import threading


class Watch:
    """Asks for /metrics without a pause; every answer must be a page, and no counter may fall."""

    # Of the process, which is another one after a takeover.
    OWN = ("process_", "promhttp_")

    def __init__(self, program):
        self._program = program
        self._last = {}
        self.faults = []
        self.pages = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            try:
                self._look(self._program.scrape())
            except (OSError, AssertionError) as fault:
                self.faults.append(repr(fault))

    def _look(self, page):
        for (name, labels), value in page.samples.items():
            if not name.endswith("_total") or name.startswith(self.OWN):
                continue
            before = self._last.get((name, labels), 0)
            if value < before:
                self.faults.append(f"{name}{dict(labels)} fell from {before} to {value}")
            self._last[name, labels] = value
        self.pages += 1

    def stop(self):
        self._stop.set()
        self._thread.join()
