// An HTTP server: `npm run build` first, then `node examples/quotes/run.mjs`, and `curl localhost:3000/quotes/AAPL,MSFT,NFLX`.
import { serve } from "@hono/node-server";
import { TaskSupervisor } from "taskward";
import { GenServer } from "taskward/behaviours";
import { register } from "tsx/esm/api";

register();
const { quotesApp } = await import("./app.ts");
const { Quotes } = await import("./quotes.ts");

const supervisor = TaskSupervisor.start();
const quotes = await GenServer.start(Quotes, [supervisor], { name: "quotes" });
const server = serve({ fetch: quotesApp(quotes).fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}/quotes/AAPL,MSFT,NFLX`);
});
process.once("SIGTERM", async () => {
  server.close();
  await quotes.stop();
  await supervisor.stop();
});
