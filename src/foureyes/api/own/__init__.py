"""Our own addresses below `/api/`, beside those of 1.x: runs as they are, their streams, workers, rights and facts."""
