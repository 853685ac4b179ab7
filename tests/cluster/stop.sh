#!/usr/bin/env bash
# Ends what start.sh began and leaves no configuration behind: without a controller it would slow every Snakemake.
folder=${1:?usage: stop.sh FOLDER}
for daemon in slurmd slurmctld; do
    [ -f "$folder/$daemon.pid" ] && kill "$(cat "$folder/$daemon.pid")"
done
[ -f /run/munge/munged.pid ] && kill "$(cat /run/munge/munged.pid)"
sleep 1
rm -f /etc/slurm/slurm.conf /etc/slurm/gres.conf
