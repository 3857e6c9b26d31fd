import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

// The addresses of the files, relative to the page's own: below the endpoint, wherever that is.
const FOLDER = "graphql/graphiql";

// Each file a second time, compressed once and for all, for the gateway to hand out as it is.
const compressed = {
  name: "compressed",
  // When all is written: others still edit the code when the bundle is generated.
  writeBundle({ dir }) {
    for (const name of readdirSync(join(dir, FOLDER))) {
      const file = join(dir, FOLDER, name);
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
    }
  },
};

export default defineConfig({
  base: "./",
  build: {
    outDir: "../gateway/graphql/graphiql/bundle",
    emptyOutDir: true,
    assetsDir: FOLDER,
    // The page's policy allows no data: addresses.
    assetsInlineLimit: 0,
    // Whoever hands the bundle on hands on the licenses of all that is in it.
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4096,
    rolldownOptions: {
      // GraphiQL tells screen readers the names of its icons by those of their functions.
      output: { keepNames: true },
      // "use client" is for frameworks that render on a server.
      checks: { moduleLevelDirective: false },
    },
  },
  plugins: [compressed],
  worker: { format: "es" },
});
