"""What a model thought, made visible.

traced     what a trace tells, as values
checked    a value of JSON that is not trusted
lines      a trace in lines, and the time of a jam
reading    traces read
names      what pitches and chords are called in a key
looking    where a model looked back
shown      what a page and a picture show, in few numbers
sealed     pages in one piece, in which only their own script runs
opening    what is to be seen, opened in the browser
page       the page; its parts are page.html, page.css and six scripts, and buttons.css of every page
picture    the same without a browser
"""
