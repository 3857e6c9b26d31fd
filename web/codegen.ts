import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";

const PAGES = "src/pages";
// What several pages have in common, and asks for something itself.
const SHARED = ["src/goals"];

/** The typed operations of one folder, and the manifest of their texts. */
function operationsOf(folder: string): CodegenConfig["generates"][string] {
  return {
    preset: "client",
    documents: [`${folder}/*.graphql`, "src/graphql/fragments/*.graphql"],
    // The text that is sent is the text of the manifest: the cache adds nothing to it.
    documentTransforms: [addTypenameSelectionDocumentTransform],
    presetConfig: {
      fragmentMasking: { unmaskFunctionName: "readFragment" },
      persistedDocuments: {
        hashAlgorithm: (text: string) => createHash("sha256").update(text).digest("hex"),
      },
    },
    config: {
      strictScalars: true,
      scalars: { Date: "string", DateTime: "string", SafeInt: "number", _Any: "never" },
      enumsAsTypes: true,
      useTypeImports: true,
    },
  };
}

const folders = [...readdirSync(PAGES).map((page) => `${PAGES}/${page}`), ...SHARED].filter(
  (folder) => readdirSync(folder).some((file) => file.endsWith(".graphql")),
);

const config: CodegenConfig = {
  schema: "../schema.graphql",
  silent: true,
  generates: {
    ...Object.fromEntries(
      folders.map((folder) => [`src/generated/${basename(folder)}/`, operationsOf(folder)]),
    ),
    "src/generated/schema.ts": { plugins: ["./codegen/cache-plugin.js"] },
  },
};

export default config;
