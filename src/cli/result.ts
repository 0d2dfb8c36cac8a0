import { toJson } from "./json.js";
import { describeReason } from "./reason.js";

/** How a task ended: with a value, with a reason, or not at all before the deadline. */
export type Outcome =
  { readonly outcome: "ok"; readonly value: unknown } | { readonly outcome: "error"; readonly reason: unknown } | { readonly outcome: "pending" };

/**
 * One line of the output:
 *
 *     {"index":0,"input":"a.png","ok":true,"value":{"bytes":512}}
 *     {"index":1,"input":"b.png","ok":false,"error":{"name":"Error","message":"no pixels","stack":"..."}}
 *     {"index":2,"input":"c.png","ok":false,"pending":true}
 *
 * `ok` is always there, and exactly one of `value`, `error` and `pending`.
 */
export function resultLine(index: number, inputJson: string, outcome: Outcome): string {
  const head = `{"index":${index},"input":${inputJson}`;
  switch (outcome.outcome) {
    case "ok":
      return `${head},"ok":true,"value":${toJson(outcome.value)}}\n`;
    case "error":
      return `${head},"ok":false,"error":${JSON.stringify(describeReason(outcome.reason))}}\n`;
    case "pending":
      return `${head},"ok":false,"pending":true}\n`;
  }
}
