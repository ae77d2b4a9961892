"""What happened: lines in memory and in files, errors that nobody foresaw, and what a crash has left."""
