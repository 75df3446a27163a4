// What pods ask for and nodes have.
import { bytes, cpus, quantity } from "./format.js";
import { lives } from "./podstate.js";

/** @typedef {{cpu: number, memory: number, pods: number}} Amounts */

/** What a pod asks for: its containers together, or an init container alone if that is more. @param {any} pod @returns {Amounts} */
export function requests(pod) {
  const { containers = [], initContainers = [], overhead = {} } = pod.spec ?? {};
  const beside = initContainers.filter((/** @type {any} */ c) => c.restartPolicy === "Always");
  const sum = (/** @type {string} */ what) => {
    const of = (/** @type {any} */ c) => quantity(c.resources?.requests?.[what] ?? c.resources?.limits?.[what]);
    const together = [...containers, ...beside].reduce((/** @type {number} */ n, c) => n + of(c), 0);
    return Math.max(together, ...initContainers.map(of)) + quantity(overhead[what]);
  };
  return { cpu: sum("cpu"), memory: sum("memory"), pods: 1 };
}

/** @param {any} node @returns {Amounts} */
export function allocatable(node) {
  const a = node.status?.allocatable ?? {};
  return { cpu: quantity(a.cpu), memory: quantity(a.memory), pods: quantity(a.pods) };
}

/** What the pods on each node ask for. @param {any[]} pods @returns {Map<string, Amounts>} */
export function takenByNode(pods) {
  /** @type {Map<string, Amounts>} */
  const taken = new Map();
  for (const pod of pods) {
    if (!pod.spec.nodeName || !lives(pod)) continue;
    taken.set(pod.spec.nodeName, plus(taken.get(pod.spec.nodeName) ?? nothing, requests(pod)));
  }
  return taken;
}

/** @type {Amounts} */
export const nothing = { cpu: 0, memory: 0, pods: 0 };

/** @param {Amounts} a @param {Amounts} b @returns {Amounts} */
export const plus = (a, b) => ({ cpu: a.cpu + b.cpu, memory: a.memory + b.memory, pods: a.pods + b.pods });

/** What is shown of amounts, and how. @type {[keyof Amounts, string, (n: number) => string][]} */
export const kinds = [["cpu", "CPU", cpus], ["memory", "Memory", bytes], ["pods", "Pods", String]];
