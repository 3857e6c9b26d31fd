// The normalised cache: one object for each id, whatever page it came with.

import { cacheExchange } from "@urql/exchange-graphcache";
import { KEYLESS_TYPES, POSSIBLE_TYPES } from "../generated/schema";

export const normalisedCache = () =>
  cacheExchange({
    possibleTypes: POSSIBLE_TYPES,
    // What has no id belongs to the object that it stands in.
    keys: Object.fromEntries(KEYLESS_TYPES.map((type) => [type, () => null])),
  });
