"""A worker that says things, for `test_said`."""

from __future__ import annotations

import logging
import threading
import warnings


def make_talker():
    logging.getLogger("padviewer.reader").info("started to talk")

    def answer(request, _progress):
        if request == "flood":
            for number in range(10_000):
                logging.getLogger("library").warning("line %d", number)
        elif request == "thread":
            threading.Timer(0.2, lambda: logging.getLogger("library").error("from a thread")).start()
        else:
            logging.getLogger("library").debug("nobody wants to know")
            logging.getLogger("padviewer.reader").info("%s", request)
            warnings.warn("a library warns", stacklevel=1)
        return "answered"

    return answer
