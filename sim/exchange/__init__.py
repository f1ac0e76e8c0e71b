"""The exchange profile: records, batches, their bytes, the envelope, and the sum that must be zero.

Pure functions over values and bytes. Imports base and law, nothing above.
"""
