// Levels of visibility: who may see a group's totals, and what each member has done.

import type { StatsVisibility } from "./generated/groups/graphql";

interface Audience {
  readonly totals: "anyone" | "members";
  readonly members: "admins" | "anyone" | "members";
}

const AUDIENCES: Readonly<Record<StatsVisibility, Audience>> = {
  PRIVATE_AGG_ONLY: { totals: "members", members: "admins" },
  PRIVATE_SHOW_AGG_AND_IND: { totals: "members", members: "members" },
  PUBLIC_AGG_ONLY: { totals: "anyone", members: "admins" },
  PUBLIC_AGG_SHOW_IND_IF_MEMBER: { totals: "anyone", members: "members" },
  PUBLIC_SHOW_ALL: { totals: "anyone", members: "anyone" },
};

/** All levels, as dialogs list them. */
export const LEVELS = Object.keys(AUDIENCES) as readonly StatsVisibility[];

/** Whether anyone sees the totals, so that other sites may show them. */
export const hasPublicTotals = (level: StatsVisibility): boolean =>
  AUDIENCES[level].totals === "anyone";

/** Whether only admins see what each member has done. */
export const isForAdmins = (level: StatsVisibility): boolean =>
  AUDIENCES[level].members === "admins";
