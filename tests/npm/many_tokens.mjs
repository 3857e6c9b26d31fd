// More requests at once than tokens that a gateway looks at: none of their tokens is lost.
import { strict as assert } from "node:assert";
import { pathToFileURL } from "node:url";

const [file, url] = process.argv.slice(2);
const { consistentFetch, newestTokens } = await import(pathToFileURL(file).href);

const HEADER = "consistency-token";
const MOST = 10;
const init = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: "{ classifications { totalCount } }" }),
};
const asked = async () => {
  const sent = newestTokens();
  const response = await consistentFetch(url, init);
  await response.text();
  return { sent: sent === "" ? [] : sent.split(","), got: response.headers.get(HEADER) };
};

const first = await Promise.all(Array.from({ length: MOST + 2 }, asked));
for (const { sent } of first) assert.deepEqual(sent, []);
const all = new Set(first.map(({ got }) => got));
assert.equal(all.size, MOST + 2);

const next = await asked();
assert.equal(next.sent.length, MOST);
for (const one of next.sent) assert(all.delete(one));
const last = await asked();
assert.deepEqual(new Set(last.sent), new Set([...all, next.got]));
assert.equal(newestTokens(), last.got);
console.log("done");
