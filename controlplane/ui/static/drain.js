// Takes the pods off a node.
import { get, patch, path, post, withQuery, Refused } from "./api.js";
import { count } from "./format.js";
import { lives } from "./podstate.js";

const again = 2000; // until what was refused or is still there is looked at again

/** Pods that a drain evicts. @param {any[]} pods @returns {any[]} */
export const toEvict = (pods) =>
  pods.filter((p) => lives(p) && !p.metadata.annotations?.["kubernetes.io/config.mirror"] && !p.metadata.ownerReferences?.some((/** @type {any} */ o) => o.controller && o.kind === "DaemonSet"));

/**
 * Cordons a node and evicts its pods, until none is left.
 * @param {string} node @param {(progress: string) => void} say @param {AbortSignal} stop
 */
export async function drain(node, say, stop) {
  await patch(path`/api/v1/nodes/${node}`, { spec: { unschedulable: true } });
  for (;;) {
    const list = await get(withQuery("/api/v1/pods", { fieldSelector: `spec.nodeName=${node}` }), stop);
    const left = toEvict(list.items);
    if (left.length === 0) return;
    let refusal = "";
    for (const pod of left) {
      if (pod.metadata.deletionTimestamp) continue;
      try {
        await evict(pod);
      } catch (e) {
        if (!(e instanceof Refused) || (e.code !== 429 && e.code !== 404)) throw e;
        if (e.code === 429) refusal = e.message;
      }
      if (stop.aborted) throw new Error("The drain was stopped. The node stays cordoned.");
    }
    say(`${count(left.length, "pod")} to go${refusal ? `. ${refusal}` : ""}`);
    await new Promise((done) => setTimeout(done, again));
    if (stop.aborted) throw new Error("The drain was stopped. The node stays cordoned.");
  }
}

/** @param {any} pod */
const evict = ({ metadata: { namespace, name, uid } }) =>
  post(path`/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
    apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace }, deleteOptions: { preconditions: { uid } },
  });
