"""The act of asking for a run: the one entry for every interface. What is asked for is checked here, in one order."""
