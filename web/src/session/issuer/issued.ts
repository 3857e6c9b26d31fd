// Tokens of an issuer, in memory alone, and renewed before they end.

import {
  None,
  processRefreshTokenResponse,
  processRevocationResponse,
  refreshTokenGrantRequest,
  revocationRequest,
} from "oauth4webapi";
import type { IssuerConfig } from "../config";
import type { Credentials, Standing } from "../credentials";
import { type Grant, granted } from "./finish";
import { issuerOf, purpose } from "./server";

/** Before the end: a fifth of the time, and no more than this. */
const EARLY_MILLISECONDS = 60_000;
const AGAIN_MILLISECONDS = 5_000;
const TOO_MANY_REQUESTS = 429;
/** Timers take no more. */
const LONGEST_MILLISECONDS = 2 ** 31 - 1;

export class Issued implements Credentials {
  readonly #config: IssuerConfig;
  #grant: Grant;
  #standing: Standing = "good";
  /** By this machine's clock: when to renew, and when it is too late. */
  #due = Number.POSITIVE_INFINITY;
  #end = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** A refresh token is good for one use: all who want a new token wait for the same one. */
  #renewing: Promise<void> | undefined;
  #forgotten = false;
  readonly #listeners = new Set<() => void>();

  constructor(config: IssuerConfig, grant: Grant) {
    this.#config = config;
    this.#grant = grant;
    this.#take(grant);
  }

  get token(): string {
    return this.#grant.token;
  }

  get standing(): Standing {
    return this.#standing;
  }

  get overdue(): boolean {
    return this.renew !== null && Date.now() >= this.#end;
  }

  get renew(): (() => Promise<void>) | null {
    const { refreshToken } = this.#grant;
    if (refreshToken === null) return null;
    return () => {
      this.#renewing ??= this.#refresh(refreshToken).finally(() => {
        this.#renewing = undefined;
      });
      return this.#renewing;
    };
  }

  listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  end = (): void => {
    const { refreshToken } = this.#grant;
    this.#forgotten = true;
    clearTimeout(this.#timer);
    if (refreshToken !== null) this.#revoke(refreshToken).catch(() => undefined);
  };

  #take(grant: Grant): void {
    this.#grant = grant;
    const lifetime = (grant.lifetimeSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    this.#end = Date.now() + lifetime;
    this.#due = this.#end - Math.min(EARLY_MILLISECONDS, lifetime / 5);
    this.#stand("good");
    this.#wait(this.#due);
  }

  #stand(standing: Standing): void {
    this.#standing = standing;
    for (const listener of this.#listeners) listener();
  }

  #wait(until: number): void {
    clearTimeout(this.#timer);
    if (this.#forgotten || until === Number.POSITIVE_INFINITY) return;
    const milliseconds = Math.min(Math.max(until - Date.now(), 0), LONGEST_MILLISECONDS);
    this.#timer = setTimeout(() => this.#look(), milliseconds);
  }

  #look(): void {
    const now = Date.now();
    if (now < this.#due) return this.#wait(this.#due);
    if (this.renew !== null) {
      this.renew().catch(() => this.#wait(Date.now() + AGAIN_MILLISECONDS));
      return;
    }
    const standing = now < this.#end ? "ending" : "ended";
    if (standing !== this.#standing) this.#stand(standing);
    if (standing === "ending") this.#wait(this.#end);
  }

  /** Rejected if the issuer cannot be reached now; if it refuses, there will be no other token. */
  async #refresh(refreshToken: string): Promise<void> {
    const { server, client, options } = await issuerOf(this.#config);
    const asked = { ...options, additionalParameters: purpose(this.#config) };
    const response = await refreshTokenGrantRequest(server, client, None(), refreshToken, asked);
    if (response.status >= 500 || response.status === TOO_MANY_REQUESTS) {
      throw new Error(`The issuer answered ${response.status}.`);
    }
    try {
      const next = granted(await processRefreshTokenResponse(server, client, response));
      // An issuer that gives no other goes on to take this one.
      this.#take({ ...next, refreshToken: next.refreshToken ?? refreshToken });
    } catch {
      // It has been used: a second use would look like a thief's.
      this.#grant = { ...this.#grant, refreshToken: null };
      this.#look();
    }
  }

  async #revoke(refreshToken: string): Promise<void> {
    const { server, client, options } = await issuerOf(this.#config);
    if (server.revocation_endpoint === undefined) return;
    const response = await revocationRequest(server, client, None(), refreshToken, options);
    await processRevocationResponse(response);
  }
}
