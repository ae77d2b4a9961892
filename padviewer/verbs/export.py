"""The verb `export`: a stage of each file, written to a file."""

from __future__ import annotations

import argparse

from padviewer.errors import PadviewerError, PlanError, shortened
from padviewer.options import add_paths, add_pipeline, budget_of, follows_of, items_of, spec_of
from padviewer.plan import Stage
from padviewer.verbs.streams import complain, say, tell

SUMMARY = "Write the padded tensor, the feature map or the pixel mask of files."
_EXPORTED = (Stage.PADDED, Stage.FEATURE, Stage.MASK)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's options."""
    add_paths(parser, "+")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT",
        help=".npy, .npz, .png, .tif, .zarr, .h5, .safetensors, .tfrecord, .exr, .nii or .nii.gz; or a template with "
        "{dir}, {stem}, {name}, {member}, {stage}",
    )  # fmt: skip
    stages = [stage.value for stage in _EXPORTED]
    parser.add_argument("--stage", choices=stages, default="padded", help="what is written (default: padded)")
    parser.add_argument("--force", action="store_true", help="write over files that exist")
    parser.add_argument(
        "--fresh", action="store_true", help="start over; without it, a large export that was interrupted is continued"
    )
    add_pipeline(parser)


def run(options: argparse.Namespace) -> int:
    """Writes a file for each that is read, and tells its path; returns `FAILED` where one could not be written."""
    from padviewer.batch.files import export, sweep  # noqa: PLC0415
    from padviewer.batch.outputs import is_template, output_paths  # noqa: PLC0415
    from padviewer.workers.crew import Crew  # noqa: PLC0415

    items, spec, stage = items_of(options), spec_of(options), Stage(options.stage)
    outputs = output_paths(options.output, items, stage)
    budget, makes = budget_of(options), is_template(options.output)
    code = 0
    with Crew() as crew:
        sweep(crew)
        outcomes = export(
            crew,
            items,
            outputs,
            spec,
            stage,
            budget,
            options.force,
            makes,
            fresh=options.fresh,
            say=say,
            follows=follows_of(options),
        )
        for outcome in outcomes:
            if isinstance(outcome.error, PlanError):
                # It is about settings and knows no file.
                path, member = outcome.item
                name = shortened(path if member is None else f"{path}::{member}")
                code = complain(PadviewerError(f"{name}: {outcome.error.message}"))
            elif outcome.error or outcome.value is None:
                code = complain(outcome.error)
            else:
                tell(outcome.value)
    return code
