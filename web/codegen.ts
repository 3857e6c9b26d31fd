import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";

const PAGES = "src/pages";

/** The typed operations of one folder, and the manifest of their texts. */
function operationsOf(folder: string): CodegenConfig["generates"][string] {
  return {
    preset: "client",
    documents: [`${PAGES}/${folder}/*.graphql`, "src/graphql/fragments/*.graphql"],
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

const pages = readdirSync(PAGES).filter((folder) =>
  readdirSync(`${PAGES}/${folder}`).some((file) => file.endsWith(".graphql")),
);

const config: CodegenConfig = {
  schema: "../schema.graphql",
  silent: true,
  generates: {
    ...Object.fromEntries(pages.map((page) => [`src/generated/${page}/`, operationsOf(page)])),
    "src/generated/schema.ts": { plugins: ["./codegen/cache-plugin.js"] },
  },
};

export default config;
