"""Panoptes' JSON:API of groups and memberships: its routes, as its clients ask and read them.

It is the draft of 2014, as Panoptes has it: resources under their plural name in a list, ``links``
at the top as templates, ``linked`` for what was included, ``meta`` by resource.
"""
