// What pages want to find again after a sign-in that leads away from here and back. It is kept in
// memory; only whoever leads away puts it into sessionStorage, under the `state` of that sign-in,
// and takes it out when the sign-in comes back. It never stands in an address.

interface Keeper {
  /** What is to be kept now; null for nothing. */
  readonly keep: () => string | null;
  /** Take what was kept, as it was; not to be trusted any more than an address. */
  readonly giveBack: (kept: string) => void;
}

const keepers = new Map<string, Keeper>();
/** What came back before the page was loaded that keeps it. */
const unclaimed = new Map<string, string>();

/** Name what a page keeps, once for each name. */
export function waitOverSignIn(name: string, keeper: Keeper): void {
  keepers.set(name, keeper);
  const kept = unclaimed.get(name);
  unclaimed.delete(name);
  if (kept !== undefined) take(keeper, kept);
}

/** All that waits now, by name: for whoever is about to lead away. */
export function allThatWaits(): Record<string, string> {
  const waiting: Record<string, string> = {};
  for (const [name, { keep }] of keepers) {
    const kept = keep();
    if (kept !== null) waiting[name] = kept;
  }
  return waiting;
}

/** Give back what `allThatWaits` gave. */
export function giveBack(waiting: Readonly<Record<string, unknown>>): void {
  for (const [name, kept] of Object.entries(waiting)) {
    if (typeof kept !== "string") continue;
    const keeper = keepers.get(name);
    if (keeper) take(keeper, kept);
    else unclaimed.set(name, kept);
  }
}

function take(keeper: Keeper, kept: string): void {
  try {
    keeper.giveBack(kept);
  } catch {
    // Somebody else has written it; it is as if nothing had been kept.
  }
}
