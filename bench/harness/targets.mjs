/** What a case is to reach, from the medians of one run. Each is `{ text, of: string[], value(figures), atMost | atLeast | below }`. */

const key = (variant, subject, metric) => `${variant}/${subject}/${metric}`;

/** Taskward's figure divided by another's. */
export function ratio(variant, metric, peer, limit, { subject = "taskward", peerVariant = variant } = {}) {
  const of = [key(variant, subject, metric), key(peerVariant, peer, metric)];
  return { text: `${variant}: ${subject}/${peer}`, of, value: (mine, other) => mine / other, ...limit };
}

/** Taskward's figure itself. */
export function figure(variant, metric, limit, { unit = "" } = {}) {
  return { text: `${variant}: ${metric}`, unit, of: [key(variant, "taskward", metric)], value: (mine) => mine, ...limit };
}

/** One figure of what a subject came to in all variants, of which some may have none: `value` gets those that there are. */
export function all(text, variants, subject, metric, value, limit, { unit = "" } = {}) {
  return { text, unit, of: variants.map((variant) => key(variant, subject, metric)), partly: true, value: (...got) => value(got), ...limit };
}

/** @returns lines that say what was reached */
export function judge(name, targets, figures) {
  const medians = new Map(figures.map((one) => [key(one.variant, one.subject, one.metric), one.median]));
  return targets.map(({ text, unit = "", of, value, atMost, atLeast, below, partly = false }) => {
    const found = of.map((one) => medians.get(one));
    const inputs = partly ? found.filter((one) => one !== undefined) : found;
    const wanted = atMost !== undefined ? `at most ${atMost}` : atLeast !== undefined ? `at least ${atLeast}` : `below ${below}`;
    const label = `${name} ${text}`;
    const suffix = unit === "" ? "" : ` ${unit}`;
    if (inputs.length === 0 || inputs.some((one) => one === undefined)) return `${label} was not measured (target: ${wanted}${suffix})`;
    const got = value(...inputs);
    const reached = atMost !== undefined ? got <= atMost : atLeast !== undefined ? got >= atLeast : got < below;
    return `${label} ${Number(got.toPrecision(4))}${suffix} (target: ${wanted}${suffix}) ${reached ? "reached" : "NOT REACHED"}`;
  });
}
