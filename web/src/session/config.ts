// What this gateway says about signing in: asked for when somebody signs in, and never before.

import { root } from "../root";

export interface Config {
  /** Whether a link may sign in: at a server that answers its own machine alone. */
  readonly tokenInFragment: boolean;
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
