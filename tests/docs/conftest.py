"""One TensorFlow for the session, quiet about the devices that it does not find."""

import os

# Before TensorFlow: some builds of torch bring an LLVM that ends a process where TensorFlow's is there already.
import installed  # noqa: F401

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
