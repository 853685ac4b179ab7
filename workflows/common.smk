# The configuration of this run, and the names that the rules share.


CONFIG_FILE = settings.locate(config, HERE / "config")
CONFIG_WORD = os.path.relpath(CONFIG_FILE)  # the same wherever the folder lies
CONFIG = settings.load_or_exit(CONFIG_FILE)
FAMILIES = grid.families(CONFIG)
STUDIES = [study for studies in FAMILIES.values() for study in studies]
JOBS = {study: grid.jobs(CONFIG, study) for study in STUDIES}
RAW = {study: [f"results/raw/{study}/{cell.id}.parquet" for cell in grid.cells(CONFIG, study)] for study in STUDIES}

if workflow.is_main_process:
    print(grid.plan(CONFIG), file=sys.stderr)


wildcard_constraints:
    study="[a-z0-9_]+",


def raw(wildcards):
    return RAW[wildcards.study]


def code(*names):
    return lambda wildcards: fingerprints.fingerprint(grid.study_module(wildcards.study), *names)
