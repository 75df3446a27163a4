// Objects as the API server has them at this moment: a list, and then a watch from the
// list's version on, for as long as somebody looks.
import { get, socket, withQuery, Refused } from "./api.js";
import { useEffect, useState } from "./html.js";

/** How long a collection that nobody looks at is kept up to date. */
const idle = 20_000;
/** How long a watch may be silent: the server sends a bookmark each minute. */
const silence = 150_000;
/** How often those who look are told at most. */
const frame = 80;
/** Objects in one answer to a list. */
const page = 500;

const first = 500, last = 15_000; // of the waits between attempts

/**
 * @typedef {any} Obj an object of the API
 * @typedef {Record<string, string>} Query
 */

export class Collection {
  /** @type {Map<string, Obj>} by uid */
  items = new Map();
  loaded = false;
  /** @type {Error | null} what keeps it from being up to date */
  error = null;

  /** @type {Set<() => void>} */
  #lookers = new Set();
  /** @type {AbortController | null} */
  #running = null;
  #closing = 0;
  #telling = 0;
  /** @type {Obj[] | null} */
  #array = null;

  /** @param {string} at @param {Query} query */
  constructor(at, query) {
    this.at = at;
    this.query = query;
  }

  /** The objects; the same array until one changes. */
  get all() {
    return (this.#array ??= [...this.items.values()]);
  }

  /** @param {(o: Obj) => boolean} is */
  find(is) {
    return this.all.find(is);
  }

  /** @param {() => void} tell called after changes; the returned function ends that */
  subscribe(tell) {
    this.#lookers.add(tell);
    clearTimeout(this.#closing);
    if (!this.#running) {
      this.#running = new AbortController();
      this.#run(this.#running.signal);
    }
    return () => {
      this.#lookers.delete(tell);
      if (this.#lookers.size === 0) this.#closing = setTimeout(() => this.#close(), idle);
    };
  }

  #close() {
    this.#running?.abort();
    this.#running = null;
    this.loaded = false;
  }

  #changed() {
    this.#array = null;
    this.#telling ||= setTimeout(() => {
      this.#telling = 0;
      for (const tell of this.#lookers) tell();
    }, frame);
  }

  /** @param {AbortSignal} signal */
  async #run(signal) {
    let wait = first;
    while (!signal.aborted) {
      try {
        let version = await this.#list(signal);
        wait = first;
        while (version && !signal.aborted) {
          const began = Date.now();
          version = await this.#watch(version, signal);
          if (Date.now() - began < 1000) await pause(first, signal);
        }
      } catch (e) {
        if (signal.aborted) return;
        this.error = /** @type {Error} */ (e);
        this.#changed();
        const refused = e instanceof Refused && (e.code === 401 || e.code === 403);
        await pause(refused ? last : wait, signal);
        wait = Math.min(2 * wait, last);
      }
    }
  }

  /** Gets all objects and returns the version of the list. @param {AbortSignal} signal */
  async #list(signal) {
    const found = new Map();
    let more = "", version = "";
    do {
      const list = await get(withQuery(this.at, { ...this.query, limit: page, continue: more }), signal);
      for (const o of list.items ?? []) found.set(o.metadata.uid, trimmed(o));
      version = list.metadata.resourceVersion;
      more = list.metadata.continue ?? "";
      if (!this.loaded) { // show what there is so far
        this.items = found;
        this.#changed();
      }
    } while (more);
    this.items = found;
    this.loaded = true;
    this.error = null;
    this.#changed();
    return version;
  }

  /**
   * Takes changes until the stream ends. Returns the version from which to go on, or "" if
   * all has to be listed again.
   * @param {string} version @param {AbortSignal} signal @returns {Promise<string>}
   */
  #watch(version, signal) {
    const s = socket(withQuery(this.at, { ...this.query, watch: true, allowWatchBookmarks: true, resourceVersion: version }), "json");
    return new Promise((done) => {
      let opened = false, quiet = 0;
      const awake = () => {
        clearTimeout(quiet);
        quiet = setTimeout(() => s.close(), silence);
      };
      const stop = () => s.close();
      signal.addEventListener("abort", stop, { once: true });
      awake();
      s.onopen = () => (opened = true);
      s.onmessage = ({ data }) => {
        awake();
        const { type, object } = JSON.parse(data);
        if (type === "ERROR") {
          version = ""; // 410: too old
          s.close();
          return;
        }
        version = object.metadata.resourceVersion;
        if (type === "BOOKMARK") return;
        if (type === "DELETED") this.items.delete(object.metadata.uid);
        else this.items.set(object.metadata.uid, trimmed(object));
        this.#changed();
      };
      s.onclose = () => {
        clearTimeout(quiet);
        signal.removeEventListener("abort", stop);
        done(opened ? version : ""); // why it was not opened, the list's answer tells
      };
    });
  }
}

/** Drops what no view shows and takes much memory. @param {Obj} o */
function trimmed(o) {
  delete o.metadata.managedFields;
  return o;
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}

/** @type {Map<string, Collection>} */
const collections = new Map();

/**
 * The collection of a path: one for all who ask.
 * @param {string} at @param {Query} [query]
 */
export function collection(at, query = {}) {
  const key = withQuery(at, query);
  let c = collections.get(key);
  if (!c) collections.set(key, (c = new Collection(at, query)));
  return c;
}

/**
 * A resource of all namespaces, or of one.
 * @param {string} base such as /apis/apps/v1 @param {string} resource @param {string} [namespace] @param {Query} [query]
 */
export const resource = (base, resource, namespace, query) =>
  collection(namespace ? `${base}/namespaces/${encodeURIComponent(namespace)}/${resource}` : `${base}/${resource}`, query);

/** Has a view drawn again whenever one of these changes. @param {...Collection} of */
export function useLive(...of) {
  const [, draw] = useState(0);
  useEffect(() => {
    const again = () => draw((n) => n + 1);
    const ends = of.map((c) => c.subscribe(again));
    return () => ends.forEach((end) => end());
  }, of);
  return of;
}
