# The configuration of this run, and the names that the rules share.


CONFIG_FILE = settings.locate(config)
CONFIG_WORD = settings.relative(CONFIG_FILE)
PROFILE = CONFIG_FILE.stem
shell.prefix(f'dlstats() {{{{ exec python -S -E {shlex.quote(ask.__file__)} "$@"; }}}}; ')  # by the waiting process
FINGERPRINTS = Path(".snakemake/dlstats.fingerprints")
fingerprints.recall(FINGERPRINTS)
if workflow.is_main_process:
    atexit.register(fingerprints.remember, FINGERPRINTS)
CONFIG = settings.load_or_exit(CONFIG_FILE)
FAMILIES = grid.families(CONFIG)
STUDIES = CONFIG["studies"]
CHECKED = [study for study in STUDIES if registry.load(study).checks]
JOBS = {study: grid.jobs(CONFIG, study) for study in STUDIES}
RAW = {
    study: [f"results/raw/{study}/{cell.experiment}/{cell.file}.parquet" for cell in grid.cells(CONFIG, study)]
    for study in STUDIES
}

RESULTS, REPORTS, AGAIN = Path("results"), Path("reports"), os.environ.get(standing.AGAIN, "")

processes.of_snakemake(workflow.is_main_process)

if workflow.is_main_process and workflow.nodes is None:  # a cluster counts its GPUs itself
    workflow.global_resources.setdefault("gpu", devices.at_once())

if workflow.is_main_process:
    print(plan.table(CONFIG), file=sys.stderr)
    print("\n".join(standing.mark(CONFIG, PROFILE, RESULTS, REPORTS, AGAIN)), file=sys.stderr)


onstart:
    if workflow.executor_plugin.common_settings.local_exec:
        workflow.scheduler.job_rate_limiter = (
            None  # it looks at all jobs again every second, once for each that ended
        )
        waiting.begin()
    aside.sweep(RESULTS, REPORTS)
    aside.begin(CONFIG, AGAIN, RESULTS)
    run.remember(str(config.get("profile", "standard")), RESULTS)


onsuccess:
    aside.finish(RESULTS)


onerror:
    aside.restore(RESULTS)
    print(complaints.failed(), file=sys.stderr)


wildcard_constraints:
    study="[a-z0-9_]+",


def raw(wildcards):
    return RAW[wildcards.study]


def code(part):
    """The fingerprint of a part of a study: its claims, figures, checks."""
    return lambda wildcards: fingerprints.part(registry.module(wildcards.study), part)


def summary_code(wildcards):
    """The fingerprints of what the summaries of a study's experiments rest on."""
    place = registry.module(wildcards.study)
    return [fingerprints.summary(place, name) for name in registry.load(wildcards.study).experiments]
