"""What the harness plays around an implementation: a scene for each role.

A scene speaks with the implementation through a `Conversation`, plays everybody else, and writes down on the
stage what was asked, what was answered and what was seen. It never judges.
"""
