// PostGraphile over the schema "graph": its Amber preset with the naming that its authors
// recommend, lists where all of something is asked for, and nothing that changes data.
import { createServer } from "node:http";
import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/node";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const server = createServer();
const service = postgraphile({
  extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset],
  disablePlugins: ["MutationPlugin"],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ["graph"],
      poolConfig: { max: Number(process.env.CONNECTIONS) },
    }),
  ],
  schema: { defaultBehavior: "-insert -update -delete -connection +list" },
  grafast: { explain: false },
  grafserv: { graphqlPath: "/graphql", graphiql: false, websockets: false, watch: false },
});
await service.createServ(grafserv).addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1");
if (process.env.PRINT_SCHEMA) {
  const { printSchema } = await import("graphql");
  console.log(printSchema(await service.getSchema()));
}
