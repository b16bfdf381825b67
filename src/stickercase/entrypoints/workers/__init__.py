"""The door that nobody knocks at: workers, which perform tasks, and schedulers, which say when."""
