// Requests to the API server, as the person who looks at the page.

const stored = "token";

/** The token that was typed in. It lives as long as the tab. */
export const session = {
  get token() {
    return sessionStorage.getItem(stored) ?? "";
  },
  /** @param {string} token */
  signIn(token) {
    sessionStorage.setItem(stored, token.trim());
  },
  signOut() {
    sessionStorage.removeItem(stored);
  },
};

/** A refusal, in the API server's words. */
export class Refused extends Error {
  /** @param {number} code @param {string} message @param {string} [reason] */
  constructor(code, message, reason = "") {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/**
 * A path of the API: each value is one segment, whatever it contains.
 * @param {TemplateStringsArray} strings @param {...string} values
 */
export function path(strings, ...values) {
  return strings.reduce((all, s, i) => all + encodeURIComponent(values[i - 1]) + s);
}

/** @param {string} at @param {Record<string, string | number | boolean | undefined>} query */
export function withQuery(at, query) {
  const set = Object.entries(query).filter(([, v]) => v !== undefined && v !== "");
  const text = new URLSearchParams(set.map(([k, v]) => [k, String(v)])).toString();
  return text ? `${at}?${text}` : at;
}

/**
 * @param {string} method @param {string} url
 * @param {{body?: any, text?: string, type?: string, accept?: string, signal?: AbortSignal}} [options]
 *   body is sent as JSON, text as it is
 */
export async function request(method, url, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: options.accept ?? "application/json" };
  if (session.token) headers.Authorization = `Bearer ${session.token}`;
  let body = options.text;
  if (options.body !== undefined) body = JSON.stringify(options.body);
  if (body !== undefined) headers["Content-Type"] = options.type ?? "application/json";
  let answer;
  try {
    answer = await fetch(url, { method, headers, body, signal: options.signal, cache: "no-store", redirect: "error" });
  } catch (e) {
    if (options.signal?.aborted) throw e;
    throw new Refused(0, "framework_runner does not answer: it may have stopped, or the network is down");
  }
  if (answer.ok) return answer;
  if (answer.status === 401) dispatchEvent(new Event("unauthorized"));
  throw await refusal(answer);
}

/** @param {Response} answer */
async function refusal(answer) {
  const text = await answer.text().catch(() => "");
  try {
    const status = JSON.parse(text);
    if (status.message) return new Refused(answer.status, status.message, status.reason);
  } catch {
    // not a Status
  }
  return new Refused(answer.status, text.trim().slice(0, 500) || `the answer was ${answer.status} ${answer.statusText}`);
}

/** @param {string} url @param {AbortSignal} [signal] @returns {Promise<any>} */
export const get = async (url, signal) => (await request("GET", url, { signal })).json();

/** @param {string} url @param {any} body @returns {Promise<any>} */
export const post = async (url, body) => (await request("POST", url, { body })).json();

/** @param {string} url @param {any} body @returns {Promise<any>} */
export const patch = async (url, body) => (await request("PATCH", url, { body, type: "application/merge-patch+json" })).json();

/** @param {string} url @param {any} [body] @returns {Promise<any>} */
export const remove = async (url, body) => (await request("DELETE", url, { body })).json();

/**
 * Opens a stream. Browsers keep few plain connections to a server, for all tabs together,
 * but many sockets.
 * @param {string} url @param {string} protocol
 */
export function socket(url, protocol) {
  const protocols = [protocol];
  if (session.token) protocols.push("base64url.bearer.authorization.k8s.io." + base64url(session.token));
  const at = new URL(url, location.href);
  at.protocol = at.protocol.replace("http", "ws");
  const s = new WebSocket(at, protocols);
  s.binaryType = "arraybuffer";
  return s;
}

/** @param {string} text */
function base64url(text) {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
