"""JSON:API of groups and memberships, as Panoptes serves it.

It is the draft of 2014: resources in a list under their plural name, ``links`` at the top as
templates, ``linked`` for included records, ``meta`` by resource.
"""
