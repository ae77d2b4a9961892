"""The Qt application: widgets show and report, the session decides."""
