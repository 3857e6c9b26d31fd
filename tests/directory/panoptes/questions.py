"""Operations whose answers need Panoptes."""

from __future__ import annotations

GROUP = "query Group($id: ID!) { userGroup(id: $id) { id name statsVisibility } }"
TOTAL = "query Total($id: ID!) { userGroup(id: $id) { classifications { totalCount } } }"
MEMBERS = """query Members($id: ID!) {
  userGroup(id: $id) { classifications { topContributors { count } } }
}"""
CARDS = """query Cards($ids: [ID!]!) {
  userGroupsByIds(ids: $ids) { id viewerMembership { state roles } classifications { totalCount } }
}"""
MINE = "{ me { memberships { nodes { state group { id } } } } }"
TOTAL_PATH = "userGroup.classifications"
MEMBERS_PATH = "userGroup.classifications.topContributors"
