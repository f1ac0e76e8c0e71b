"""The prose of docs/adapter.md, in Japanese and short English."""

from __future__ import annotations

from typing import Final

BEFORE: Final = """\
# アダプタの作り方 How to write an adapter

This page is printed by `renkei conform protocol` from the harness itself. The protocol is \
`renkei-adapter/1`; \
[adapter.schema.json](adapter.schema.json) is its JSON Schema (`renkei conform protocol --schema`). No \
authority \
issued it.

アダプタは、製品とハーネスをつなぐ小さなプログラムです。標準入力から JSON を1行読み、製品を動かし、\
標準出力に\
 JSON を1行書きます。言語は問いません。

An adapter is a small program between your product and the harness: it reads one line of JSON from \
standard \
input, has the product do it, and writes one line of JSON to standard output. Any language will do.

## 10分で始める In ten minutes

1. ひな形を写します。Copy a skeleton: [Python](adapters/python/adapter.py) or \
[JavaScript](adapters/javascript/adapter.mjs). Both keep a tiny register in memory and know nothing of \
a product.
2. アダプタだけを試します。Test the adapter alone:

   ```
   renkei conform adapter-check --role municipal-system --command 'python3 adapter.py'
   ```

3. 計画を書きます。Write a plan, fill in `[implementation]` and `[adapter]`, and let the doctor look at it:

   ```
   renkei conform init --role municipal-system --out plan.toml
   renkei conform doctor plan.toml
   ```

4. 一つのケースから始めます。Start with one case, then run them all:

   ```
   renkei conform list --role municipal-system
   renkei conform run plan.toml --out first --only JUKI22-01
   renkei conform run plan.toml --out second
   ```

5. ひな形の中身を製品の呼出しに置き換え、できることを `capabilities` に加えていきます。Replace the \
skeleton's \
functions by calls of your product one by one, and declare more capabilities as you go.

正しい相手と見比べるには `renkei conform reference --role municipal-system` を使います。\
同じ行を参照実装に送れます。
To compare with a correct peer, send the same lines to `renkei conform reference --role \
municipal-system` (or \
`--http 8080`).

## 二つの製品を互いに試す Two products against each other

準拠確認ではハーネスが相手方を演じます。相互接続確認では、市区町村側の計画に相手方（入管庁側）の製品を\
書き加えます。ハーネスは両者の間でファイルを運び、回線の異常を起こし、同じケースを判定します。

In a conformance run the harness plays the other end. For an interoperability run (相互接続確認) the plan of \
the \
municipal side names the product at the agency's end; the harness carries files between the two, lets the \
network misbehave, and judges the same cases:

```toml
[partner.implementation]
name = "their server"
version = "2.1"
[partner.adapter]
kind = "http"
url = "https://server.example:8443/renkei"
```

The partner speaks the protocol of the role `ministry-server`. What it did with a record is read off the \
results \
that it sends down. What it does against the protocol fails the case, and the finding says that it was the \
partner. The bundle, the attestation and the certificate name both products.

## 約束 The rules

- One line is one JSON object in UTF-8, ended by a line feed (U+000A). Nothing else goes to standard \
output; write \
logs to standard error, whose end is shown when something goes wrong.
- The harness asks `{"id": 3, "op": "clock", "body": {…}}`. Answer with the same `id`: \
`{"id": 3, "ok": true, "body": {…}}`. One request is open at a time.
- What you do not have: `{"id": 3, "ok": false, "code": "unsupported", "message": "why"}`. What failed: \
`"code": "fault"`. Then go on: the next request comes.
- Before it answers, an implementation may ask the harness for something, `{"id": 3, "call": \
"transmit", "body": \
{…}}`; it is told `{"id": 3, "result": {…}}`. Only roles that say so have calls.
- `hello` is the first word and declares capabilities: names from the role's list, no others. \
Operations of a \
capability that is not declared are never asked for; cases that need it do not apply, or fail as not \
testable \
when the profile has it as mandatory.
- `reset` gives a fresh system at an instant, as if nothing had ever happened. `clock` lets time pass: \
whatever is \
due before the instant happens. `bye` is the last word; then the program ends with exit code 0.
- 日時を設定できない製品は `clock.settable` を宣言せず、`hello` の答えに `now` を書きます。\
固定の日付に立つケースは\
失われ、一覧に載ります。 A product whose clock cannot be set leaves `clock.settable` out and gives \
`now` in its \
answer to `hello`. Cases that stand on fixed days are lost then, and listed.
- Fields and values that the schema does not have are a breach. A field with `?` may be left out. \
Instants carry \
their offset (`2026-06-03T18:00:00+09:00`), days are `2026-06-03`, bytes are base64.

## つなぎ方 Kinds of adapter

| kind | 何 | what |
|---|---|---|
| `command` | 標準入出力で話すプログラム。シェルは使わず、計画のフォルダで起動する | a program over \
standard input and \
output, started without a shell in the plan's folder |
| `http` | 一つのURLへの POST。本文が1行に当たる | POST to one URL; a body is a line. Redirections are \
refused |
| `folder` | 作業者が立ち会う。`requests/` の指示を行い、`answers/` に答えを置く | an operator reads \
`requests/NNNNNN-OP.txt`, does it, completes `drafts/NNNNNN-OP.json` and puts it into `answers/`; files \
go through \
`inbox/` and `outbox/` |
| `builtin` | 内蔵の参照実装 | the built-in reference, to see how it goes |

`renkei conform init` explains every setting. Secrets are references only: `{env = "NAME"}` or `{file = \
"path"}`. \
Of the caller's variables, those that change Python or pytest (`PYTHONPATH`, `PYTEST_…`) are not passed \
on; set \
them in `[adapter] env`.

誰の責任か Whose fault: an adapter that answers late, ends, floods or breaks the protocol is a breach \
of the \
implementation (FAIL). A program that cannot be started, a folder that cannot be written or an address \
that cannot \
be reached is a fault of the environment (exit code 2, or INCONCLUSIVE).
"""

