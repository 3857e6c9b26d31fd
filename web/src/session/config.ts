// What this gateway says about signing in: asked for when somebody signs in, and never before.

import { root } from "../root";

/** The issuer at which people sign in, and as whom this page asks it. */
export interface IssuerConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: string;
  readonly resource: string | null;
  readonly audience: string | null;
  /** Null: `/sign-in` here. */
  readonly returnUrl: string | null;
  /** Null: the issuer's discovery document says it. */
  readonly authorizeUrl: string | null;
  readonly tokenUrl: string | null;
  /** Whether a token comes in the address, without a code. */
  readonly implicit: boolean;
}

export interface Config {
  /** Whether a link may sign in: at a server that answers its own machine alone. */
  readonly tokenInFragment: boolean;
  /** As whom one may look at a demo. */
  readonly roles: readonly { readonly name: string; readonly sees: string }[];
  /** Null: a token is pasted. */
  readonly signIn: IssuerConfig | null;
}

let asked: Promise<Config> | undefined;

/** Rejected if the gateway does not answer; the next call asks again. */
export function config(): Promise<Config> {
  asked ??= ask().catch((reason: unknown) => {
    asked = undefined;
    throw reason;
  });
  return asked;
}

async function ask(): Promise<Config> {
  const answer = await fetch(`${root}web/config.json`, { credentials: "omit", cache: "no-store" });
  if (!answer.ok) throw new Error(`The gateway answered ${answer.status}.`);
  return (await answer.json()) as Config;
}
