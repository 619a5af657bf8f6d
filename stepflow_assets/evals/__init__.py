"""What the document flow makes of documents whose truth is known, in scores: ``make eval``, and a Dagster job.

Corpus and truths → the flow, run for real → scores per document → one row per family, held against goals.
"""
