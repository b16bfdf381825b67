"""Pictures in S3, or in a folder of this machine: one library for both."""
