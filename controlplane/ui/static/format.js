// Values as people read them.

/** @type {Record<string, number>} */
const scales = { n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 };

/** A quantity of the API as a number. @param {string | number | undefined} text */
export function quantity(text) {
  const [, number, suffix] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(text ?? 0)) ?? [];
  return number === undefined ? 0 : Number(number) * (scales[suffix] ?? 1);
}

/** @param {number} n */
export const cpus = (n) => String(Math.round(n * 100) / 100);

/** @param {number} n */
export function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) n /= 1024, i++;
  return `${n < 10 && i > 0 ? Math.round(n * 10) / 10 : Math.round(n)} ${units[i]}`;
}

/** How long ago, in at most two units, as kubectl has it. @param {string | number | undefined} since @param {number} [now] */
export function age(since, now = Date.now()) {
  if (!since) return "";
  const s = Math.max(0, Math.floor((now - new Date(since).getTime()) / 1000));
  const units = /** @type {[string, number][]} */ ([["d", 86400], ["h", 3600], ["m", 60], ["s", 1]]);
  const i = units.findIndex(([, size]) => s >= 2 * size);
  if (i < 0) return `${s}s`;
  const [name, size] = units[i], whole = Math.floor(s / size), next = units[i + 1];
  const rest = next && whole < 10 ? Math.floor((s % size) / next[1]) : 0;
  return rest ? `${whole}${name}${rest}${next[0]}` : `${whole}${name}`;
}

/** @param {string | undefined} t */
export const clock = (t) => (t ? new Date(t).toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" }) : "");

/** @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many = one + "s") => `${n} ${n === 1 ? one : many}`;

/**
 * Whether labels match what was typed: words such as app=web, app!=web or app, separated by commas.
 * @param {Record<string, string> | undefined} labels @param {string} typed
 */
export function matches(labels, typed) {
  return typed.split(",").every((term) => {
    const [, key, op, value] = /^\s*([^=!\s]*)\s*(==?|!=)?\s*(\S*)\s*$/.exec(term) ?? [];
    if (!key) return true;
    const has = labels?.[key];
    if (!op) return has !== undefined;
    return op === "!=" ? has !== value : has === value;
  });
}

/** Whether a selector of the API matches labels. @param {any} selector @param {Record<string, string> | undefined} labels */
export function selects(selector, labels = {}) {
  if (!selector) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(([k, v]) => labels[k] === v);
  return equal && (selector.matchExpressions ?? []).every((/** @type {any} */ { key, operator, values = [] }) => {
    switch (operator) {
      case "In": return key in labels && values.includes(labels[key]);
      case "NotIn": return !values.includes(labels[key]);
      case "Exists": return key in labels;
      default: return !(key in labels);
    }
  });
}
