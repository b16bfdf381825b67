"""One file a revision, named for what it brings; a landed one is never changed."""
