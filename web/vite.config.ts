import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parse } from "@formatjs/icu-messageformat-parser";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// The addresses of the files, relative to the root of the gateway, wherever that is.
const FOLDER = "web";
const GENERATED = "src/generated";

/** The texts are parsed here, so that no browser has to. */
const texts: Plugin = {
  name: "texts",
  enforce: "pre",
  load(id) {
    if (!/\/src\/texts\/[a-z-]+\.json$/.test(id)) return null;
    const catalogue = JSON.parse(readFileSync(id, "utf-8")) as Record<string, string>;
    const parsed = Object.entries(catalogue).map(([name, text]) => [name, parse(text)]);
    return JSON.stringify(Object.fromEntries(parsed));
  },
};

/** All operations of the pages in one manifest, for the gateway to trust; and for which schema. */
const manifest: Plugin = {
  name: "manifest",
  generateBundle() {
    const documents = readdirSync(GENERATED, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => readFileSync(join(GENERATED, entry.name, "persisted-documents.json"), "utf-8"))
      .map((text) => JSON.parse(text) as Record<string, string>);
    this.emitFile({
      type: "asset",
      fileName: "persisted-documents.json",
      source: JSON.stringify(Object.assign({}, ...documents), null, 2),
    });
    this.emitFile({
      type: "asset",
      fileName: "schema.sha256",
      source: createHash("sha256").update(readFileSync("../schema.graphql")).digest("hex"),
    });
  },
};

/** Each file a second time, compressed once and for all, for the gateway to hand out as it is. */
const compressed: Plugin = {
  name: "compressed",
  // When all is written: others still edit the code when the bundle is generated.
  writeBundle({ dir }) {
    const folder = join(dir ?? "", FOLDER);
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
    }
  },
};

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    outDir: "../gateway/web/bundle",
    emptyOutDir: true,
    assetsDir: FOLDER,
    // The policy of the pages allows no data: addresses.
    assetsInlineLimit: 0,
    // Whoever hands the bundle on hands on the licenses of all that is in it.
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [texts, react(), manifest, compressed],
  resolve: {
    alias: {
      // Only parsed texts are shown.
      "@formatjs/icu-messageformat-parser": "@formatjs/icu-messageformat-parser/no-parser.js",
    },
  },
});
