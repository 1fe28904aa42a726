"""Operations on accounts, groups, object permissions and tokens. Each records a fact; none asks who may call it.

`by` is the person who does it; None is the installation itself: its first start, or whoever has its command line.
"""
