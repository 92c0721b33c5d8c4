"""A service on this machine that any host can ask over HTTP: continue, harmonise, rewrite.

command      what the user typed, checked
wish         what is asked for and what comes of it, as values that cross a pipe
parameters   what can be said beside the music, from the commands' own options
notes        music that is sent as JSON
making       a wish carried out, by the code of the file commands
worker       the process in which that is done, step by step, and what ends it
desk         jobs in a bounded queue, and what is kept of what is done
bodies       what is sent, within its limits; what is asked to come back
gate         who may ask: Host, Origin, token
token_file   the token, in a file that only the user can read
openapi      the description of all this
page         a page that asks and plays
routes       what is answered to whom
server       the service from its first to its last moment
"""
