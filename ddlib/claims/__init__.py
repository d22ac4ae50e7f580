"""The claims of the paper, each with its readings, its evidence and its verdict.

`book/claims.yml` says which stored rows decide a claim, by which statistic, threshold and rule
(`claim`). The rows give a number per setting and data set (`evidence`, `choice`), the numbers a
verdict (`verdict`), and other worlds tell how much of it is due to our own choices (`worlds`).
"""
