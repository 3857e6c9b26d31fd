// Writes what the normalised cache must know of the schema: which types have no id, and which
// object types an interface or union may stand for.

import { isAbstractType, isInterfaceType, isObjectType } from "graphql";

const byName = (one, other) => (one.name < other.name ? -1 : 1);
const json = (value) => JSON.stringify(value, null, 2);

/** @type {import("@graphql-codegen/plugin-helpers").PluginFunction} */
export function plugin(schema) {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const types = Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith("__"))
    .sort(byName);
  const keyless = types
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .filter((type) => !roots.includes(type) && !("id" in type.getFields()))
    .map((type) => type.name);
  const possible = types
    .filter(isAbstractType)
    .map((type) => [
      type.name,
      [...schema.getPossibleTypes(type)].sort(byName).map((one) => one.name),
    ]);
  return [
    `export const KEYLESS_TYPES: readonly string[] = ${json(keyless)};`,
    `export const POSSIBLE_TYPES: Record<string, string[]> = ${json(Object.fromEntries(possible))};`,
    "",
  ].join("\n\n");
}
