"""Dramatiq over Redis: messages that carry a task's id, and the threads that act upon them."""
