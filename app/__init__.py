"""The companion as an app for machines without Python: ``python -m app`` builds it, for the system that it runs on.

__main__   the command: an environment of its own, PyInstaller, what came of it
chorale    the .spec that PyInstaller reads: what is in the app, and what is not
start      the first lines of the app, in the place of the command ``chorale``
opened     what a double click means
smoke      an app tried in a minute, on any system
archive    the folder as one file, and what is counted of it
cold       how long the app takes to its first frame when none of it is in memory
"""
