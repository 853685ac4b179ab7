"""Configurations that are wrong in one place each, and the one line that each must get.

A case is a text of the valid configuration, what stands in its place, and the message, which names the key, what was
required and what came.
"""

from __future__ import annotations

import dataclasses

from cases import toy
from dlstats.protocol.factor import Factor
from dlstats.protocol.study import Study, grid

LEVELS = {"n": 20, "sd": 1.0, "noise": "normal", "tag": "a"}
STUDY: Study = dataclasses.replace(
    toy.STUDY,
    claims=(),
    experiments={
        "samples": dataclasses.replace(
            toy.SAMPLES,
            factors={
                **toy.SAMPLES.factors,
                "noise": Factor("noise", str, levels={"normal": "normal", "None": "none", "NA": "not asked"}),
                "tag": Factor("tag", str),
                "paired": Factor("paired", bool, default=False),
            },
        )
    },
    designs={"smoke": grid(**LEVELS, replicates=3)},
)
"""The toy with a factor of every type."""

VALID = """\
design: smoke
seed: 1
device: cpu
failed_share: 0.1
job_limit: 60
limits: {cells: 1000, replicates: 100000, core_hours: 1.5}
studies: [toy]
overrides:
  toy:
    samples:
    - levels: {n: [20, 40], sd: 1.0, noise: normal, tag: a, paired: false}
      replicates: 3
      target: {measure: loss, mcse: 0.1, at_most: 12}
"""
END = "at_most: 12}\n"
ENTRY = "overrides.toy.samples.0"
WHOLE, NUMBER, TEXT, TRUTH = "must be a whole number", "must be a number", "must be a text", "must be true or false"
LEVEL = "must be a number, a text, true or false, or a list of at least one of these"
KEYS = "the keys are `design`, `seed`, `device`, `failed_share`, `job_limit`, `studies`, `limits`, `overrides`."
HUGE = "9" * 5000

