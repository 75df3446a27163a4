// What state a node is in.
import { condition } from "./podstate.js";

/** @param {any} node @returns {[string, import("./podstate.js").Tone]} */
export function nodeState(node) {
  const ready = condition(node, "Ready")?.status === "True";
  if (!ready) return ["Not ready", "bad"];
  if (pressures(node).length) return ["Under pressure", "bad"];
  return node.spec?.unschedulable ? ["Cordoned", "busy"] : ["Ready", "good"];
}

/** Conditions that say that something is wrong. @param {any} node @returns {any[]} */
export const pressures = (node) => (node.status?.conditions ?? []).filter((/** @type {any} */ c) => c.type !== "Ready" && c.status === "True");

/** Attributes of the Mesos agent. @param {any} node */
export const attributes = (node) =>
  Object.entries(node.metadata.labels ?? {}).filter(([k]) => k.startsWith("mesos.attribute/")).map(([k, v]) => `${k.slice("mesos.attribute/".length)}=${v}`).sort();

/** @param {any} node @param {string} what */
export const agent = (node, what) => node.metadata.annotations?.[`mesos.agent/${what}`];
