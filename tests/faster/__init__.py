"""``python -m tests.faster REVISION``: whether frames take less time than they took."""