# fmt: off
YAML = [
    ("seed: 1", "seed: 1\nseed: 2", "is not YAML: line 3: the key 'seed' must be given once, got it again."),
    ("job_limit: 60", "job_limit: 60\njob_limit: 60", "line 6: the key 'job_limit' must be given once"),
    ("  toy:\n", "  toy: {}\n  toy:\n", "line 10: the key 'toy' must be given once"),
    ("{n: [20, 40],", "{n: 20, n: 40,", "line 11: the key 'n' must be given once"),
    ("      replicates: 3", "      replicates: 3\n      replicates: 4", "line 13: the key 'replicates' must be given"),
    ("mcse: 0.1,", "mcse: 0.1, mcse: 0.2,", "line 13: the key 'mcse' must be given once"),
    ("seed: 1", "seed: [1", "is not YAML: line 3: while parsing a flow sequence, expected ',' or ']', but got ':'."),
    ("seed: 1", "seed: 'x", "is not YAML: line"),
    ("seed: 1", "seed: 1\n\tdevice: cpu", "is not YAML: line 3: while scanning for the next token, found character"),
    ("seed: 1", "seed: \x00", "is not YAML: unacceptable character #x0000"),
    ("seed: 1", "seed: !!python/object/apply:os.system [ls]", "line 2: could not determine a constructor for the tag"),
    ("seed: 1", "seed: !!binary aGk=", "line 2: could not determine a constructor for the tag"),
    ("seed: 1", "seed: !!int x", "line 2: no int that can be read: 'x'."),
    ("seed: 1", f"seed: {HUGE}", "line 2: no int that can be read: '999"),
    ("seed: 1", "seed: 0x" + "F" * 5000, "line 2: no int that can be read: '0xFFF"),
    ("seed: 1", "seed: 1\n---\nseed: 2", "line 3: expected a single document in the stream, but found another document"),
    ("seed: 1", "seed: *one", "line 2: found undefined alias 'one'"),
    ("seed: 1", "seed: 1\n? [a]\n: b", "line 3: while constructing a mapping, found unhashable key."),
    ("seed: 1", "seed: " + "[" * 3000, "is not YAML: it is nested too deeply."),
    ("seed: 1", "- seed: 1", "is not YAML: line 2:"),
    (VALID, "", "the configuration: must be a mapping of keys to values, got None."),
    (VALID, "- 1\n- 2", "the configuration: must be a mapping of keys to values, got [1, 2]."),
    (VALID, "just words", "the configuration: must be a mapping of keys to values, got 'just words'."),
    (VALID, "3", "the configuration: must be a mapping of keys to values, got 3."),
    ("seed: 1", "<<: {seed: 1}", f"the configuration: has no key `<<`; {KEYS}"),
    ("seed: 1", "seed: 2:00", f"seed: {WHOLE}, got '2:00'."),
    ("seed: 1", "seed: 1_000", f"seed: {WHOLE}, got '1_000'."),
    ("seed: 1", "seed: no", f"seed: {WHOLE}, got 'no'."),
    ("seed: 1", "seed: 2026-01-01", f"seed: {WHOLE}, got '2026-01-01'."),
    ("seed: 1", "seed: 0b11", f"seed: {WHOLE}, got '0b11'."),
    ("paired: false", "paired: no", f"{ENTRY}: `paired` {TRUTH}, got 'no'."),
    ("noise: normal", "noise: null", f"{ENTRY}.levels.noise: {LEVEL}, got None."),
    ("noise: normal", "noise: ~", f"{ENTRY}.levels.noise: {LEVEL}, got None."),
    ("noise: normal", "noise:", f"{ENTRY}.levels.noise: {LEVEL}, got None."),
]
KEYS_OF_ALL = [
    ("seed: 1\n", "", "the configuration: must have `seed`."),
    ("design: smoke\n", "", "the configuration: must have `design`."),
    ("seed: 1", "sead: 1", f"the configuration: has no key `sead`; {KEYS} Did you mean `seed`?"),
    ("seed: 1", "seed: 1\nreplicates: 3", f"the configuration: has no key `replicates`; {KEYS}"),
    ("seed: 1", "seed: 1\n1: 2", "the configuration: must have texts as keys, got 1."),
    ("seed: 1", "seed: 1\ntrue: 2", "the configuration: must have texts as keys, got True."),
    ("seed: 1", "seed: x", f"seed: {WHOLE}, got 'x'."),
    ("seed: 1", "seed: '1'", f"seed: {WHOLE}, got '1'."),
    ("seed: 1", "seed: 1.0", f"seed: {WHOLE}, got 1.0."),
    ("seed: 1", "seed: 1e3", f"seed: {WHOLE}, got 1000.0."),
    ("seed: 1", "seed: true", f"seed: {WHOLE}, got True."),
    ("seed: 1", "seed: -1", "seed: must be at least 0, got -1."),
    ("seed: 1", "seed: .nan", f"seed: {WHOLE}, got nan."),
    ("seed: 1", "seed: []", f"seed: {WHOLE}, got []."),
    ("seed: 1", "seed:", f"seed: {WHOLE}, got None."),
    ("seed: 1", f"seed: {10**30}", f"seed: must be less than {2**63:,}, got {10**30}."),
    ("seed: 1", f"seed: {2**63}", f"seed: must be less than {2**63:,}, got {2**63}."),
    ("design: smoke", "design: smokey", "design: must be one of `smoke`, `standard` or `paper`, got 'smokey'. Did you"),
    ("design: smoke", "design: [smoke]", "design: must be one of `smoke`, `standard` or `paper`, got ['smoke']."),
    ("design: smoke", "design: 1", "design: must be one of `smoke`, `standard` or `paper`, got 1."),
    ("design: smoke", "design: SMOKE", "design: must be one of `smoke`, `standard` or `paper`, got 'SMOKE'."),
    ("device: cpu", "device: gpu", "device: must be one of `auto`, `cpu` or `cuda`, got 'gpu'."),
    ("device: cpu", "device:", "device: must be one of `auto`, `cpu` or `cuda`, got None."),
    ("failed_share: 0.1", "failed_share: .nan", "failed_share: must be a finite number, got nan."),
    ("failed_share: 0.1", "failed_share: .inf", "failed_share: must be a finite number, got inf."),
    ("failed_share: 0.1", "failed_share: 2", "failed_share: must be at most 1, got 2."),
    ("failed_share: 0.1", "failed_share: -0.1", "failed_share: must be at least 0, got -0.1."),
    ("failed_share: 0.1", "failed_share: '0.1'", f"failed_share: {NUMBER}, got '0.1'."),
    ("failed_share: 0.1", "failed_share: 10%", f"failed_share: {NUMBER}, got '10%'."),
    ("failed_share: 0.1", "failed_share: 0,1", f"failed_share: {NUMBER}, got '0,1'."),
    ("failed_share: 0.1", "failed_share: true", f"failed_share: {NUMBER}, got True."),
    ("failed_share: 0.1", "failed_share: {}", f"failed_share: {NUMBER}, got {{}}."),
    ("job_limit: 60", "job_limit: 0", "job_limit: must be greater than 0, got 0."),
    ("job_limit: 60", "job_limit: -5", "job_limit: must be greater than 0, got -5."),
    ("job_limit: 60", "job_limit: .inf", "job_limit: must be a finite number, got inf."),
    ("job_limit: 60", "job_limit: 1e400", "job_limit: must be a finite number, got inf."),
    ("job_limit: 60", "job_limit: 1e300", "job_limit: must be at most 31,536,000, got 1e+300."),
    ("job_limit: 60", "job_limit: 2:00:00", f"job_limit: {NUMBER}, got '2:00:00'."),
    ("job_limit: 60", "job_limit: 2h", f"job_limit: {NUMBER}, got '2h'."),
    ("limits: {cells: 1000", "limits: {cell: 1000", "limits: has no key `cell`; the keys are `cells`, `replicates`, `core"),
    ("limits: {cells: 1000", "limits: {cells: 0", "limits.cells: must be at least 1, got 0."),
    ("limits: {cells: 1000", "limits: {cells: 1e3", f"limits.cells: {WHOLE}, got 1000.0."),
    ("limits: {cells: 1000", "limits: {cells: all", f"limits.cells: {WHOLE}, got 'all'."),
    ("limits: {cells: 1000", f"limits: {{cells: {10**30}", f"limits.cells: must be less than {2**63:,}, got {10**30}."),
    ("core_hours: 1.5", "core_hours: .nan", "limits.core_hours: must be a finite number, got nan."),
    ("core_hours: 1.5", "core_hours: 0", "limits.core_hours: must be greater than 0, got 0."),
    ("limits: {cells: 1000, replicates: 100000, core_hours: 1.5}", "limits: 3", "limits: must be a mapping of keys to"),
    ("studies: [toy]", "studies: []", "studies: must name one study at least, or be `all`."),
    ("studies: [toy]", "studies: some", "studies: must be `all` or a list of studies, by name or by file, got 'some'."),
    ("studies: [toy]", "studies:", "studies: must be `all` or a list of studies, by name or by file, got None."),
    ("studies: [toy]", "studies: 3", "studies: must be `all` or a list of studies, by name or by file, got 3."),
    ("studies: [toy]", "studies: {toy: 1}", "studies: must be `all` or a list of studies, by name or by file, got {'toy': 1}."),
    ("studies: [toy]", "studies: [toi]", "studies: there is no study `toi`. Did you mean `toy`?"),
    ("studies: [toy]", "studies: [toy, toy]", "studies: `toy` must be named once, got 2 times."),
    ("studies: [toy]", "studies: [1]", "studies: must be `all` or a list of studies, by name or by file, got [1]."),
    ("studies: [toy]", "studies: [null]", "studies: must be `all` or a list of studies, by name or by file, got [None]."),
    ("studies: [toy]", "studies: [[toy]]", "studies: must be `all` or a list of studies, by name or by file, got [['toy']]."),
    ("studies: [toy]", "studies: ['{toy}']", "studies: there is no study `{toy}`."),
]
OVERRIDES = [
    ("  toy:\n", "  toi:\n", "overrides: there is no study `toi`. Did you mean `toy`?"),
    ("  toy:\n", "  1:\n", "overrides: must have texts as keys, got 1."),
    ("    samples:\n", "    sample:\n", "overrides.toy: has no experiment `sample`. Did you mean `samples`?"),
    (END, END + "  other: {}\n", "overrides: there is no study `other`."),
    (VALID.partition("overrides:")[2], " 3\n", "overrides: must be a mapping of keys to values, got 3."),
    (VALID.partition("overrides:")[2], " [toy]\n", "overrides: must be a mapping of keys to values, got ['toy']."),
    (VALID.partition("  toy:\n")[2], "    3\n", "overrides.toy: must be a mapping of keys to values, got 3."),
    (VALID.partition("    samples:\n")[2], "      []\n", "overrides.toy.samples: must have at least one entry, got []."),
    (VALID.partition("    samples:\n")[2], "      {}\n", "overrides.toy.samples: must be a list, got {}."),
    (VALID.partition("    samples:\n")[2], "    - 3\n", f"{ENTRY}: must be a mapping of keys to values, got 3."),
    (VALID.partition("    samples:\n")[2], "    - {}\n", f"{ENTRY}: must have `replicates`."),
    ("      replicates: 3\n", "", f"{ENTRY}: must have `replicates`."),
    ("      replicates: 3", "      repliactes: 3", f"{ENTRY}: has no key `repliactes`; the keys are"),
    ("      replicates: 3", "      replicates: 3\n      seed: 4", f"{ENTRY}: has no key `seed`; the keys are `levels`,"),
    ("replicates: 3", "replicates: 0", f"{ENTRY}.replicates: must be at least 1, got 0."),
    ("replicates: 3", "replicates: -5", f"{ENTRY}.replicates: must be at least 1, got -5."),
    ("replicates: 3", "replicates: 2.0", f"{ENTRY}.replicates: {WHOLE}, got 2.0."),
    ("replicates: 3", "replicates: 2.5", f"{ENTRY}.replicates: {WHOLE}, got 2.5."),
    ("replicates: 3", "replicates: 1e1", f"{ENTRY}.replicates: {WHOLE}, got 10.0."),
    ("replicates: 3", "replicates: '3'", f"{ENTRY}.replicates: {WHOLE}, got '3'."),
    ("replicates: 3", "replicates: true", f"{ENTRY}.replicates: {WHOLE}, got True."),
    ("replicates: 3", "replicates: [3]", f"{ENTRY}.replicates: {WHOLE}, got [3]."),
    ("replicates: 3", "replicates: .inf", f"{ENTRY}.replicates: {WHOLE}, got inf."),
    ("replicates: 3", f"replicates: {10**30}", f"{ENTRY}.replicates: must be less than {2**63:,}, got {10**30}."),
    ("mcse: 0.1, ", "", f"{ENTRY}.target: must have `mcse`."),
    (", at_most: 12", "", f"{ENTRY}.target: must have `at_most`."),
    ("measure: loss, ", "", f"{ENTRY}.target: must have `measure`."),
    ("measure: loss", "measur: loss", f"{ENTRY}.target: has no key `measur`; the keys are `measure`, `mcse`, `at_most`."),
    ("mcse: 0.1", "mcse: 0.1, until: 3", f"{ENTRY}.target: has no key `until`; the keys are `measure`, `mcse`, `at_mo"),
    ("{measure: loss, mcse: 0.1, at_most: 12}", "loss", f"{ENTRY}.target: must be a mapping of keys to values, got 'loss'."),
    ("{measure: loss, mcse: 0.1, at_most: 12}", "[loss, 0.1, 12]", f"{ENTRY}.target: must be a mapping of keys to values"),
    ("measure: loss", "measure: los", f"{ENTRY}: `target.measure` must be one of error, loss, got 'los'. Did you mean `lo"),
    ("measure: loss", "measure: seconds", f"{ENTRY}: `target.measure` must be one of error, loss, got 'seconds'."),
    ("measure: loss", "measure: ''", f"{ENTRY}: `target.measure` must be one of error, loss, got ''."),
    ("measure: loss", "measure: '{loss}'", f"{ENTRY}: `target.measure` must be one of error, loss, got '{{loss}}'."),
    ("measure: loss", "measure: '$(touch PWNED)x'", f"{ENTRY}: `target.measure` must be one of error, loss, got '$(tou"),
    ("measure: loss", "measure: 3", f"{ENTRY}.target.measure: {TEXT}, got 3."),
    ("measure: loss", "measure: [loss]", f"{ENTRY}.target.measure: {TEXT}, got ['loss']."),
    ("mcse: 0.1", "mcse: 0", f"{ENTRY}.target.mcse: must be greater than 0, got 0."),
    ("mcse: 0.1", "mcse: -1", f"{ENTRY}.target.mcse: must be greater than 0, got -1."),
    ("mcse: 0.1", "mcse: .nan", f"{ENTRY}.target.mcse: must be a finite number, got nan."),
    ("mcse: 0.1", "mcse: '0.1'", f"{ENTRY}.target.mcse: {NUMBER}, got '0.1'."),
    ("mcse: 0.1", "mcse: true", f"{ENTRY}.target.mcse: {NUMBER}, got True."),
    ("at_most: 12", "at_most: 2", f"{ENTRY}: `target.at_most` must be at least `replicates`, 3, got 2."),
    ("at_most: 12", "at_most: 0", f"{ENTRY}.target.at_most: must be at least 1, got 0."),
    ("at_most: 12", "at_most: 12.0", f"{ENTRY}.target.at_most: {WHOLE}, got 12.0."),
    ("at_most: 12", f"at_most: {10**40}", f"{ENTRY}.target.at_most: must be less than {2**63:,}, got {10**40}."),
]
FACTORS = [
    ("n: [20, 40], ", "", f"{ENTRY} needs the factor `n`, got `sd`, `noise`, `tag`, `paired`."),
    ("{n: [20, 40], sd: 1.0, noise: normal, tag: a, paired: false}", "{}", f"{ENTRY} needs the factor `n`, `sd`, `noi"),
    ("{n: [20, 40], sd: 1.0, noise: normal, tag: a, paired: false}", "3", f"{ENTRY}.levels: must be a mapping of keys to"),
    ("{n: [20, 40], sd: 1.0, noise: normal, tag: a, paired: false}", "[n]", f"{ENTRY}.levels: must be a mapping of keys"),
    ("sd: 1.0", "sd: 1.0, m: 3", f"{ENTRY} has no factor `m`; its factors are `n`, `sd`, `noise`, `tag`, `paired`."),
    ("sd: 1.0", "sdd: 1.0", f"{ENTRY} has no factor `sdd`; its factors are `n`, `sd`, `noise`, `tag`, `paired`. Did you"),
    ("sd: 1.0", "sd: 1.0, 1: 2", f"{ENTRY}.levels: must have texts as keys, got 1."),
    ("sd: 1.0", "sd: 1.0, replicates: 2", f"{ENTRY} has no factor `replicates`;"),
    ("n: [20, 40]", "n: []", f"{ENTRY}.levels.n: {LEVEL}, got []."),
    ("n: [20, 40]", "n: null", f"{ENTRY}.levels.n: {LEVEL}, got None."),
    ("n: [20, 40]", "n: [20, null]", f"{ENTRY}.levels.n: {LEVEL}, got [20, None]."),
    ("n: [20, 40]", "n: {from: 20}", f"{ENTRY}.levels.n: {LEVEL}, got {{'from': 20}}."),
    ("n: [20, 40]", "n: [[20]]", f"{ENTRY}.levels.n: {LEVEL}, got [[20]]."),
    ("n: [20, 40]", "n: [20, 20]", f"{ENTRY}: every condition must be given once, got twice: n=20,sd=1.0"),
    ("n: [20, 40]", "n: 1", f"{ENTRY}: `n` must be at least 2, got 1."),
    ("n: [20, 40]", "n: many", f"{ENTRY}: `n` {WHOLE}, got 'many'."),
    ("n: [20, 40]", "n: '20'", f"{ENTRY}: `n` {WHOLE}, got '20'."),
    ("n: [20, 40]", "n: 20.0", f"{ENTRY}: `n` {WHOLE}, got 20.0."),
    ("n: [20, 40]", "n: 2e1", f"{ENTRY}: `n` {WHOLE}, got 20.0."),
    ("n: [20, 40]", "n: [20, true]", f"{ENTRY}: `n` {WHOLE}, got True."),
    ("n: [20, 40]", f"n: {10**30}", f"{ENTRY}: `n` must lie within 2^63, got {10**30}."),
    ("n: [20, 40]", f"n: -{2**63}", f"{ENTRY}: `n` must lie within 2^63, got -{2**63}."),
    ("n: [20, 40]", "n: $(ls)", f"{ENTRY}: `n` {WHOLE}, got '$(ls)'."),
    ("n: [20, 40]", "n: range(20)", f"{ENTRY}: `n` {WHOLE}, got 'range(20)'."),
    ("sd: 1.0", "sd: 0", f"{ENTRY}: `sd` must be above 0, got 0."),
    ("sd: 1.0", "sd: -0.0", f"{ENTRY}: `sd` must be above 0, got -0.0."),
    ("sd: 1.0", "sd: -1", f"{ENTRY}: `sd` must be above 0, got -1."),
    ("sd: 1.0", "sd: [1, true]", f"{ENTRY}: `sd` {NUMBER}, got True."),
    ("sd: 1.0", "sd: [1, 1.0]", f"{ENTRY}: every condition must be given once, got twice: n=20,sd=1.0"),
    ("sd: 1.0", "sd: '1'", f"{ENTRY}: `sd` {NUMBER}, got '1'."),
    ("sd: 1.0", "sd: .nan", f"{ENTRY}: `sd` {NUMBER}, got nan."),
    ("sd: 1.0", "sd: .inf", f"{ENTRY}: `sd` {NUMBER}, got inf."),
    ("sd: 1.0", "sd: 1e999", f"{ENTRY}: `sd` {NUMBER}, got inf."),
    ("sd: 1.0", f"sd: {2**53}", f"{ENTRY}: `sd` must lie within 2^53 when it is written as a whole number, got {2**53}."),
    ("sd: 1.0", "sd: 1.0.0", f"{ENTRY}: `sd` {NUMBER}, got '1.0.0'."),
    ("sd: 1.0", "sd: 1/2", f"{ENTRY}: `sd` {NUMBER}, got '1/2'."),
    ("noise: normal", "noise: norml", f"{ENTRY}: `noise` must be one of normal, None, NA, got 'norml'. Did you mean `norm"),
    ("noise: normal", "noise: none", f"{ENTRY}: `noise` must be one of normal, None, NA, got 'none'."),
    ("noise: normal", "noise: 3", f"{ENTRY}: `noise` must be a word, got 3."),
    ("noise: normal", "noise: true", f"{ENTRY}: `noise` must be a word, got True."),
    ("noise: normal", "noise: [None, None]", f"{ENTRY}: every condition must be given once, got twice: n=20,sd=1.0,noi"),
    ("tag: a", "tag: a b", f"{ENTRY}: Factor `tag` must have finite numbers, booleans, or words of the characters A-Z"),
    ("tag: a", "tag: ''", f"{ENTRY}: Factor `tag` must have finite numbers, booleans, or words of the characters A-Z"),
    ("tag: a", "tag: a/b", "or words of the characters A-Z a-z 0-9 _ . + - as levels, got 'a/b'."),
    ("tag: a", "tag: '{a}'", "or words of the characters A-Z a-z 0-9 _ . + - as levels, got '{a}'."),
    ("tag: a", "tag: 'a,b=c'", "or words of the characters A-Z a-z 0-9 _ . + - as levels, got 'a,b=c'."),
    ("tag: a", 'tag: "a\\nb"', "or words of the characters A-Z a-z 0-9 _ . + - as levels, got 'a\\nb'."),
    ("tag: a", "tag: é", "or words of the characters A-Z a-z 0-9 _ . + - as levels, got 'é'."),
    ("tag: a", "tag: $(touch PWNED)", "or words of the characters A-Z a-z 0-9 _ . + - as levels, got '$(touch PWNED)'."),
    ("tag: a", "tag: '`touch PWNED`'", "or words of the characters A-Z a-z 0-9 _ . + - as levels, got '`touch PWNED`'."),
    ("tag: a", f"tag: {'x' * 300}", f"{ENTRY}: a cell's id must have at most 247 characters, got 3"),
    ("paired: false", "paired: 0", f"{ENTRY}: `paired` {TRUTH}, got 0."),
    ("paired: false", "paired: 'false'", f"{ENTRY}: `paired` {TRUTH}, got 'false'."),
    ("paired: false", "paired: [false, false]", f"{ENTRY}: every condition must be given once, got twice: n=20,sd=1.0,no"),
    (END, END + "    - {levels: {tag: a, noise: normal, sd: 1, n: 40}, replicates: 3}\n", "overrides.toy.samples.1: every"),
]
SIZES = [
    ("replicates: 3", "replicates: 1000000000", "the configuration: 2 cells with 2,000,000,000 replicates, about 55,556 core"),
    ("n: [20, 40]", f"n: {list(range(2, 1003))}", "the configuration: 1,001 cells with 12,012 replicates, about 0 core h"),
    ("at_most: 12", "at_most: 100000", "the configuration: 2 cells with 200,000 replicates, about 6 core hours, most of the"),
    ("replicates: 100000, core_hours: 1.5", "core_hours: 0.0001", "more than `limits.core_hours` allows, 0.0001; to run it"),
    (
        "{n: [20, 40], sd: 1.0, noise: normal, tag: a, paired: false}",
        "{" + ", ".join(f"{name}: {list(range(2, 102))}" for name in ("n", "sd", "noise", "tag", "paired")) + "}",
        "10,000,000,000 cells with 120,000,000,000 replicates, about 3,333,333 core hours, most of them in toy.samples: more "
        "than `limits.cells` allows, 1,000; to run it all the same, write `limits: {cells: ...}` with a larger number",
    ),
]
CASES = [*YAML, *KEYS_OF_ALL, *OVERRIDES, *FACTORS, *SIZES]
