import type { NodesPlace } from "./nodes-place.js";

/** The places that the supervisors of one node have on others: what one of them has left free another may want. */
export class NodePlaces {
  readonly #places = new Set<NodesPlace>();

  attach(place: NodesPlace): void {
    this.#places.add(place);
  }

  detach(place: NodesPlace): void {
    this.#places.delete(place);
  }

  /** Nodes have come or gone, or have room again. */
  feed(): void {
    for (const place of this.#places) place.feed();
  }
}
