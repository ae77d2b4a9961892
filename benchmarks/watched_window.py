"""Opens the window as `padviewer` does, and watches it: START EDITS PATH [OPTION...]."""

if __name__ == "__main__":
    # Inside the guard, and in the program's own order: its workers import this module again and need nothing of it.
    import json
    import sys

    from padviewer import cli

    zero, edits, *arguments = sys.argv[1:]
    options = cli._window_options(cli.build_parser().parse_args(arguments))
    from padviewer.display import inspect_display

    inspect_display()
    from padviewer.workers.start import start_engine, start_reader

    engine, reader = start_engine(), start_reader()
    from benchmarks.watch import Watch
    from padviewer.gui.app import run_window

    watch = Watch(float(zero), int(edits))
    code = run_window(options, engine, reader, on_start=watch.attach)
    print(json.dumps(watch.report()))
    sys.exit(code)
