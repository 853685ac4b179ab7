# Cells -> raw replicates. One rule per job, so that a job can hold many cells and its outputs have readable names.


for study in STUDIES:
    for job in JOBS[study]:

        rule:
            name:
                f"simulate_{study}_{job.experiment}_{job.index}"
            input:
                marker=standing.marker("simulate", standing.job_name(job)),
            output:
                [f"results/raw/{study}/{job.experiment}/{file}.parquet" for file in job.files],
            log:
                f"results/logs/simulate/{study}/{job.experiment}_{job.index}.log",
            conda:
                "../environment.yml"
            resources:
                limit=CONFIG["job_limit"],
                runtime=grid.minutes(job),
                gpu=devices.taken(CONFIG, job),
            params:
                experiment=f"{study}.{job.experiment}",
                cells=job.ids,
                seed=CONFIG["seed"],
                replicates=job.cells[0].replicates,
                target=[*grid.target_words(job), *grid.many_words(job)],
                file=outside.words(study),
                device=CONFIG["device"],
                code=fingerprints.cells(registry.module(study), job.experiment),
            message:
                f"simulate {study}.{job.experiment}, job {job.index}: {len(job.cells)} cells, {job.about}"
            shell:
                "dlstats simulate {params.experiment:q} {params.cells:q} --seed {params.seed:q}"
                " --replicates {params.replicates:q} {params.target:q} {params.file:q} --device {params.device:q} --log {log:q}"
                " --limit {resources.limit:q} --with-parent"


for study in STUDIES:

    rule:
        name:
            f"simulate_{study}"
        input:
            RAW[study],
