"""What must survive a power cut: one SQLite database, one file here per thing kept."""
