"""Opens the window as `padviewer` does, and watches it: START SCENARIO PATH [OPTION...]; the scenario is JSON."""

if __name__ == "__main__":
    # Inside the guard, and in the program's own order: its workers import this module again and need nothing of it.
    import json
    import sys
    from typing import Any

    from padviewer import cli
    from padviewer.options import budget_of, items_of, spec_of

    zero, scenario, *arguments = sys.argv[1:]
    options = cli.build_parser().parse_args(arguments)
    from padviewer.display import inspect_display
    from padviewer.gui.options import window_options

    window = window_options(items_of(options), spec_of(options), budget_of(options))
    inspect_display()
    from padviewer.gui.launch import launch

    watches: list[Any] = []

    def begin(shown: Any) -> None:
        """Begins to watch. Loads what watches only now: the program starts its workers before it loads Qt."""
        from benchmarks.watch import Watch  # noqa: PLC0415 - loads Qt

        watches.append(Watch(float(zero), json.loads(scenario)))
        watches[0].attach(shown)

    code = launch(window, on_start=begin)
    print(json.dumps(watches[0].report()))
    sys.exit(code)
