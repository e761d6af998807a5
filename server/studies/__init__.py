"""Studies: many runs without viewers, in the background, of which only a few numbers are kept.

A study trains every one of its configurations with every one of its seeds, and measures the same quantities of each at
the same points. Its jobs are done on the threads that train the runs people watch, where these leave time
(`server.scheduler.Background`), and give the same numbers however they are cut into slices.
"""