BASELINE: Final = """\
version = 1
role = "municipal-system"

[[expected]]
case = "JUKI22-01"
check = "deemed"
verdict = "FAIL"
reason = "issue 128, to be mended in release 4"

[[flaky]]
case = "JUKI18-01"
check = "one_session"
reason = "the test system changes sessions at noon"
until = 2027-03-31
"""
"""A baseline with every key."""

AFTER: Final = f"""\
結果の一式には、ケースごとの記録（`journals/`）、判定（`verdicts.json`）と計画が入ります。中断しても、\
それまでの分は残ります。
The bundle holds the journal of each case, the verdicts and the plan. A run that is interrupted, or \
whose time \
(`[limits] run`) is over, keeps what it has; the rest is NOT_RUN.

## 基準ファイル The baseline

既に分かっている不適合を製品の側のリポジトリに書いておくと、`--gate baseline` は、それと違うことが\
起きたときだけ終了コード7で終わります。判定そのものは変わりません。\
計画の `[baseline]` に `path = "baseline.toml"` と書きます。

What is already known to be wrong stands in a file in your own repository, in TOML or JSON; with `--gate \
baseline` a \
run ends with 0 if it came out just so, and with 7 otherwise. No verdict changes by it. Name the file in \
the plan: \
`path = "baseline.toml"` under `[baseline]`.

```toml
{BASELINE}```

| key | 意味 | meaning |
|---|---|---|
| `version`, `role` | 1。計画と同じ役割 | 1; the role of the plan |
| `[[expected]]` | 起きると分かっている判定 | a verdict that is known to come |
| `case` | ケースのid（`verdicts.json` の `case`） | the id of the case, as `case` in `verdicts.json` |
| `check` | 検査のid。実行されないケースでは空 | the id of the check; left out for a case that is not run |
| `verdict` | 判定。省略するとFAIL | the verdict; FAIL if left out |
| `reason` | 理由。`[[expected]]` では省略できる | why; may be left out in `[[expected]]` |
| `[[flaky]]` | 起きたり起きなかったりするもの | what comes and goes |
| `until` | それを認める最後の日。必須 | the last day on which that is tolerated; it must be given |

Besides failures that no entry has, four things end with 7, and the run says what to do: an entry whose \
verdict no \
longer comes (delete it, so that it cannot hide the next failure), an entry of a case that does not exist, \
a `[[flaky]]` \
entry after its last day, and INCONCLUSIVE or NOT_RUN that no entry has. WARN and REVIEW need no entry. \
`--on \
2026-06-03` reads the file as on that day.
"""
