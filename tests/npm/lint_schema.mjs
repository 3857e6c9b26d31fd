// Lints a schema with GraphQL-ESLint: the file's introspection result, printed as SDL.
// What it finds is printed as JSON.
import { readFileSync, writeFileSync } from "node:fs";
import plugin from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";
import { buildClientSchema, isObjectType, parse, print, printSchema, visit } from "graphql";

const [introspected, printed] = process.argv.slice(2);
const schema = buildClientSchema(JSON.parse(readFileSync(introspected, "utf8")).data);

// Federation's names are not ours to choose, and introspection does not tell which directives are
// applied: to the linter they would all be unreachable.
const notOurs = /^(_|link__)|^(cost|guard|key|link|listSize|oneOf|GuardRule)$/;
const remove = (node) => (notOurs.test(node.name.value) ? null : undefined);
const ours = visit(parse(printSchema(schema)), {
  DirectiveDefinition: remove,
  EnumTypeDefinition: remove,
  FieldDefinition: remove,
  ObjectTypeDefinition: remove,
  ScalarTypeDefinition: remove,
  UnionTypeDefinition: remove,
});
writeFileSync(printed, print(ours));

const entities = ["Project", "User", "UserGroup", "Workflow"];
const others = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) && !entities.includes(type.name))
  .map((type) => type.name);
const { configs, parser } = plugin;
const rules = {
  ...configs["flat/schema-all"].rules,
  ...configs["flat/schema-relay"].rules,
  // Fields and values are in the order in which people meet them: by meaning, not by letter.
  "@graphql-eslint/alphabetize": "off",
  // Every root is there.
  "@graphql-eslint/no-root-type": "off",
  // What a mutation changes hangs on its payload; a page that needs more asks for it.
  "@graphql-eslint/require-field-of-type-query-in-mutation-result": "off",
  // Forward alone: docs/schema.md says why.
  "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
  // A ranking and a bucketed range are lists that are not paged; ids are unique within a type.
  "@graphql-eslint/relay-edge-types": [
    "error",
    { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
  ],
  // Statistics belong to their entity and have no id of their own.
  "@graphql-eslint/strict-id-in-types": [
    "error",
    { acceptedIdNames: ["id"], acceptedIdTypes: ["ID"], exceptions: { types: others } },
  ],
};
const eslint = new ESLint({
  overrideConfigFile: true,
  overrideConfig: [
    {
      files: ["**/*.graphql"],
      plugins: { "@graphql-eslint": plugin },
      languageOptions: { parser, parserOptions: { graphQLConfig: { schema: printed } } },
      rules,
    },
  ],
});
const found = await eslint.lintText(print(ours), { filePath: "schema.graphql" });
console.log(JSON.stringify(found.flatMap(({ messages }) => messages)));
