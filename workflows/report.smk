# Summaries and verdicts -> figures, tables, the document; and the targets of families and studies.


rule draw:
    input:
        marker=standing.marker("draw", "{study}"),
        raw=raw,
        summary=rules.summarise.output,
        measured="results/measured/{study}.parquet",
    output:
        figures=directory("reports/figures/{study}"),
        tables=directory("reports/tables/{study}"),
    log:
        "results/logs/draw/{study}.log",
    conda:
        "../environment.yml"
    params:
        config=CONFIG_WORD,
        code=code("figures"),
        labels=code("experiments"),
        report=fingerprints.definitions("dlstats.report.drawing", "draw"),
    message:
        "draw {wildcards.study}"
    shell:
        "dlstats draw {wildcards.study:q} --config {params.config:q} --with-parent 2> {log:q}"


rule write:
    input:
        rules.ledger.output,
        expand("reports/figures/{study}", study=STUDIES),
        marker=standing.marker("write"),
        config=settings.files(CONFIG_FILE),
    output:
        pdf="reports/dlstats.pdf",
        html=directory("reports/html"),
        record="reports/dlstats.json",
    log:
        "results/logs/write.log",
    conda:
        "../environment.yml"
    params:
        config=lambda wildcards: CONFIG_WORD,
        report=fingerprints.definitions("dlstats.report.build", "write"),
        assets=origins.assets_digest(),
    message:
        "write the report"
    shell:
        "dlstats write --config {params.config:q} --with-parent > {log:q} 2>&1"


rule report:
    input:
        rules.write.output,


for study in STUDIES:

    rule:
        name:
            study
        input:
            f"results/measured/{study}.parquet",
            f"reports/figures/{study}",
            [f"results/checks/{study}.parquet"] if study in CHECKED else [],


for family in FAMILIES:

    rule:
        name:
            family
        input:
            expand("results/measured/{study}.parquet", study=FAMILIES[family]),
            expand("reports/figures/{study}", study=FAMILIES[family]),
            [f"results/checks/{study}.parquet" for study in FAMILIES[family] if study in CHECKED],
