"""A simulator of Max and Live at the level of messages, for the built devices; see ``world.py``.

It executes the boxes and cords of ``.amxd`` files as Max's reference pages say: depth first, from right to left, with
the scheduler above the queue. What a page does not say, or what an object does not understand, is an error here.
"""
