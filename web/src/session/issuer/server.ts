// The issuer as OAuth knows it: from the gateway's settings, or from its discovery document.

import {
  allowInsecureRequests,
  type AuthorizationServer,
  type Client,
  clockTolerance,
  discoveryRequest,
  processDiscoveryResponse,
} from "oauth4webapi";
import { root } from "../../root";
import type { IssuerConfig } from "../config";

/** Many machines' clocks are a little wrong. */
const CLOCK_TOLERANCE_SECONDS = 300;

export interface Issuer {
  readonly config: IssuerConfig;
  readonly server: AuthorizationServer;
  readonly client: Client;
  /** For each request. The settings allow http on one's own machine alone. */
  readonly options: { readonly [allowInsecureRequests]: boolean };
  readonly returnUrl: string;
}

const known = new Map<IssuerConfig, Promise<Issuer>>();

/** Rejected if the issuer does not answer; the next call asks again. */
export function issuerOf(config: IssuerConfig): Promise<Issuer> {
  const asked = known.get(config) ?? find(config);
  known.set(config, asked);
  asked.catch(() => known.delete(config));
  return asked;
}

async function find(config: IssuerConfig): Promise<Issuer> {
  const url = new URL(config.issuer);
  const options = { [allowInsecureRequests]: url.protocol === "http:" };
  const returnUrl = config.returnUrl ?? new URL(`${root}sign-in`, location.origin).href;
  const client = { client_id: config.clientId, [clockTolerance]: CLOCK_TOLERANCE_SECONDS };
  return { config, server: await serverAt(url, config, options), client, options, returnUrl };
}

async function serverAt(
  url: URL,
  { issuer, authorizeUrl, tokenUrl }: IssuerConfig,
  options: Issuer["options"],
): Promise<AuthorizationServer> {
  if (authorizeUrl === null) {
    return processDiscoveryResponse(url, await discoveryRequest(url, options));
  }
  return {
    issuer,
    authorization_endpoint: authorizeUrl,
    ...(tokenUrl !== null && { token_endpoint: tokenUrl }),
  };
}

/** For whom the token is, as each request says again. */
export function purpose({ resource, audience }: IssuerConfig): Record<string, string> {
  return { ...(resource !== null && { resource }), ...(audience !== null && { audience }) };
}

export const asksForIdentity = ({ scopes }: IssuerConfig): boolean =>
  scopes.split(" ").includes("openid");
