// Which view is shown: the part of the address behind #, such as #/pods/default/web?q=x.
import { useEffect, useState } from "./html.js";

/** @typedef {{parts: string[], query: Record<string, string>}} Route */

/** @returns {Route} */
export function route() {
  const [at, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  try {
    return { parts: at.split("/").filter(Boolean).map(decodeURIComponent), query: Object.fromEntries(new URLSearchParams(query)) };
  } catch {
    return { parts: [], query: {} };
  }
}

/** @param {string[]} parts @param {Record<string, string>} [query] */
export function to(parts, query = {}) {
  const set = Object.entries(query).filter(([, v]) => v);
  const text = new URLSearchParams(set).toString();
  return "#/" + parts.map(encodeURIComponent).join("/") + (text ? "?" + text : "");
}

export function useRoute() {
  const [now, set] = useState(route);
  useEffect(() => {
    const changed = () => set(route());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return now;
}

/** Changes what is asked for in the view that is shown, without a step in the history. @param {Record<string, string>} query */
export function setQuery(query) {
  const { parts, query: before } = route();
  history.replaceState(null, "", to(parts, { ...before, ...query }));
  dispatchEvent(new HashChangeEvent("hashchange"));
}
