import {
  AuthorizationResponseError,
  authorizationCodeGrantRequest,
  INVALID_RESPONSE,
  JSON_ATTRIBUTE_COMPARISON,
  JWT_CLAIM_COMPARISON,
  None,
  OperationProcessingError,
  processAuthorizationCodeResponse,
  type TokenEndpointResponse,
  validateAuthResponse,
} from "oauth4webapi";
import type { Answer } from "../answer";
import { type Begun, takeBegun } from "../begun";
import type { IssuerConfig } from "../config";
import { asksForIdentity, type Issuer, issuerOf, purpose } from "./server";

/** By another issuer, for another client, or with another nonce than was asked for. */
const STRANGE = [INVALID_RESPONSE, JWT_CLAIM_COMPARISON, JSON_ATTRIBUTE_COMPARISON];

/** Tokens, and until when; null if the issuer does not say. */
export interface Grant {
  readonly token: string;
  readonly refreshToken: string | null;
  readonly lifetimeSeconds: number | null;
}

export interface Finished {
  /** Null if somebody's sign-in is over, which was found out without asking them. */
  readonly grant: Grant | null;
  /** Where to go on. */
  readonly path: string;
}

/** Why nobody was signed in. The words of the answer are not shown: anybody may have written them. */
export type Reason = "notBegun" | "denied" | "untrusted" | "failed";

export class NotSignedIn extends Error {
  constructor(readonly reason: Reason) {
    super(reason);
  }
}

/** Who came back from the issuer; NotSignedIn if that is nobody. */
export async function finish(config: IssuerConfig, answer: Answer): Promise<Finished> {
  const parameters = config.implicit ? answer.fragment : answer.query;
  const state = parameters.get("state");
  const begun = takeBegun(state);
  if (state === null || begun === null) throw new NotSignedIn("notBegun");
  try {
    const issuer = await issuerOf(config);
    const checked = validateAuthResponse(issuer.server, issuer.client, parameters, state);
    const grant = await (config.implicit ? sent(checked) : exchanged(issuer, checked, begun));
    return { grant, path: begun.path };
  } catch (error) {
    if (begun.silent && error instanceof AuthorizationResponseError) {
      return { grant: null, path: begun.path };
    }
    throw error instanceof NotSignedIn ? error : new NotSignedIn(reasonOf(error));
  }
}

function reasonOf(error: unknown): Reason {
  if (error instanceof AuthorizationResponseError) {
    return error.error === "access_denied" ? "denied" : "failed";
  }
  const strange = error instanceof OperationProcessingError && STRANGE.includes(error.code ?? "");
  return strange ? "untrusted" : "failed";
}

async function exchanged(
  { config, server, client, options, returnUrl }: Issuer,
  parameters: URLSearchParams,
  { nonce, verifier }: Begun,
): Promise<Grant> {
  const response = await authorizationCodeGrantRequest(
    server,
    client,
    None(),
    parameters,
    returnUrl,
    verifier,
    { ...options, additionalParameters: purpose(config) },
  );
  const expected = asksForIdentity(config) ? { expectedNonce: nonce, requireIdToken: true } : {};
  return granted(await processAuthorizationCodeResponse(server, client, response, expected));
}

export function granted(tokens: TokenEndpointResponse): Grant {
  return {
    token: tokens.access_token,
    refreshToken: tokens.refresh_token ?? null,
    lifetimeSeconds: tokens.expires_in ?? null,
  };
}

/** The token in the address (implicit flow), which is for whoever knows the state. */
function sent(parameters: URLSearchParams): Grant {
  const token = parameters.get("access_token");
  if (token === null || parameters.get("token_type")?.toLowerCase() !== "bearer") {
    throw new NotSignedIn("failed");
  }
  const seconds = Number(parameters.get("expires_in") ?? Number.NaN);
  return { token, refreshToken: null, lifetimeSeconds: seconds > 0 ? seconds : null };
}
