"""A jam as it happens, for a projector: a page on this machine that shows what sounds, what comes, and what might.

news      what is told of a jam, as values
feed      what is new of a jam since the last look
desk      the jam's end: looks, and hands on what is new, never waiting
place     where the page is served
process   the process that serves it
audience  who looks on, and what each has still to be told
server    the page and its socket, for whoever has the address
page      the page; its parts are page.html, page.css and three scripts
"""
