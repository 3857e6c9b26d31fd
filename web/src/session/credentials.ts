// The token that requests are sent with. It may be another one later, for the same person.

/** Whether requests are answered with this token: it ends soon, or has ended. */
export type Standing = "good" | "ending" | "ended";

export interface Credentials {
  /** The token at the moment. */
  readonly token: string;
  /** Whether requests would be refused that can be answered once it is renewed. */
  readonly overdue: boolean;
  /** Get another one without anybody's doing; null where that cannot be. */
  readonly renew: (() => Promise<void>) | null;
  readonly standing: Standing;
  /** Call this with each new token and standing; returns how to stop that. */
  readonly listen: (listener: () => void) => () => void;
  /** Forget the tokens, and tell the issuer so where it listens. */
  readonly end: () => void;
}

const nothing = () => undefined;

/** A token that somebody has given, of which no more is known. */
export const given = (token: string): Credentials => ({
  token,
  overdue: false,
  renew: null,
  standing: "good",
  listen: () => nothing,
  end: nothing,
});
