// What is wrong now, as objects say it.
import { nodeState, pressures } from "./nodestate.js";
import { condition, podProblem, podState, podTone, waits } from "./podstate.js";
import { count } from "./format.js";

/**
 * @typedef {object} Problem
 * @property {string} what
 * @property {string[]} at the view that shows it
 * @property {Record<string, string>} [query]
 * @property {string} text
 * @property {string} [since]
 */

/** @param {{nodes: any[], pods: any[], claims: any[]}} of @returns {Problem[]} */
export function problems({ nodes, pods, claims }) {
  return [...nodes.flatMap((n) => ofNode(n, pods)), ...ofPods(pods), ...claims.flatMap((c) => ofClaim(c, pods))];
}

/** @param {any} node @param {any[]} pods @returns {Problem[]} */
function ofNode(node, pods) {
  const [state, tone] = nodeState(node), name = node.metadata.name;
  if (tone !== "bad") return [];
  const bad = condition(node, "Ready")?.status === "True" ? pressures(node)[0] : condition(node, "Ready");
  const there = pods.filter((p) => p.spec.nodeName === name).length;
  return [{ what: `Node ${name}`, at: ["nodes", name], text: `${state}: ${bad?.message ?? "it has said nothing yet"}${there ? `; ${count(there, "pod")} on it` : ""}`, since: bad?.lastTransitionTime }];
}

/** Pods of one owner with the same trouble are one problem. @param {any[]} pods @returns {Problem[]} */
function ofPods(pods) {
  /** @type {Map<string, any[]>} */
  const alike = new Map();
  for (const p of pods) {
    if (podTone(p) !== "bad") continue;
    const owner = p.metadata.ownerReferences?.[0]?.uid ?? p.metadata.uid;
    const key = `${owner} ${podState(p)}`;
    alike.set(key, [...(alike.get(key) ?? []), p]);
  }
  return [...alike.values()].map((group) => {
    const [p] = group, { name, namespace: ns } = p.metadata;
    const text = `${waits(p) ? "waits for a node" : podState(p)}${podProblem(p) ? `: ${podProblem(p)}` : ""}`;
    const since = group.map((g) => g.metadata.creationTimestamp).sort()[0];
    if (group.length === 1) return { what: `Pod ${name}`, at: ["pods", ns, name], text, since };
    const owner = p.metadata.ownerReferences[0];
    return { what: `${group.length} pods of ${owner.kind} ${owner.name}`, at: ["pods"], query: { ns, q: owner.name, state: podState(p) }, text, since };
  });
}

/** A claim that no pod uses may wait for one. @param {any} claim @param {any[]} pods @returns {Problem[]} */
function ofClaim(claim, pods) {
  const { name, namespace, creationTimestamp } = claim.metadata, { phase } = claim.status ?? {};
  const used = () => pods.some((p) => p.metadata.namespace === namespace && p.spec.volumes?.some((/** @type {any} */ v) => v.persistentVolumeClaim?.claimName === name));
  if (phase === "Bound" || (phase !== "Lost" && !used())) return [];
  return [{ what: `Claim ${name}`, at: ["volumes"], query: { ns: namespace }, text: phase === "Lost" ? "its volume is gone" : "no volume is bound to it yet", since: creationTimestamp }];
}
