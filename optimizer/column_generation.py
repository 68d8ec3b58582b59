"""
The proving engine: column generation over the routes of shift classes, with a bound that holds at any time.

The run goes: first routes; columns until no route improves the linear program, which gives the bound; subset-row cuts
while they tighten it; the best choice among the columns; then every route whose reduced value is within the gap
(Baldacci, Christofides & Mingozzi 2008, doi 10.1007/s10107-007-0178-5): with all of them in, the best choice is the best
plan. Each step leaves a plan and a bound behind, so the run can end between any two of them.
"""
