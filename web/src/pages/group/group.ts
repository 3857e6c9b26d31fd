import type { GroupPageFragment } from "../../generated/group/graphql";

/** A group as its page asks for it. */
export type Group = NonNullable<GroupPageFragment["userGroup"]>;
