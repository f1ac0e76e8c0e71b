"""`renkei-adapter/1`: how the harness speaks with an implementation under test, whatever carries the words.

`base` has the frame of a message and what an operation is; a module for each role has that role's operations;
`roles` lists them; `conversation` asks and holds the other side to the protocol. The published schema
(`docs/adapter.schema.json`) is generated from these models.
"""
