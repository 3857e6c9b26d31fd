// A sign-in that leads away from here: what is needed when it comes back, in sessionStorage under
// its `state`, for that long. Nothing else is ever stored.

import { safePath } from "./return-path";
import { allThatWaits, giveBack } from "./waiting";

const PREFIX = "sign-in.";

export interface Begun {
  readonly nonce: string;
  /** Of PKCE. */
  readonly verifier: string;
  /** The page to come back to. */
  readonly path: string;
  /** Whether the issuer was asked to ask nothing, since somebody was signed in until now. */
  readonly silent: boolean;
}

/** Store it, with what pages want to find again, in place of any that was begun before. */
export function keepBegun(state: string, begun: Begun): void {
  takeAll();
  sessionStorage.setItem(PREFIX + state, JSON.stringify({ ...begun, waiting: allThatWaits() }));
}

/** What was begun under this state, once; null if nothing was. Pages get back what waits. */
export function takeBegun(state: string | null): Begun | null {
  const text = takeAll().get(PREFIX + state);
  const kept = read(text ?? "");
  if (typeof kept.nonce !== "string" || typeof kept.verifier !== "string") return null;
  returnWaiting(kept);
  const { nonce, verifier } = kept;
  return { nonce, verifier, path: safePath(kept.path), silent: kept.silent === true };
}

/** Somebody went back instead of signing in: pages get back what waits, and nothing is stored. */
export function forgetBegun(): void {
  for (const text of takeAll().values()) returnWaiting(read(text));
}

function returnWaiting({ waiting }: Record<string, unknown>): void {
  if (typeof waiting === "object" && waiting !== null) giveBack({ ...waiting });
}

function read(text: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(text) as object) } as Record<string, unknown>;
  } catch {
    return {};
  }
}

function takeAll(): Map<string, string> {
  const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
  const taken = new Map(keys.map((key) => [key, sessionStorage.getItem(key) ?? ""]));
  for (const key of keys) sessionStorage.removeItem(key);
  return taken;
}
