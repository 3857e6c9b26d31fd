// What both clients' scripts share: the job they are given, and a fetch that tells what was sent.
import { readFileSync } from "node:fs";
import {
  Kind,
  TypeInfo,
  buildSchema,
  introspectionFromSchema,
  isInterfaceType,
  isObjectType,
  parse,
  print,
  visit,
  visitWithTypeInfo,
} from "graphql";

export const { url, token, persisted, operations } = JSON.parse(process.argv[2]);
export const headers = token ? { Authorization: `Bearer ${token}` } : {};

const printed = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");
const schema = buildSchema(printed, { assumeValid: true });
const hasId = (type) => isObjectType(type) && "id" in type.getFields();
const types = Object.values(schema.getTypeMap());
export const embedded = types.filter((type) => isObjectType(type) && !hasId(type));


// One fragment on an interface stands for each of its types.
export const introspected = introspectionFromSchema(schema);
export const possibleTypes = Object.fromEntries(
  types
    .filter(isInterfaceType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
);

// A cache knows an entity by its id, so a front end asks for it wherever there is one.
function withIds(query) {
  const place = new TypeInfo(schema);
  const id = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "id" } };
  const SelectionSet = ({ selections, ...node }) =>
    hasId(place.getParentType()) && !selections.some(({ name }) => name?.value === "id")
      ? { ...node, selections: [id, ...selections] }
      : undefined;
  return print(visit(parse(query), visitWithTypeInfo(place, { SelectionSet })));
}

let sent = [];

// Fetch, and note how the request was sent and which of its parts it had.
export function noting(input, init) {
  const { searchParams } = new URL(input);
  const parts = init.body ? JSON.parse(init.body) : Object.fromEntries(searchParams);
  const extensions = init.body ? parts.extensions : JSON.parse(parts.extensions ?? "{}");
  const hash = extensions?.persistedQuery?.sha256Hash ?? null;
  sent.push({ method: init.method, query: Boolean(parts.query), hash });
  return fetch(input, init);
}

// Run the operations one after the other; print what came of each, and what was sent for it.
export async function run(execute) {
  const answers = [];
  for (const { query, variables } of operations) {
    sent = [];
    const { data, errors } = await execute(withIds(query), variables ?? {});
    answers.push({ data: data ?? null, errors, sent });
  }
  console.log(JSON.stringify(answers));
}
