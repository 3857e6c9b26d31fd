/** Whose goals are shown: a group's, or the viewer's own. */
export type Owner = { readonly groupId: string } | { readonly me: true };

/** Whether the goals are a group's. */
export const isGroup = (owner: Owner): owner is { readonly groupId: string } => "groupId" in owner;
