"""
Agencies' files into a region folder: what they hold is recognised by content, matched to the folder's places, reported.

``reading`` and the modules below it run in a child process with caps (`reader_process`), so that a hostile file costs
an error and no more. What they find (`found`) is text by field; everything is judged again by the parent.
"""
