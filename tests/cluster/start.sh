#!/usr/bin/env bash
# A Slurm of one node on the loopback interface, for tests. Usage (as root): start.sh FOLDER
# Needs Debian's packages slurm-wlm and munge. The GPU is pretended: only its scheduling is real.
set -euo pipefail
folder=${1:?usage: start.sh FOLDER}
host=$(hostname -s)
memory=$(($(awk '/MemTotal/{print $2}' /proc/meminfo) / 1024 * 6 / 10))
mkdir -p "$folder"/{etc,state,spool,log}
cat >"$folder/etc/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort=6817
SlurmdPort=6818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
ReturnToService=2
MinJobAge=300
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory Gres=gpu:1 State=UNKNOWN
PartitionName=debug Nodes=$host Default=YES MaxTime=60 State=UP
CONF
echo "NodeName=$host Name=gpu File=/dev/null" >"$folder/etc/gres.conf"
ln -sfn "$folder/etc/slurm.conf" /etc/slurm/slurm.conf # the plugin reads the default place only
ln -sfn "$folder/etc/gres.conf" /etc/slurm/gres.conf
install -d -o munge -g munge -m 755 /run/munge
setpriv --reuid=munge --regid=munge --clear-groups munged
slurmctld
slurmd
for _ in $(seq 40); do
    sinfo --noheader --format=%t 2>/dev/null | grep -q idle && exit 0
    sleep 0.5
done
echo "Slurm did not come up; see $folder/log" >&2
exit 1
