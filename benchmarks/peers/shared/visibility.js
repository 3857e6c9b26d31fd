// Who may see what of a group: the same rules as in the gateway, for a viewer who is not an admin.
const aggregatesForAll = new Set(["PUBLIC_AGG_ONLY", "PUBLIC_AGG_SHOW_IND_IF_MEMBER", "PUBLIC_SHOW_ALL"]);
const individualsForMembers = new Set([
  "PRIVATE_SHOW_AGG_AND_IND", "PUBLIC_AGG_SHOW_IND_IF_MEMBER", "PUBLIC_SHOW_ALL",
]);

const isMember = (membership) => membership?.state === "ACTIVE" && membership.roles.length > 0;

export const seesAggregates = (level, membership) =>
  aggregatesForAll.has(level) || isMember(membership);

export const seesIndividuals = (level, membership) =>
  level === "PUBLIC_SHOW_ALL" || (individualsForMembers.has(level) && isMember(membership));
