#!/usr/bin/env bash
# Install a one-node Slurm, run the smoke cells through it and locally, compare, take it down. As root, on Debian.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
command -v slurmctld >/dev/null || apt-get install --yes --no-install-recommends slurm-wlm munge
python -m pip install --quiet --no-deps --target "$folder/plugins" \
    snakemake-executor-plugin-slurm==2.8.0 snakemake-executor-plugin-slurm-jobstep==0.6.1
trap '"$here/stop.sh" "$folder/slurm"' EXIT
"$here/start.sh" "$folder/slurm"
PYTHONPATH="$folder/plugins" python "$here/compare.py" --folder "$folder/run"
