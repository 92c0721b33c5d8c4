"""A blind listening test: people hear excerpts on one page and say which are Bach's.

places       where in which held-out piece
trials       the music that is heard there
sealing      names that tell nothing
answers      what is right, kept apart
page         the page, one file; its parts are page.html, page.css, excerpt.js and page.js
making       both files in a folder
results      what listeners send back
verdict      how often they were right
"""
