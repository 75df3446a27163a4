// What state a pod is in, as kubectl's column STATUS has it.

/** @typedef {"good" | "busy" | "bad" | "idle"} Tone */

/** @param {any} pod */
export function podState(pod) {
  const s = pod.status ?? {};
  if (pod.metadata.deletionTimestamp) return s.reason === "NodeLost" ? "Unknown" : "Terminating";
  const initial = initState(pod);
  if (initial) return initial;
  let state = s.reason || s.phase || "Pending";
  const scheduled = condition(pod, "PodScheduled");
  if (scheduled?.reason === "SchedulingGated") state = "SchedulingGated";
  let running = false;
  for (const c of [...(s.containerStatuses ?? [])].reverse()) {
    const { waiting, terminated } = c.state ?? {};
    if (waiting?.reason) state = waiting.reason;
    else if (terminated) state = ended(terminated);
    else if (c.ready && c.state?.running) running = true;
  }
  if (state === "Completed" && running) return condition(pod, "Ready")?.status === "True" ? "Running" : "NotReady";
  return state;
}

/** @param {any} t */
const ended = (t) => t.reason || (t.signal ? `Signal:${t.signal}` : `ExitCode:${t.exitCode}`);

/** What the pod's init containers wait for, or "". @param {any} pod */
function initState(pod) {
  const statuses = pod.status?.initContainerStatuses ?? [], specs = pod.spec.initContainers ?? [];
  for (const [i, c] of statuses.entries()) {
    const { waiting, terminated } = c.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (specs.find((/** @type {any} */ s) => s.name === c.name)?.restartPolicy === "Always" && c.started) continue;
    if (terminated) return `Init:${ended(terminated)}`;
    if (waiting?.reason && waiting.reason !== "PodInitializing") return `Init:${waiting.reason}`;
    return `Init:${i}/${specs.length}`;
  }
  return "";
}

/** @param {any} object @param {string} type */
export const condition = (object, type) => (object.status?.conditions ?? []).find((/** @type {any} */ c) => c.type === type);

/** @param {any} pod @returns {Tone} */
export function podTone(pod) {
  const state = podState(pod);
  if (state === "Running") return readyCount(pod)[0] === pod.spec.containers.length ? "good" : "busy";
  if (state === "Completed" || state === "Succeeded") return "idle";
  if (/Error|BackOff|Failed|Unknown|Invalid|OOM|Evicted|NodeLost|ExitCode|Signal|CannotRun|Deadline/.test(state)) return "bad";
  if (state === "Pending" && condition(pod, "PodScheduled")?.reason === "Unschedulable") return "bad";
  return "busy";
}

/** Ready containers, and all. @param {any} pod @returns {[number, number]} */
export function readyCount(pod) {
  const ready = (pod.status?.containerStatuses ?? []).filter((/** @type {any} */ c) => c.ready).length;
  return [ready, pod.spec.containers.length];
}

/** @param {any} pod */
export const restarts = (pod) =>
  (pod.status?.containerStatuses ?? []).reduce((/** @type {number} */ n, /** @type {any} */ c) => n + (c.restartCount ?? 0), 0);

/** Whether the pod waits for a node. @param {any} pod */
export const waits = (pod) => !pod.spec.nodeName && !pod.metadata.deletionTimestamp && pod.status?.phase === "Pending";

/** Whether it takes resources of its node. @param {any} pod */
export const lives = (pod) => pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed";

/** Why the pod does not run, as its conditions and containers tell it, or "". @param {any} pod */
export function podProblem(pod) {
  if (waits(pod)) {
    const c = condition(pod, "PodScheduled");
    return c?.status === "False" ? c.message ?? c.reason ?? "" : "";
  }
  for (const c of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
    const { waiting, terminated } = c.state ?? {};
    if (waiting && !["ContainerCreating", "PodInitializing"].includes(waiting.reason)) {
      const before = c.lastState?.terminated;
      return `${c.name}: ${waiting.message ?? waiting.reason}${before ? `; it ended last with ${ended(before)}, exit code ${before.exitCode}` : ""}`;
    }
    if (terminated && terminated.exitCode !== 0) return `${c.name}: ${ended(terminated)}, exit code ${terminated.exitCode}${terminated.message ? `: ${terminated.message}` : ""}`;
  }
  return pod.status?.message ?? "";
}
