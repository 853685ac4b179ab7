# Raw replicates -> summaries -> measured claims -> the ledger with its verdicts; and the checks, which need no replicates.


localrules:
    checks,
    summarise,
    measure,
    ledger,
    draw,
    write,


rule checks:
    input:
        marker=standing.marker("checks", "{study}"),
    output:
        multiext("results/checks/{study}", table=".parquet", csv=".csv"),
    log:
        "results/logs/checks/{study}.log",
    conda:
        "../environment.yml"
    params:
        slow=[] if CONFIG["design"] == "smoke" else ["--slow"],
        code=code("checks"),
        file=lambda wildcards: outside.words(wildcards.study),
    message:
        "check the identities of {wildcards.study}"
    shell:
        "dlstats checks {wildcards.study:q} {params.slow:q} {params.file:q} --with-parent 2> {log:q}"


rule summarise:
    input:
        marker=standing.marker("summarise", "{study}"),
        raw=raw,
    output:
        directory("results/summary/{study}"),
    log:
        "results/logs/summarise/{study}.log",
    conda:
        "../environment.yml"
    params:
        config=CONFIG_WORD,
        code=summary_code,
        summary=fingerprints.definitions("dlstats.pipeline.summaries", "summarise"),
    message:
        "summarise {wildcards.study}"
    shell:
        "dlstats summarise {wildcards.study:q} --config {params.config:q} --with-parent 2> {log:q}"


rule measure:
    input:
        marker=standing.marker("measure", "{study}"),
        raw=raw,
        summary=rules.summarise.output,
    output:
        multiext("results/measured/{study}", table=".parquet", csv=".csv"),
    log:
        "results/logs/measure/{study}.log",
    conda:
        "../environment.yml"
    params:
        config=CONFIG_WORD,
        code=code("claims"),
        ledger=fingerprints.definitions("dlstats.pipeline.ledger", "measure"),
        failed_share=CONFIG["failed_share"],
    message:
        "measure the claims of {wildcards.study}"
    shell:
        "dlstats measure {wildcards.study:q} --config {params.config:q} --with-parent 2> {log:q}"


rule ledger:
    input:
        expand("results/measured/{study}.parquet", study=STUDIES),
        marker=standing.marker("ledger"),
        checks=expand("results/checks/{study}.parquet", study=CHECKED),
    output:
        multiext("results/verdicts", table=".parquet", csv=".csv"),
    log:
        "results/logs/ledger.log",
    conda:
        "../environment.yml"
    params:
        config=CONFIG_WORD,
        code=fingerprints.definitions("dlstats.pipeline.ledger", "combine"),
    message:
        "put the ledger together and form the verdicts"
    shell:
        "dlstats ledger --config {params.config:q} --with-parent 2> {log:q}"
