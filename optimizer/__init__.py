"""
Planning: which visits to make, when, and by which van.

Pure: no files, calendar, database or web. `problem` holds the inputs, `plan` the outputs, `solve` is the one
way in, `evaluate` judges a plan without asking the engine that made it.
"""
