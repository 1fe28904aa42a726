"""People: accounts, groups, tokens and object permissions, and the one answer to "may this person do that?"."""
