"""MusicXML, compressed or not.

xmltree    XML and compressed files from strangers
elements   single elements: notes, keys, chord symbols
reading    a document as a score
writing    a score as a document
files      files, read
"""
