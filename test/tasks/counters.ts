import type { Self } from "taskward";
import { serversFrom } from "taskward/servers";
import { expect } from "vitest";
import type * as servers from "../behaviours/fixtures/servers.mjs";
import { type Place, type Stage, virtualPlaces } from "./places.js";

export const module = new URL("../behaviours/fixtures/servers.mjs", import.meta.url);
export const { Counter } = serversFrom<typeof servers>(module);

type Options = Parameters<Place["play"]>[1];

/** Where scenes with servers are played in virtual time. */
export const stages = virtualPlaces.map(({ play, ...place }) => ({
  ...place,
  scene: (fn: (self: Self, stage: Stage) => Promise<void>, options: Options = {}): Promise<void> => play(fn, options, module),
}));

/** The error that a start rejects with; whoever waits for it looks at it once time has passed. */
export const refusal = (started: Promise<unknown>): Promise<Error> =>
  started.then(
    () => expect.unreachable(),
    (error: unknown) => error as Error,
  );
