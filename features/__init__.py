"""What an implementation must do, in Japanese Gherkin: a file per article or rule, with the steps beside it.

It stands on sim, virtual_card and conformance, imports nothing of reports, and its steps never judge.
"""
