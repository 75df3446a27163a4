// Controllers of pods, and how far they are.

/**
 * @typedef {object} Kind
 * @property {string} kind
 * @property {string} base
 * @property {string} resource
 * @property {string} short as kubectl has it
 * @property {boolean} [scales]
 * @property {boolean} [restarts]
 */

/** @type {Kind[]} */
export const kinds = [
  { kind: "Deployment", base: "/apis/apps/v1", resource: "deployments", short: "deployment", scales: true, restarts: true },
  { kind: "StatefulSet", base: "/apis/apps/v1", resource: "statefulsets", short: "statefulset", scales: true, restarts: true },
  { kind: "DaemonSet", base: "/apis/apps/v1", resource: "daemonsets", short: "daemonset", restarts: true },
  { kind: "ReplicaSet", base: "/apis/apps/v1", resource: "replicasets", short: "replicaset", scales: true },
  { kind: "ReplicationController", base: "/api/v1", resource: "replicationcontrollers", short: "rc", scales: true },
  { kind: "Job", base: "/apis/batch/v1", resource: "jobs", short: "job" },
  { kind: "CronJob", base: "/apis/batch/v1", resource: "cronjobs", short: "cronjob" },
];

/** @typedef {{kind: Kind, object: any}} Workload */

/** Pods that are ready, and that there should be. @param {Workload} w @returns {[number, number] | null} */
export function counts({ kind: { kind }, object: { spec, status = {} } }) {
  switch (kind) {
    case "CronJob": return null;
    case "Job": return [status.succeeded ?? 0, spec.completions ?? 1];
    case "DaemonSet": return [status.numberReady ?? 0, status.desiredNumberScheduled ?? 0];
  }
  return [status.readyReplicas ?? 0, spec.replicas ?? 1];
}

/** How far it is. @param {Workload} w @returns {[string, import("./podstate.js").Tone]} */
export function progress(w) {
  const { kind: { kind }, object: { metadata, spec, status = {} } } = w;
  const on = (/** @type {string} */ type) => (status.conditions ?? []).find((/** @type {any} */ c) => c.type === type && c.status === "True");
  if (metadata.deletionTimestamp) return ["being deleted", "busy"];
  if (kind === "CronJob") return spec.suspend ? ["suspended", "busy"] : [`runs at ${spec.schedule}`, "good"];
  if (kind === "Job") {
    if (on("Failed")) return [`failed: ${on("Failed").message ?? ""}`, "bad"];
    if (on("Complete")) return ["complete", "idle"];
    return spec.suspend ? ["suspended", "busy"] : [`${status.active ?? 0} running`, "busy"];
  }
  const stuck = (status.conditions ?? []).find((/** @type {any} */ c) => (c.type === "Progressing" && c.status === "False") || (c.type === "ReplicaFailure" && c.status === "True"));
  if (stuck) return [`stuck: ${stuck.message ?? stuck.reason}`, "bad"];
  if (spec.paused) return ["paused", "busy"];
  const [ready, all] = counts(w) ?? [0, 0];
  const updated = kind === "DaemonSet" ? status.updatedNumberScheduled : status.updatedReplicas;
  const seen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  if (!seen || (updated ?? all) < all) return [`rolling out: ${updated ?? 0} of ${all} updated`, "busy"];
  return ready < all ? [`${ready} of ${all} ready`, "busy"] : ["as wanted", "good"];
}
