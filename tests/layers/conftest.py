"""One TensorFlow for the session, quiet about the devices that it does not find."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
