# Summaries and verdicts -> figures, tables, the document; and the targets of families and studies.


rule draw:
    input:
        raw=raw,
        summary=rules.summarise.output,
        verdicts="results/verdicts/{study}.csv",
    output:
        figures=directory("reports/figures/{study}"),
        tables=directory("reports/tables/{study}"),
    log:
        "results/logs/draw/{study}.log",
    conda:
        "../environment.yml"
    params:
        config=CONFIG_WORD,
        code=code("FIGURES"),
        report=fingerprints.digest("dlstats.report.figures", "dlstats.report.tables"),
    message:
        "draw {wildcards.study}"
    shell:
        "python -m dlstats draw {wildcards.study} --config {params.config:q} --summary {input.summary:q}"
        " --verdicts {input.verdicts:q} 2> {log:q}"


rule write:
    input:
        rules.ledger.output,
        expand("reports/figures/{study}", study=STUDIES),
        config=CONFIG_FILE,
    output:
        pdf="reports/dlstats.pdf",
        html="reports/dlstats.html",
    log:
        "results/logs/write.log",
    conda:
        "../environment.yml"
    params:
        report=fingerprints.digest("dlstats.report.build"),
        assets=fingerprints.assets_digest(),
    message:
        "write the report"
    shell:
        "python -m dlstats write --config {input.config:q} > {log:q} 2>&1"


rule report:
    input:
        rules.write.output,


for study in STUDIES:

    rule:
        name:
            study
        input:
            f"results/verdicts/{study}.csv",
            f"reports/figures/{study}",


for family in FAMILIES:

    rule:
        name:
            family
        input:
            expand("results/verdicts/{study}.csv", study=FAMILIES[family]),
            expand("reports/figures/{study}", study=FAMILIES[family]),
