"""Clips in Live: notes taken in, harmonised, continued or rewritten beside the jam, and answers given back as clips.

music      a clip's notes as a song, an answer's as clips
selection  what is selected in clips as bars and voices to be made anew
making     a wish carried out, step by step
maker      the process in which that is done
parcel     an answer on its way, in chunks that are sent again until they have arrived
tape       the jam's last answer, as clips
desk       what the device that writes clips asks for, and what it is given
"""
