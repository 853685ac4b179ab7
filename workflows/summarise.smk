# Raw replicates -> summaries -> verdicts -> the ledger.


localrules:
    summarise,
    judge,
    ledger,
    draw,
    write,


rule summarise:
    input:
        raw=raw,
    output:
        "results/summary/{study}.csv",
    log:
        "results/logs/summarise/{study}.log",
    conda:
        "../environment.yml"
    params:
        config=CONFIG_WORD,
        code=code("MEASURES"),
        summary=fingerprints.fingerprint("dlstats.pipeline.cells", "summarise"),
    message:
        "summarise {wildcards.study}"
    shell:
        "python -m dlstats summarise {wildcards.study} --config {params.config:q} --output {output:q} 2> {log:q}"


rule judge:
    input:
        raw=raw,
        summary=rules.summarise.output,
    output:
        "results/verdicts/{study}.csv",
    log:
        "results/logs/judge/{study}.log",
    conda:
        "../environment.yml"
    params:
        config=CONFIG_WORD,
        code=code("CLAIMS"),
        ledger=fingerprints.fingerprint("dlstats.pipeline.ledger", "verdicts"),
        failed_share=CONFIG.get("failed_share", 0.1),
    message:
        "judge the claims of {wildcards.study}"
    shell:
        "python -m dlstats judge {wildcards.study} --config {params.config:q} --summary {input.summary:q}"
        " --failed-share {params.failed_share} --output {output:q} 2> {log:q}"


rule ledger:
    input:
        expand("results/verdicts/{study}.csv", study=STUDIES),
    output:
        "results/verdicts.csv",
    log:
        "results/logs/ledger.log",
    conda:
        "../environment.yml"
    params:
        code=fingerprints.fingerprint("dlstats.pipeline.ledger", "combine"),
    message:
        "put the ledger together"
    shell:
        "python -m dlstats ledger {input:q} --output {output:q} 2> {log:q}"
