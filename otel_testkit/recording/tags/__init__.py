"""
What a run can say about itself without being told: its CI, its commit.
"""
