"""Opens the window as `padviewer` does, and watches it: START EDITS PATH [OPTION...]."""

if __name__ == "__main__":
    # Inside the guard, and in the program's own order: its workers import this module again and need nothing of it.
    import json
    import sys

    from padviewer import cli
    from padviewer.options import budget_of, items_of, spec_of

    zero, edits, *arguments = sys.argv[1:]
    options = cli.build_parser().parse_args(arguments)
    from padviewer.display import inspect_display
    from padviewer.gui.options import window_options

    window = window_options(items_of(options), spec_of(options), budget_of(options))
    inspect_display()
    from benchmarks.watch import Watch
    from padviewer.gui.launch import launch

    watch = Watch(float(zero), int(edits))
    code = launch(window, on_start=watch.attach)
    print(json.dumps(watch.report()))
    sys.exit(code)
