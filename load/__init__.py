"""Load tests of the batch exchange. It stands on sim and virtual_card and imports nothing of reports.

What a test is (`shapes`, `municipalities`, `volumes`, `plan`), what is sent (`keys`, `payloads`), who sends
it (`endpoints`, `engine`), what starts, watches and adds up (`orchestration`), and what came of it
(`results`, `rates`, `thresholds`). Reports read `load.results` and nothing else.
"""
