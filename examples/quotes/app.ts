import { Hono } from "hono";
import type { Server } from "taskward/behaviours";
import type { Quotes } from "./quotes.js";

/** The endpoint: `GET /quotes/AAPL,MSFT` answers within 400 ms, with whatever has arrived. */
export function quotesApp(quotes: Server<Quotes>): Hono {
  const app = new Hono();
  app.get("/quotes/:symbols", async ({ req, json }) => json(await quotes.call.gather(req.param("symbols").split(","))));
  app.get("/counts", async ({ json }) => json(await quotes.call.counts()));
  return app;
}
