# Reads and checks the configuration, includes the rules, names the targets.
import atexit
import os
import shlex
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.19")

if Path(workflow.basedir, "dlstats").is_dir():  # the repository
    sys.path.insert(0, workflow.basedir)

from dlstats.cli import ask, waiting
from dlstats.pipeline import (
    aside,
    complaints,
    config as settings,
    devices,
    fingerprints,
    grid,
    origins,
    outside,
    plan,
    processes,
    registry,
    run,
    standing,
)

complaints.shorten()


include: "workflows/common.smk"
include: "workflows/simulate.smk"
include: "workflows/summarise.smk"
include: "workflows/report.smk"


rule all:
    default_target: True
    input:
        rules.ledger.output,
        rules.write.output,
